import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { DaqRecord } from "../system/daq-record.ts";
import type { ColumnDigest } from "./recorded-columns.ts";

const daq = resolve(import.meta.dirname, "../../bin/daq.js");
const python = process.env.PYTHON ?? "python3";

type Seen = { readonly [stream: string]: { readonly [column: string]: ColumnDigest } };
type Answer = { readonly readers: readonly string[]; readonly seen: { readonly [path: string]: Seen } };

/** Frames with drops, a meter with missing answers, and a converter in raw counts. */
const config = `
[experiment]
name = "converted"

[[devices]]
id = "camera0"
driver = "sim.camera"
width = 32
height = 24
rate_hz = 1000
bit_depth = 12
drop_every = 7
paced = false

[[devices]]
id = "power0"
driver = "sim.power_meter"
rate_hz = 1000
miss_every = 3

[[devices]]
id = "adc0"
driver = "sim.adc"
output = "raw"
records_per_batch = 7
`;
const columns: Readonly<Record<string, readonly string[]>> = {
  camera0: ["frame"],
  power0: ["power"],
  adc0: ["AI0", "AI1"],
};
const tables = ["power0", "adc0"];
const extensions = [".arrow", ".csv", ".h5", ".parquet", ".zarr"] as const;

function stockReaders(paths: readonly string[]): Answer {
  const script = join(import.meta.dirname, "converted_columns.py");
  try {
    const options = { encoding: "utf8", maxBuffer: 2 ** 28 } as const;
    return JSON.parse(execFileSync(python, [script, JSON.stringify(columns), ...paths], options)) as Answer;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { readers: [], seen: {} };
    throw error;
  }
}

const libraries = ["pandas", "pyarrow", "h5py", "tensorstore"];
const { readers } = stockReaders([]);
const missing = libraries.filter((library) => !readers.includes(library));

describe("one run, converted from every format to every format", {
  skip: missing.length > 0 ? `${python} has no ${missing.join(", ")}` : false,
}, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "daq-convert-"));
    const path = join(folder, "run.toml");
    writeFileSync(path, config);
    const run = new DaqRecord([
      path,
      "--frames",
      "300",
      "--format",
      "hdf5",
      "--output",
      join(folder, "run.h5"),
    ]);
    // 3: the camera drops frames.
    assert.deepEqual(await run.ended, { code: 3, signal: null }, run.stderr);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** What a reader is to open, and what the next conversion is to begin with. */
  function names(stem: string, extension: string): { readonly shown: string; readonly source: string } {
    const isWhole = extension === ".h5" || extension === ".zarr";
    const shown = join(folder, `${stem}${isWhole ? "" : ".STREAM"}${extension}`);
    return { shown, source: isWhole ? shown : join(folder, `${stem}.run.json`) };
  }

  function convert(from: string, stem: string, extension: string, more: readonly string[]): void {
    const out = join(folder, `${stem}${extension}`);
    const { status, stderr } = spawnSync(process.execPath, [daq, "convert", from, out, ...more], {
      encoding: "utf8",
    });
    // The drops stay in the ledger; the tables have none.
    assert.equal(status, more.length > 0 ? 0 : 3, stderr);
  }

  test("stock readers see the same values, times, sequence numbers and missing values in each of them", () => {
    const original = join(folder, "run.h5");
    const onlyTables = tables.flatMap((stream) => ["--stream", stream]);
    const all: { readonly path: string; readonly streams: readonly string[] }[] = [];
    for (const from of extensions) {
      const first = `from_${from.slice(1)}`;
      convert(original, first, from, from === ".csv" ? onlyTables : []);
      const { shown, source } = names(first, from);
      all.push({ path: shown, streams: from === ".csv" ? tables : Object.keys(columns) });
      for (const to of extensions) {
        const second = `${first}_to_${to.slice(1)}`;
        const isTables = from === ".csv" || to === ".csv";
        convert(source, second, to, isTables ? onlyTables : []);
        all.push({ path: names(second, to).shown, streams: isTables ? tables : Object.keys(columns) });
      }
    }
    const { seen } = stockReaders([original, ...all.map(({ path }) => path)]);
    const expected = seen[original]!;
    assert.equal(expected.camera0!.frame!.records, 258);
    assert.ok(expected.power0!.power!.missing > 0);
    for (const { path, streams } of all) {
      assert.deepEqual(Object.keys(seen[path]!).toSorted(), streams.toSorted(), path);
      for (const stream of streams)
        for (const [column, digest] of Object.entries(expected[stream]!)) {
          const { dtype, records, missing: gone, sha256 } = seen[path]![stream]![column]!;
          const { dtype: ownType, records: count, missing: lacking, sha256: own } = digest;
          assert.deepEqual(
            { dtype, records, gone, sha256 },
            { dtype: ownType, records: count, gone: lacking, sha256: own },
            `${path}: ${stream}.${column}`,
          );
        }
    }
  });
});
