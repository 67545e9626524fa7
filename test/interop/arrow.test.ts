import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openFileSink } from "../../src/bytes/file-sink.ts";
import { arrowFormat } from "../../src/formats/arrow/format.ts";
import type { Batch } from "../../src/model/batch.ts";
import { columnItemBytes, type StreamSchema } from "../../src/model/stream-schema.ts";
import { SampleBatches } from "../../src/testing/format-contract/sample-batches.ts";
import {
  camera,
  everyType,
  gauges,
  ledgerOf,
  logbook,
  sampleRun,
  spectrum,
} from "../../src/testing/format-contract/sample-streams.ts";

const python = process.env.PYTHON ?? "python3";
const script = join(import.meta.dirname, "arrow_read.py");
const streams = [everyType, gauges, logbook, spectrum, camera];

/** One value of one record as hexadecimal bytes, a text without what fills its cell; null where it is missing. */
type Records = readonly (string | null)[];

type View = {
  readonly error?: string;
  readonly rows: number;
  readonly metadata: { readonly [key: string]: string };
  readonly types: { readonly [column: string]: string };
  readonly nulls: { readonly [column: string]: number };
  readonly filled: { readonly [column: string]: number };
  readonly "field metadata": { readonly [column: string]: { readonly [key: string]: string } };
  readonly columns: { readonly [column: string]: Records };
  readonly buffers: number;
  readonly inside: number;
  readonly aligned: number;
  readonly allocated: number;
  readonly tensors: { readonly [column: string]: readonly number[] };
};

type Seen = {
  readonly readers: { readonly [name: string]: string };
  readonly files: { readonly [path: string]: { readonly [view: string]: View } };
};

