import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openFileSink } from "../../src/bytes/file-sink.ts";
import type { WriterState } from "../../src/formats/contract.ts";
import { hdf5Format } from "../../src/formats/hdf5/format.ts";
import type { Batch } from "../../src/model/batch.ts";
import type { StreamSchema } from "../../src/model/stream-schema.ts";
import { putText } from "../../src/model/text-values.ts";
import { ledgerOf, sampleRun } from "../../src/testing/format-contract/sample-streams.ts";

const python = process.env.PYTHON ?? "python3";
const script = join(import.meta.dirname, "hdf5_texts.py");
const maxBytes = 24;
const rows = 600;

const stream: StreamSchema = {
  name: "log",
  kind: "table",
  columns: [
    { name: "note", dtype: "string", shape: [], dims: [], maxBytes, nullable: true },
    { name: "open", dtype: "bool", shape: [], dims: [], description: "by the light barrier" },
    { name: "power", dtype: "float64", shape: [], dims: [], unit: "mW" },
  ],
  source: "test",
  clock: "device",
};
const plain = ["on", "", 'off, "now"', "x".repeat(maxBytes), " blanks "];
const others = [...plain, "naïve µW", "温度 🔬"];

const isMissing = (row: number) => row % 7 === 3;
const isOpen = (row: number) => row % 3 === 0;

function batchOf(texts: readonly string[], first: number, count: number): Batch {
  const cells = new Uint8Array(count * maxBytes);
  const row = (at: number) => first + at;
  for (let at = 0; at < count; at++)
    putText(cells.subarray(at * maxBytes, (at + 1) * maxBytes), texts[row(at) % texts.length]!);
  const of = { length: count };
  return {
    stream,
    count,
    timestampsNs: BigInt64Array.from(of, (_, at) => 1764000000000000000n + BigInt(row(at))),
    sequences: BigInt64Array.from(of, (_, at) => BigInt(row(at))),
    columns: [
      { bytes: cells, validity: Uint8Array.from(of, (_, at) => (isMissing(row(at)) ? 0 : 1)) },
      { bytes: Uint8Array.from(of, (_, at) => Number(isOpen(row(at)))) },
      { bytes: new Uint8Array(Float64Array.from(of, (_, at) => row(at)).buffer) },
    ],
  };
}

type View = {
  readonly error?: string;
  readonly note: readonly string[];
  readonly open: readonly boolean[];
  readonly "character sets"?: { readonly [column: string]: string };
  readonly types?: { readonly [column: string]: string };
};
type Seen = {
  readonly readers: { readonly [name: string]: string };
  readonly files: { readonly [path: string]: { readonly [reader: string]: View } };
};

function readAll(paths: readonly string[]): Seen | undefined {
  try {
    const text = execFileSync(python, [script, "/entry/log", ...paths], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    return JSON.parse(text) as Seen;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

const readers = readAll([])?.readers ?? {};
const skip = "h5py" in readers ? false : `${python} has no h5py; set PYTHON to one that has`;

describe("texts and bools of HDF5 in foreign readers", { skip }, () => {
  let folder: string;
  let seen: Seen;
  const pathOf = (name: string) => join(folder, `${name}.h5`);
  const target = (name: string, compression: string) => ({
    path: pathOf(name),
    run: { info: sampleRun, streams: [stream] },
    options: { compression, durability: "process", chunkRows: 100 } as const,
    openSink: openFileSink,
  });
  const ledger = ledgerOf([{ schema: stream, stored: rows, ranges: [] }]);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "daq-hdf5-texts-"));
    for (const compression of ["none", "gzip"])
      for (const [kind, texts] of [
        ["plain", plain],
        ["others", others],
      ] as const) {
        const writer = await hdf5Format.create(target(`${kind}-${compression}`, compression));
        await writer.append(batchOf(texts, 0, rows));
        await writer.close(ledger);
      }
    // The first text that is not ASCII comes after a checkpoint, and the writer dies twice, before and behind the next one.
    const resumed = target("resumed", "none");
    let state: WriterState;
    {
      await using writer = await hdf5Format.create(resumed);
      await writer.append(batchOf(plain, 0, 150));
      state = await writer.checkpoint();
      await writer.append(batchOf(others, 150, 100));
      await writer.checkpoint();
    }
    {
      await using writer = await hdf5Format.resume(resumed, state);
      await writer.append(batchOf(plain, 150, 60));
      state = await writer.checkpoint();
      await writer.append(batchOf(others, 210, 90));
      state = await writer.checkpoint();
      await writer.append(batchOf(others, 300, 10));
    }
    const last = await hdf5Format.resume(resumed, state);
    await last.append(batchOf(others, 300, 300));
    await last.close(ledger);
    const names = ["plain-none", "plain-gzip", "others-none", "others-gzip", "resumed"];
    seen = readAll(names.map(pathOf))!;
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const textAt = (name: string, row: number) => {
    const isPlain = name.startsWith("plain") || (name === "resumed" && row < 210);
    const texts = isPlain ? plain : others;
    return isMissing(row) ? "" : texts[row % texts.length]!;
  };

  for (const name of ["plain-none", "plain-gzip", "others-none", "others-gzip", "resumed"])
    test(`${name}: every reader gives each text and each bool`, () => {
      const notes = Array.from({ length: rows }, (_, row) => textAt(name, row));
      const opens = Array.from({ length: rows }, (_, row) => isOpen(row));
      for (const [reader, { error, note, open, types, ...more }] of Object.entries(
        seen.files[pathOf(name)]!,
      )) {
        assert.equal(error, undefined, reader);
        assert.deepEqual(note, notes, reader);
        if (reader === "h5py" || reader === "xarray") assert.deepEqual(open, opens, reader);
        if (types !== undefined) assert.equal(types.open, "b", "xarray takes it for a bool");
        if (reader === "h5py")
          assert.deepEqual(more["character sets"], { note: name.startsWith("plain") ? "ascii" : "utf-8" });
      }
    });

  const octave = spawnSync("octave", ["--version"]).status === 0;
  test("Octave loads a file whole whose texts are ASCII", { skip: octave ? false : "no octave" }, () => {
    const program = `d = load("${pathOf("plain-none")}").entry.log; printf("%d %d|%s|%d %g", size(d.note), d.note(6, 1:2), sum(d.open), sum(d.power));`;
    const { stdout } = spawnSync("octave", ["--quiet", "--no-gui", "--norc", "--eval", program], {
      encoding: "utf8",
    });
    const opens = Array.from({ length: rows }, (_, row) => row).filter(isOpen).length;
    assert.equal(stdout, `${rows} ${maxBytes}|on|${opens} ${(rows * (rows - 1)) / 2}`);
  });
});
