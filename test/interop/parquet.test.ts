import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openFileSink } from "../../src/bytes/file-sink.ts";
import { parquetFormat } from "../../src/formats/parquet/format.ts";
import { ParquetReader } from "../../src/formats/parquet/read.ts";
import type { Batch } from "../../src/model/batch.ts";
import type { StreamSchema } from "../../src/model/stream-schema.ts";
import { SampleBatches } from "../../src/testing/format-contract/sample-batches.ts";
import {
  camera,
  everyType,
  gauges,
  ledgerOf,
  sampleRun,
  spectrum,
} from "../../src/testing/format-contract/sample-streams.ts";

const python = process.env.PYTHON ?? "python3";
const script = join(import.meta.dirname, "parquet_read.py");

/** Signals as instruments give them: each of the encodings is the smallest for one of them. */
const signals: StreamSchema = {
  name: "signals",
  kind: "table",
  columns: [
    { name: "sine", dtype: "float64", shape: [], dims: [], unit: "V" },
    { name: "counter", dtype: "uint32", shape: [], dims: [] },
    { name: "adc", dtype: "int16", shape: [], dims: [], unit: "V", scale: 0.5 },
    { name: "temperature", dtype: "float32", shape: [], dims: [], unit: "degC", nullable: true },
    { name: "position", dtype: "float64", shape: [], dims: [], unit: "mm" },
    { name: "gain", dtype: "uint16", shape: [], dims: [], nullable: true },
    { name: "offset", dtype: "float32", shape: [], dims: [], unit: "V" },
  ],
  source: "test",
  clock: "device",
};

/** Plain: for readers that do not know the other encodings. */
const states = ["finished", "recovered", "plain"] as const;

function isSplit({ encodings }: View): boolean {
  return Object.values(encodings).some((names) => names.includes("BYTE_STREAM_SPLIT"));
}

const streams = [everyType, gauges, spectrum, camera, signals];

/** One value of one record as hexadecimal bytes; null where it is missing. */
type Records = readonly (string | null)[];

type View = {
  readonly error?: string;
  readonly columns: { readonly [column: string]: Records };
  readonly metadata: { readonly [key: string]: string };
  readonly types: { readonly [column: string]: string };
  readonly encodings: { readonly [column: string]: readonly string[] };
  readonly codecs: readonly string[];
  readonly nulls: { readonly [column: string]: number };
  readonly bounds: { readonly [column: string]: readonly [string, string] };
  readonly indexes: boolean;
  readonly rows?: number;
  readonly units?: { readonly [column: string]: string };
};

type Seen = {
  readonly readers: { readonly [name: string]: string };
  readonly files: { readonly [path: string]: { readonly [reader: string]: View } };
};

