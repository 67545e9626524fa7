import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openFileSink } from "../../src/bytes/file-sink.ts";
import { floatType } from "../../src/formats/hdf5/file/datatype.ts";
import type { Hdf5State, ReadAt } from "../../src/formats/hdf5/file/hdf5-file.ts";
import { everySeries, type Series, SeriesFile } from "./hdf5-series.ts";
import { imageAfter, RememberingSink } from "./remembering-sink.ts";

const python = process.env.PYTHON ?? "python3";
const script = join(import.meta.dirname, "hdf5_file.py");

function run(...parameters: string[]): unknown {
  try {
    return JSON.parse(
      execFileSync(python, [script, ...parameters], {
        encoding: "utf8",
        maxBuffer: 2 ** 28,
        stdio: ["ignore", "pipe", "inherit"],
      }),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}

const skip =
  "h5py" in (run("versions") as object) ? false : `${python} has no h5py; set PYTHON to one that has`;
const indexes = ["btree", "extensible-array"] as const;

/** Complaints of h5dump, which reads everything; none where it is not installed. */
function complaintsOf(path: string): string {
  const { error, status, stderr } = spawnSync("h5dump", [path], { encoding: "utf8", maxBuffer: 2 ** 30 });
  if (error !== undefined) return (error as NodeJS.ErrnoException).code === "ENOENT" ? "" : error.message;
  return status === 0 ? stderr : `status ${status}: ${stderr}`;
}

/** Reads the file of a sink as it is now. */
function readingFrom(image: Uint8Array): ReadAt {
  return async (offset, length) => image.slice(offset, offset + length);
}

type Report = { opened: number; bad: string[]; badCount: number; growths: number };

describe("h5py and the HDF5 file layer", { skip }, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "daq-hdf5-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const chunkIndex of indexes) {
    const options = { chunkIndex, durability: "process", headroomBytes: 1 << 16 } as const;

    test(`reads every row of every kind of dataset (${chunkIndex})`, async () => {
      const expected: Record<string, number[]> = {};
      for (const rows of [0, 1, 6, 7, 8, 63, 64, 65, 129, 700]) {
        const path = join(folder, `${chunkIndex}-${rows}.h5`);
        const series = await SeriesFile.declare(await openFileSink(path), everySeries, options);
        await series.file.begin();
        for (let to = Math.min(rows, 5); to < rows; to += 5) {
          await series.grow(to);
          await series.checkpoint();
        }
        await series.grow(rows);
        await series.close();
        expected[path] = everySeries.map(() => rows);
        assert.equal(complaintsOf(path), "");
      }
      assert.deepEqual(rowsOf(everySeries, Object.keys(expected)), expected);
    });

    test(`reads chunks through an index of several levels (${chunkIndex})`, async () => {
      const path = join(folder, `${chunkIndex}-deep.h5`);
      const many: Series[] = [
        {
          path: "/entry/plain",
          dtype: "int64",
          item: [],
          rowsPerChunk: 1,
          filters: "none",
          modulus: 2 ** 40,
          salt: 5,
        },
        {
          path: "/entry/packed",
          dtype: "uint16",
          item: [2],
          rowsPerChunk: 1,
          filters: "deflate",
          modulus: 65521,
          salt: 6,
        },
      ];
      const series = await SeriesFile.declare(await openFileSink(path), many, options);
      await series.file.begin();
      for (let rows = 1000; rows <= 9000; rows += 1000) {
        await series.grow(rows);
        await series.checkpoint();
      }
      await series.close();
      assert.deepEqual(rowsOf(many, [path]), { [path]: [9000, 9000] });
    });

    test(`finds no wrong value when writing ends at any point (${chunkIndex})`, async () => {
      const sink = await remembered({ ...options, placeRestSeconds: 0 });
      const report = (await replay(sink, "images")) as Report;
      assert.deepEqual(report.bad, []);
      assert.ok(report.opened > 500 && report.growths > 40, JSON.stringify(report));
    });

    test(`finds no wrong value after a power loss at any point (${chunkIndex})`, async () => {
      const sink = await remembered({ ...options, durability: "power", placeRestSeconds: 0 });
      const report = (await replay(sink, "losses", "1", "6")) as Report;
      assert.deepEqual(report.bad, []);
      assert.ok(report.opened > 500 && report.growths > 30, JSON.stringify(report));
    });

    test(`reads a file that was continued after a crash at any point (${chunkIndex})`, async () => {
      const states: { at: number; state: Hdf5State; rows: number }[] = [];
      const sink = await remembered({ ...options, placeRestSeconds: 0 }, states);
      const expected: Record<string, number[]> = {};
      const total = sink.operations.length;
      for (let count = states[0]!.at; count < total; count += 1 + Math.floor(total / 150)) {
        // The journal may lag one checkpoint behind the file.
        const known = states.filter(({ at }) => at <= count);
        const chosen = known[Math.max(0, known.length - 1 - (count % 2))]!;
        const image = imageAfter(sink, count);
        const cut = count % 3 === 0 ? image.slice(0, chosen.state.endBytes) : image;
        const later = new RememberingSink(cut);
        const series = await SeriesFile.declare(later, everySeries, { ...options, placeRestSeconds: 0 });
        await series.file.resume(JSON.parse(JSON.stringify(chosen.state)), readingFrom(image));
        assert.deepEqual(
          await series.restore(),
          everySeries.map(() => chosen.rows),
        );
        const more = count % 5 === 0 ? 0 : 93;
        for (let rows = 3; rows <= more; rows += 9) {
          await series.grow(chosen.rows + rows);
          await series.checkpoint();
        }
        await series.close();
        const path = join(folder, `${chunkIndex}-continued-${count}.h5`);
        await writeFile(path, later.bytes);
        expected[path] = everySeries.map(() => chosen.rows + more);
      }
      assert.deepEqual(rowsOf(everySeries, Object.keys(expected)), expected);
    });

    test(`reads a file that was taken over without a state after a crash (${chunkIndex})`, async () => {
      const states: { at: number; state: Hdf5State; rows: number }[] = [];
      const sink = await remembered({ ...options, placeRestSeconds: 0 }, states);
      const expected: Record<string, number> = {};
      const total = sink.operations.length;
      for (let count = states[0]!.at; count < total; count += 1 + Math.floor(total / 100)) {
        const image = imageAfter(sink, count);
        const later = new RememberingSink(image);
        const series = await SeriesFile.declare(later, everySeries, options);
        await series.file.adopt(readingFrom(image));
        const path = join(folder, `${chunkIndex}-adopted-${count}.h5`);
        expected[path] = states.filter(({ at }) => at <= count).at(-1)!.rows;
        series.file.addAtClose(series.file.root, "end", {
          datatype: floatType(8),
          dims: [],
          data: new Uint8Array(8),
        });
        await series.file.close();
        assert.ok(later.bytes.byteLength <= sink.bytes.byteLength + 4096, "no headroom is left");
        await writeFile(path, later.bytes);
      }
      for (const [path, rows] of Object.entries(rowsOf(everySeries, Object.keys(expected))))
        assert.ok(
          Math.min(...rows) >= expected[path]!,
          `${path}: ${rows.join()} rows, ${expected[path]} were there`,
        );
    });

    test(`readers that follow the file while it grows see no wrong value (${chunkIndex})`, async () => {
      const path = join(folder, `${chunkIndex}-live.h5`);
      const series = await SeriesFile.declare(await openFileSink(path), everySeries, {
        ...options,
        headroomBytes: 1 << 22,
        placeRestSeconds: 1,
      });
      await series.file.begin();
      await series.grow(10);
      await series.checkpoint();
      const readers = ["follow", "reopen"].map((command) => startReader(command, path));
      for (const reader of readers) await reader.ready;
      const endMs = Date.now() + 4000;
      let rows = 10;
      for (; Date.now() < endMs; rows += 3) {
        await series.grow(rows);
        await series.checkpoint();
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      const reports = await Promise.all(readers.map((reader) => reader.stop()));
      await series.close();
      for (const report of reports) {
        assert.deepEqual(report.bad, []);
        assert.ok(report.growths > 20, JSON.stringify(report));
        assert.ok((report.torn ?? 0) <= Math.max(1, report.looked / 50), JSON.stringify(report));
      }
      assert.deepEqual(rowsOf(everySeries, [path]), { [path]: everySeries.map(() => rows - 3) });
    });

    test(`the library itself appends to a finished file (${chunkIndex})`, async () => {
      const path = join(folder, `${chunkIndex}-appended.h5`);
      const plain = everySeries.filter(({ filters }) => filters !== "shuffle and deflate");
      const series = await SeriesFile.declare(await openFileSink(path), everySeries, options);
      await series.file.begin();
      await series.grow(150);
      await series.checkpoint();
      await series.grow(301);
      await series.close();
      assert.deepEqual(
        run("append", path, JSON.stringify(plain), "400"),
        plain.map(() => 701),
      );
      assert.equal(complaintsOf(path), "");
    });
  }

  /** The rows of each file's series, after every value was compared. */
  function rowsOf(series: readonly Series[], paths: readonly string[]): Record<string, number[]> {
    return run("series", JSON.stringify(series), ...paths) as Record<string, number[]>;
  }

  /** A run with open chunks, replaced ones, moved nodes and growth of the file, with every operation kept. */
  async function remembered(
    options: Parameters<typeof SeriesFile.declare>[2],
    states: { at: number; state: Hdf5State; rows: number }[] = [],
  ): Promise<RememberingSink> {
    const sink = new RememberingSink();
    const series = await SeriesFile.declare(sink, everySeries, { ...options, headroomBytes: 1 << 12 });
    await series.file.begin();
    sink.mark(0);
    let rows = 0;
    for (const step of [
      1, 2, 3, 1, 5, 9, 1, 1, 20, 3, 1, 40, 2, 2, 2, 65, 1, 7, 3, 3, 3, 3, 30, 1, 250, 1, 2, 3,
    ]) {
      rows += step;
      await series.grow(rows);
      const state = await series.checkpoint();
      sink.mark(rows);
      states.push({ at: sink.operations.length, state, rows });
    }
    for (let step = 0; step < 30; step++) {
      rows += 1 + (step % 3);
      await series.grow(rows);
      const state = await series.checkpoint();
      sink.mark(rows);
      states.push({ at: sink.operations.length, state, rows });
    }
    await series.close();
    return sink;
  }

  async function replay(sink: RememberingSink, command: string, ...rest: string[]): Promise<unknown> {
    const operations = join(folder, "operations.json");
    const bytes = join(folder, "operations.bin");
    await writeFile(operations, JSON.stringify(sink.operations));
    await writeFile(bytes, sink.written);
    return run(command, operations, bytes, JSON.stringify(everySeries), join(folder, "image.h5"), ...rest);
  }

  type Following = { looked: number; growths: number; torn?: number; bad: string[]; rows: number[] };

  function startReader(command: string, path: string) {
    const reader = spawn(python, [script, command, path, JSON.stringify(everySeries)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    let output = "";
    reader.stdout.setEncoding("utf8");
    const ready = new Promise<void>((resolve) => {
      reader.stdout.on("data", (text: string) => {
        output += text;
        if (output.startsWith("ready\n")) resolve();
      });
    });
    return {
      ready,
      stop: async (): Promise<Following> => {
        reader.stdin.end();
        await once(reader, "close");
        return JSON.parse(output.slice("ready\n".length)) as Following;
      },
    };
  }
});