function runReaders(paths: readonly string[]): Seen | undefined {
  try {
    return JSON.parse(
      execFileSync(python, [script, ...paths], {
        encoding: "utf8",
        maxBuffer: 2 ** 28,
        stdio: ["ignore", "pipe", "inherit"],
      }),
    ) as Seen;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

const readers = runReaders([])?.readers ?? {};
const usable = "pyarrow" in readers || "polars" in readers;
const skip = usable
  ? false
  : `no Arrow reader: ${python} has neither pyarrow nor polars. Set PYTHON to one that has.`;

function hexOf(bytes: Uint8Array, count: number, validity?: Uint8Array): Records {
  const item = bytes.byteLength / count;
  return Array.from({ length: count }, (_, at) =>
    validity?.[at] === 0
      ? null
      : Buffer.from(bytes.buffer, bytes.byteOffset + at * item, item).toString("hex"),
  );
}

function recordsOf(stream: StreamSchema, batches: readonly Batch[]): { [column: string]: Records } {
  const of = (pick: (batch: Batch) => Records) => batches.flatMap(pick);
  const int64s = (values: BigInt64Array) =>
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return {
    timestamp: of((batch) => hexOf(int64s(batch.timestampsNs), batch.count)),
    sequence: of((batch) => hexOf(int64s(batch.sequences), batch.count)),
    ...Object.fromEntries(
      stream.columns.map((column, at) => [
        column.name,
        of((batch) => {
          const records = hexOf(batch.columns[at]!.bytes, batch.count, batch.columns[at]!.validity);
          return column.dtype === "string"
            ? records.map((hex) => hex?.replace(/(00)+$/, "") ?? null)
            : records;
        }),
      ]),
    ),
  };
}

describe("stock readers of Arrow IPC", { skip }, () => {
  let folder: string;
  let seen: Seen;
  const expected = new Map<string, { [column: string]: Records }>();
  const ranges = [{ first: 100, count: 7, reason: "ring-lapped", atNs: "5" }] as const;
  const ledger = ledgerOf(streams.map((schema) => ({ schema, stored: 150, ranges })));
  const pathOf = (compression: string, state: string, stream: StreamSchema) =>
    join(folder, `${compression}-${state}.${stream.name}.arrow`);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "daq-arrow-interop-"));
    for (const compression of arrowFormat.compressions)
      for (const state of ["finished", "open"]) {
        const path = join(folder, `${compression}-${state}.arrow`);
        const writer = await arrowFormat.create({
          path,
          run: { info: sampleRun, streams },
          options: { compression, durability: "process" },
          openSink: openFileSink,
        });
        for (const stream of streams) {
          const source = new SampleBatches(stream);
          const first = source.next(100);
          source.skip(7);
          const batches = [first, source.next(50)];
          for (const batch of batches) await writer.append(batch);
          expected.set(stream.name, recordsOf(stream, batches));
        }
        if (state === "finished") await writer.close(ledger);
        else await writer[Symbol.asyncDispose]();
      }
    const paths = ["finished", "open"].flatMap((state) =>
      arrowFormat.compressions.flatMap((compression) =>
        streams.map((stream) => pathOf(compression, state, stream)),
      ),
    );
    seen = runReaders(paths)!;
  });
  after(() => rm(folder, { recursive: true, force: true }));

  function view(name: string, path: string): View {
    const found = seen.files[path]![name]!;
    assert.equal(found.error, undefined, `${name} ${path}`);
    return found;
  }

  for (const name of ["pyarrow-file", "pyarrow-stream", "polars-file", "polars-stream"]) {
    const [library, way] = name.split("-") as [string, string];
    const missing = library in readers ? false : `${python} has no ${library}`;
    test(`${library} reads every value of a ${way} to the bit`, { skip: missing }, () => {
      for (const compression of arrowFormat.compressions)
        for (const state of way === "file" ? ["finished"] : ["finished", "open"])
          for (const stream of streams) {
            const found = view(name, pathOf(compression, state, stream));
            assert.equal(found.rows, 150);
            assert.deepEqual(found.columns, expected.get(stream.name));
          }
    });
  }

  const withPyarrow = "pyarrow" in readers ? false : `${python} has no pyarrow`;

  test("pyarrow shows experiment, units and the final ledger in the schema", { skip: withPyarrow }, () => {
    const { metadata, ...finished } = view("pyarrow-file", pathOf("none", "finished", gauges));
    assert.equal(metadata.experiment, "wavelength_scan");
    assert.equal(metadata.attempts, "3");
    // A file holds the account of its own stream.
    const accounts = ledger.accounts.filter((account) => account.stream === gauges.name);
    assert.equal(accounts.length, 1);
    assert.deepEqual(JSON.parse(metadata["daq.ledger"]!), { ...ledger, accounts });
    assert.equal(finished["field metadata"].power!.unit, "mW");
    assert.deepEqual(JSON.parse(finished["field metadata"].AI0!.range!), [-10, 10]);
    assert.equal(finished.types.timestamp, "timestamp[ns, tz=UTC]");
    assert.equal(
      finished.nulls.power,
      expected.get(gauges.name)!.power!.filter((value) => value === null).length,
    );
    const open = view("pyarrow-stream", pathOf("none", "open", gauges));
    assert.equal((JSON.parse(open.metadata["daq.ledger"]!) as { complete: boolean }).complete, false);
  });

  test("pyarrow maps a file without copying, every buffer on 64 bytes, frames in their shape", {
    skip: withPyarrow,
  }, () => {
    for (const stream of streams) {
      const map = view("pyarrow-mmap", pathOf("none", "finished", stream));
      assert.ok(map.buffers >= 2 * (2 + stream.columns.length), `${map.buffers} buffers`);
      assert.equal(map.inside, map.buffers);
      assert.equal(map.aligned, map.buffers);
      assert.equal(map.allocated, 0);
    }
    assert.deepEqual(view("pyarrow-mmap", pathOf("none", "finished", camera)).tensors, { frame: [5, 7] });
    assert.match(view("pyarrow-file", pathOf("none", "finished", camera)).types.frame!, /fixed_shape_tensor/);
  });

  test("pandas opens every finished file", {
    skip: "pandas" in readers ? withPyarrow : `${python} has no pandas`,
  }, () => {
    for (const stream of streams) {
      const { types, rows } = view("pandas", pathOf("zstd", "finished", stream));
      assert.equal(rows, 150);
      assert.equal(types.timestamp, "datetime64[ns, UTC]");
      assert.equal(types.sequence, "int64");
      assert.deepEqual(Object.keys(types), [
        "timestamp",
        "sequence",
        ...stream.columns.map((column) => column.name),
      ]);
    }
  });

  test("DuckDB counts the records and the missing values", {
    skip: "duckdb" in readers ? withPyarrow : `${python} has no duckdb`,
  }, () => {
    for (const stream of streams) {
      const { rows, filled } = view("duckdb", pathOf("lz4", "finished", stream));
      assert.equal(rows, 150);
      for (const column of stream.columns) {
        const values = expected.get(stream.name)![column.name]!;
        assert.equal(filled[column.name], values.filter((value) => value !== null).length, column.name);
        if (column.dtype !== "string")
          assert.ok(values.every((value) => value === null || value.length === 2 * columnItemBytes(column)));
      }
    }
  });
});