function runReaders(paths: readonly string[]): Seen | undefined {
  try {
    return JSON.parse(
      execFileSync(python, [script, ...paths], {
        encoding: "utf8",
        maxBuffer: 2 ** 29,
        stdio: ["ignore", "pipe", "inherit"],
      }),
    ) as Seen;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

const readers = runReaders([])?.readers ?? {};
const skip = "pyarrow" in readers ? false : `${python} has no pyarrow; set PYTHON to one that has`;

function hexOf(bytes: Uint8Array, count: number, validity?: Uint8Array): Records {
  const item = bytes.byteLength / count;
  return Array.from({ length: count }, (_, at) =>
    validity?.[at] === 0
      ? null
      : Buffer.from(bytes.buffer, bytes.byteOffset + at * item, item).toString("hex"),
  );
}

function recordsOf(stream: StreamSchema, batches: readonly Batch[]): { [column: string]: Records } {
  const int64s = (values: BigInt64Array) =>
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return {
    timestamp: batches.flatMap((batch) => hexOf(int64s(batch.timestampsNs), batch.count)),
    sequence: batches.flatMap((batch) => hexOf(int64s(batch.sequences), batch.count)),
    ...Object.fromEntries(
      stream.columns.map(({ name }, at) => [
        name,
        batches.flatMap((batch) => hexOf(batch.columns[at]!.bytes, batch.count, batch.columns[at]!.validity)),
      ]),
    ),
  };
}

/** DuckDB's times with a time zone have no nanoseconds. */
function inMicroseconds(hex: string | null): string {
  const bytes = Buffer.from(hex!, "hex");
  bytes.writeBigInt64LE(bytes.readBigInt64LE() / 1000n);
  return bytes.toString("hex");
}

function signalBatch(first: number, count: number): Batch {
  const bytes = (values: ArrayBufferView): { bytes: Uint8Array } => ({
    bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  });
  const row = (at: number): number => first + at;
  const of = { length: count };
  return {
    stream: signals,
    count,
    timestampsNs: BigInt64Array.from(of, (_, at) => 1764000000000000000n + BigInt(row(at)) * 10_000n),
    sequences: BigInt64Array.from(of, (_, at) => BigInt(row(at))),
    columns: [
      bytes(Float64Array.from(of, (_, at) => Math.round(Math.sin(row(at) / 200) * 16_000) * (20 / 65_536))),
      bytes(Uint32Array.from(of, (_, at) => 4_000_000_000 + row(at))),
      bytes(Int16Array.from(of, (_, at) => Math.round(Math.sin(row(at) / 50) * 3000))),
      {
        ...bytes(Float32Array.from(of, (_, at) => 20 + Math.round(Math.sin(row(at) / 900) * 100) / 16)),
        validity: Uint8Array.from(of, (_, at) => (row(at) % 10 === 3 ? 0 : 1)),
      },
      bytes(Float64Array.from(of, (_, at) => [0.1, Math.PI, -0, 1e-300][Math.floor(row(at) / 60) % 4]!)),
      {
        ...bytes(Uint16Array.from(of, (_, at) => [1, 60_000, 7][((row(at) * row(at)) % 11) % 3]!)),
        validity: Uint8Array.from(of, (_, at) => (row(at) % 7 === 3 ? 0 : 1)),
      },
      bytes(Float32Array.from(of, () => -0.125)),
    ],
  };
}

describe("stock readers of Parquet", { skip }, () => {
  let folder: string;
  let seen: Seen;
  const expected = new Map<string, { [column: string]: Records }>();
  const ranges = [{ first: 400, count: 7, reason: "ring-lapped", atNs: "5" }] as const;
  const ledger = ledgerOf(streams.map((schema) => ({ schema, stored: 800, ranges })));
  const pathOf = (compression: string, state: string, stream: StreamSchema): string =>
    join(folder, `${compression}-${state}.${stream.name}.parquet`);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "daq-parquet-interop-"));
    const paths: string[] = [];
    for (const compression of parquetFormat.compressions)
      for (const state of states) {
        const writer = await parquetFormat.create({
          path: join(folder, `${compression}-${state}.parquet`),
          run: { info: sampleRun, streams },
          // Several pages in each column.
          options: {
            compression,
            durability: "process",
            chunkRows: 150,
            ...(state === "plain" ? { parquet: { encoding: "plain" } } : {}),
          },
          openSink: openFileSink,
        });
        for (const stream of streams) {
          const source = new SampleBatches(stream);
          const batches: Batch[] = [];
          for (const count of [100, 300, 400]) {
            const first = batches.reduce((sum, batch) => sum + batch.count, 0);
            const batch = stream === signals ? signalBatch(first, count) : source.next(count);
            batches.push(batch);
            await writer.append(batch);
            await writer.checkpoint();
          }
          expected.set(stream.name, recordsOf(stream, batches));
        }
        if (state === "recovered") await writer[Symbol.asyncDispose]();
        else await writer.close(ledger);
        for (const { path } of writer.files) {
          paths.push(path);
          if (state === "recovered") assert.equal((await parquetFormat.recover(path)).records, 800);
        }
      }
    seen = runReaders(paths)!;
  });

  after(() => rm(folder, { recursive: true, force: true }));

  for (const stream of streams)
    for (const compression of parquetFormat.compressions)
      for (const state of states)
        test(`every reader sees ${stream.name} with ${compression}, ${state}, to the bit`, () => {
          const views = seen.files[pathOf(compression, state, stream)]!;
          assert.ok("pyarrow" in views);
          for (const [reader, view] of Object.entries(views)) {
            if (reader === "fastparquet" && isSplit(views.pyarrow!)) {
              assert.match(view.error ?? "", /Encoding 9/, "fastparquet knows BYTE_STREAM_SPLIT now");
              continue;
            }
            assert.equal(view.error, undefined, `${reader}: ${view.error}`);
            const wanted = expected.get(stream.name)!;
            if (view.rows !== undefined) assert.equal(view.rows, 800, reader);
            else assert.deepEqual(Object.keys(view.columns), Object.keys(wanted), reader);
            for (const [column, records] of Object.entries(view.columns)) {
              const isRounded = view.units?.[column] === "us";
              const exact = isRounded ? wanted[column]!.map(inMicroseconds) : wanted[column];
              assert.deepEqual(records, exact, `${reader}: ${column}`);
            }
            if (stream === signals && reader === "fastparquet")
              assert.deepEqual(Object.keys(view.columns), [
                "timestamp",
                "sequence",
                "sine",
                "counter",
                "adc",
                "position",
                "offset",
              ]);
          }
        });

  test("the encodings are those that make a signal smallest, with page indexes and the codec that was asked for", () => {
    const { encodings, indexes, codecs } = seen.files[pathOf("snappy", "finished", signals)]!.pyarrow!;
    assert.deepEqual(encodings, {
      timestamp: ["DELTA_BINARY_PACKED"],
      sequence: ["DELTA_BINARY_PACKED"],
      sine: ["BYTE_STREAM_SPLIT"],
      counter: ["DELTA_BINARY_PACKED"],
      adc: ["DELTA_BINARY_PACKED"],
      temperature: ["BYTE_STREAM_SPLIT", "RLE"],
      position: ["RLE_DICTIONARY", "PLAIN"],
      gain: ["RLE_DICTIONARY", "PLAIN", "RLE"],
      offset: ["RLE_DICTIONARY", "PLAIN"],
    });
    assert.equal(indexes, true);
    assert.deepEqual(codecs, ["SNAPPY"]);
    const names = { none: "UNCOMPRESSED", snappy: "SNAPPY", gzip: "GZIP", zstd: "ZSTD", lz4_raw: "LZ4" };
    for (const [compression, name] of Object.entries(names))
      assert.deepEqual(seen.files[pathOf(compression, "finished", gauges)]!.pyarrow!.codecs, [name]);
  });

  test("every reader sees a column whose dictionary became too large on the way, to the bit", async () => {
    const rows = 36_000;
    const drifting: StreamSchema = {
      name: "drifting",
      kind: "table",
      columns: [
        { name: "level", dtype: "float64", shape: [], dims: [] },
        { name: "code", dtype: "int32", shape: [], dims: [] },
      ],
      source: "test",
      clock: "device",
    };
    const bytesOf = (values: Float64Array | Int32Array | BigInt64Array) =>
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const mixed = (at: number): number => Math.imul(at ^ (at >>> 5), 0x9e37_79b1) | 0;
    const batch: Batch = {
      stream: drifting,
      count: rows,
      timestampsNs: new BigInt64Array(rows).fill(1_764_000_000_000_000_000n),
      sequences: BigInt64Array.from({ length: rows }, (_, at) => BigInt(at)),
      columns: [
        {
          bytes: bytesOf(
            Float64Array.from({ length: rows }, (_, at) => (at < 9000 ? at % 7 : mixed(at) / 3)),
          ),
        },
        {
          bytes: bytesOf(
            Int32Array.from({ length: rows }, (_, at) => (at < 9000 ? (at * at) % 5 : mixed(at))),
          ),
        },
      ],
    };
    const paths = ["none", "snappy"].map((compression) => join(folder, `drifting-${compression}.parquet`));
    for (const [at, compression] of (["none", "snappy"] as const).entries()) {
      const writer = await parquetFormat.create({
        path: paths[at]!,
        run: { info: sampleRun, streams: [drifting] },
        options: { compression, durability: "process", chunkRows: 4000 },
        openSink: openFileSink,
      });
      await writer.append(batch);
      await writer.close(ledger);
    }
    const wanted = recordsOf(drifting, [batch]);
    for (const [path, views] of Object.entries(runReaders(paths)!.files)) {
      for (const column of ["level", "code"]) {
        const names = views.pyarrow!.encodings[column]!;
        assert.ok(names.length > 1 && names.includes("RLE_DICTIONARY"), `${path}: ${names}`);
      }
      for (const [reader, view] of Object.entries(views)) {
        if (reader === "fastparquet" && isSplit(views.pyarrow!)) continue;
        assert.equal(view.error, undefined, `${reader}: ${view.error}`);
        for (const column of ["level", "code"])
          assert.deepEqual(view.columns[column], wanted[column], `${reader}: ${column}`);
      }
    }
  });

  test("what pyarrow makes of a file with its own defaults is read, with pages of both versions", async () => {
    for (const stream of [everyType, gauges, spectrum, signals])
      for (const version of ["1.0", "2.0"]) {
        const path = join(folder, `rewritten-${version}.parquet`);
        const source = pathOf("zstd", "finished", stream);
        execFileSync(python, [script, "--rewrite", source, path, version], { stdio: "inherit" });
        await using reader = await ParquetReader.open(path);
        const batches: Batch[] = [];
        for await (const group of reader.rowGroups()) batches.push({ stream: reader.stream, ...group });
        assert.deepEqual(
          batches.map(({ count }) => count),
          [300, 300, 200],
        );
        assert.deepEqual(recordsOf(stream, batches), expected.get(stream.name), `${stream.name}, ${version}`);
      }
  });

  test("with the plain encoding there is no other one", () => {
    for (const stream of streams)
      for (const compression of parquetFormat.compressions) {
        const { encodings } = seen.files[pathOf(compression, "plain", stream)]!.pyarrow!;
        for (const names of Object.values(encodings))
          assert.deepEqual(
            names.filter((name) => name !== "RLE"),
            ["PLAIN"],
          );
      }
  });

  test("statistics have the smallest and the largest value in the order of each type, without NaN", () => {
    const { bounds } = seen.files[pathOf("none", "finished", everyType)]!.pyarrow!;
    assert.deepEqual(bounds["the int8"], ["-128", "127"]);
    assert.deepEqual(bounds["the uint8"], ["0", "255"]);
    assert.deepEqual(bounds["the uint32"], ["0", "4294967295"]);
    assert.deepEqual(bounds["the uint64"], ["0", "18446744073709551615"]);
    assert.deepEqual(bounds["the int64"], ["-9223372036854775808", "9223372036854775807"]);
    assert.deepEqual(bounds["the float64"], ["-inf", "inf"]);
    const { nulls } = seen.files[pathOf("zstd", "finished", signals)]!.pyarrow!;
    assert.equal(nulls.temperature, 80);
  });

  test("the schema's metadata has the experiment, units, and the ledger", () => {
    const { metadata, types } = seen.files[pathOf("snappy", "finished", gauges)]!.pyarrow!;
    assert.equal(metadata.experiment, "wavelength_scan");
    assert.equal(metadata.sample, "GaAs, wafer 7 – “left” half");
    assert.equal(metadata.attempts, "3");
    assert.equal(metadata["column.power.unit"], "mW");
    assert.equal(metadata["column.AI0.offset"], "-0.5");
    const account = ledger.accounts.find(({ stream }) => stream === gauges.name);
    assert.deepEqual(JSON.parse(metadata["daq.ledger"]!), { complete: true, accounts: [account] });
    assert.equal(types.timestamp, "timestamp[ns, tz=UTC]");
    assert.equal(types.state, "uint8");
    const recovered = seen.files[pathOf("snappy", "recovered", gauges)]!.pyarrow!.metadata;
    assert.equal(JSON.parse(recovered["daq.ledger"]!).complete, false);
  });
});
