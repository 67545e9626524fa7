import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { formatOfPath } from "../../src/formats/registry.ts";
import type { Batch } from "../../src/model/batch.ts";
import { readRunIndex } from "../../src/recorder/run-index.ts";
import { DaqRecord } from "../system/daq-record.ts";
import { type ColumnDigest, digestOf, withoutMissing } from "./recorded-columns.ts";

const python = process.env.PYTHON ?? "python3";

type Answer = {
  readonly readers: readonly string[];
  readonly seen: {
    readonly [pattern: string]: { readonly [reader: string]: Readonly<Record<string, ColumnDigest>> | null };
  };
};

function stockReaders(patterns: readonly string[]): Answer {
  try {
    const script = join(import.meta.dirname, "dataset_read.py");
    return JSON.parse(execFileSync(python, [script, ...patterns], { encoding: "utf8" })) as Answer;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { readers: [], seen: {} };
    throw error;
  }
}

const { readers } = stockReaders([]);

/** What our own readers find in the parts, one behind the other. */
async function ownDigests(paths: readonly string[], stream: string): Promise<Record<string, ColumnDigest>> {
  const batches: Batch[] = [];
  for (const path of paths)
    for await (const batch of (await formatOfPath(path)).read(path, stream))
      batches.push({
        ...batch,
        timestampsNs: batch.timestampsNs.slice(),
        sequences: batch.sequences.slice(),
        columns: batch.columns.map(({ bytes, validity }) => ({
          bytes: bytes.slice(),
          validity: validity?.slice() ?? new Uint8Array(batch.count).fill(1),
        })),
      });
  const int64 = (values: readonly BigInt64Array[]) =>
    digestOf(
      withoutMissing(
        "int64",
        Buffer.concat(
          values.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)),
        ),
      ),
    );
  const [first] = batches;
  const columns = first!.stream.columns.map(({ name, dtype }, at) => {
    const bytes = Buffer.concat(batches.map((batch) => batch.columns[at]!.bytes));
    const validity = Buffer.concat(batches.map((batch) => batch.columns[at]!.validity!));
    return [name, digestOf(withoutMissing(dtype, bytes, validity))] as const;
  });
  return {
    timestamp: int64(batches.map(({ timestampsNs }) => timestampsNs)),
    sequence: int64(batches.map(({ sequences }) => sequences)),
    ...Object.fromEntries(columns),
  };
}

test("stock readers see the parts of a run as one table, with every record once", {
  skip: readers.length < 3 ? `${python} has only ${readers.join(", ") || "none"} of the libraries` : false,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "daq-dataset-"));
  try {
    const settings = [
      "storage.rotate_mb=0.01",
      "storage.flush_interval_ms=50",
      "devices.power0.rate_hz=1000",
      "devices.power0.miss_every=5",
      "devices.camera0.format=arrow",
      "devices.camera0.width=16",
      "devices.camera0.height=8",
    ];
    const run = new DaqRecord([
      "--duration",
      "2s",
      "--format",
      "parquet,arrow,csv",
      "--output",
      join(folder, "run.{ext}"),
      ...settings.flatMap((setting) => ["--set", setting]),
    ]);
    assert.deepEqual(await run.ended, { code: 0, signal: null }, run.stderr);
    const { outputs } = await readRunIndex(join(folder, "run.run.json"));
    const patterns: string[] = [];
    const expected: Record<string, ColumnDigest>[] = [];
    for (const { format, files, ledger } of outputs) {
      const own = files
        .filter(({ streams }) => streams.includes("power0"))
        .map(({ path }) => join(folder, path));
      assert.ok(own.length > 3, `${format}: ${own.length} parts`);
      patterns.push(own[0]!.replace("_0001", "_*"));
      const digests = await ownDigests(own, "power0");
      assert.equal(
        digests.sequence!.records,
        ledger.accounts.find(({ stream }) => stream === "power0")!.stored,
      );
      expected.push(digests);
    }
    const { seen } = stockReaders(patterns);
    for (const [at, pattern] of patterns.entries())
      for (const reader of readers) {
        const found = seen[pattern]![reader];
        if (found === null) continue; // DuckDB reads no Arrow files.
        for (const [name, { dtype, records, missing, sha256 }] of Object.entries(expected[at]!)) {
          // DuckDB's times with a zone have microseconds.
          if (reader === "duckdb" && name === "timestamp" && pattern.endsWith(".parquet")) continue;
          const column: ColumnDigest = found![name]!;
          const shown = { records: column.records, missing: column.missing, sha256: column.sha256 };
          assert.deepEqual(shown, { records, missing, sha256 }, `${reader} ${pattern} ${name} (${dtype})`);
        }
      }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
