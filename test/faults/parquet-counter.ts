import { openFileSink } from "../../src/bytes/file-sink.ts";
import type { ParquetStreamOptions } from "../../src/formats/parquet/stream-file.ts";
import { TailFile } from "../../src/formats/parquet/tail-file.ts";
import type { Batch } from "../../src/model/batch.ts";
import type { StreamSchema } from "../../src/model/stream-schema.ts";
import { putText } from "../../src/model/text-values.ts";
import { sampleRun } from "../../src/testing/format-contract/sample-streams.ts";

/** A stream whose values follow from the sequence number; three of them are for dictionaries. */
export const counter: StreamSchema = {
  name: "counter",
  kind: "table",
  columns: [
    { name: "half", dtype: "float64", shape: [], dims: [] },
    { name: "rest", dtype: "int16", shape: [], dims: [], nullable: true },
    { name: "pair", dtype: "uint32", shape: [2], dims: ["side"] },
    { name: "state", dtype: "uint8", shape: [], dims: [] },
    { name: "level", dtype: "float64", shape: [], dims: [], nullable: true },
    { name: "mode", dtype: "string", shape: [], dims: [], maxBytes: 12, nullable: true },
    { name: "note", dtype: "string", shape: [], dims: [], maxBytes: 24 },
    { name: "open", dtype: "bool", shape: [], dims: [] },
  ],
  source: "test",
  clock: "device",
};

const modes = ["idle", "", "scanning", "naïve µ"] as const;

function texts(maxBytes: number, count: number, textOf: (at: number) => string): Uint8Array {
  const bytes = new Uint8Array(maxBytes * count);
  for (let at = 0; at < count; at++) putText(bytes.subarray(maxBytes * at, maxBytes * (at + 1)), textOf(at));
  return bytes;
}

export function counterBatch(first: number, count: number): Batch {
  const of = { length: count };
  const bytes = (values: ArrayBufferView): Uint8Array =>
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return {
    stream: counter,
    count,
    timestampsNs: BigInt64Array.from(of, (_, at) => 1764000000000000000n + BigInt(first + at) * 1000003n),
    sequences: BigInt64Array.from(of, (_, at) => BigInt(first + at)),
    columns: [
      { bytes: bytes(Float64Array.from(of, (_, at) => (first + at) / 2)) },
      {
        bytes: bytes(Int16Array.from(of, (_, at) => (first + at) % 1000)),
        validity: Uint8Array.from(of, (_, at) => ((first + at) % 7 === 0 ? 0 : 1)),
      },
      {
        bytes: bytes(
          Uint32Array.from(
            { length: 2 * count },
            (_, at) => first + Math.floor(at / 2) + (at % 2) * 1_000_000,
          ),
        ),
      },
      { bytes: bytes(Uint8Array.from(of, (_, at) => (first + at) ** 2 % 11)) },
      {
        bytes: bytes(Float64Array.from(of, (_, at) => ((first + at) ** 2 % 13) / 7)),
        validity: Uint8Array.from(of, (_, at) => ((first + at) % 5 === 0 ? 0 : 1)),
      },
      {
        bytes: texts(12, count, (at) => modes[(first + at) % modes.length]!),
        validity: Uint8Array.from(of, (_, at) => ((first + at) % 6 === 0 ? 0 : 1)),
      },
      { bytes: texts(24, count, (at) => `µ ${first + at}`) },
      { bytes: Uint8Array.from(of, (_, at) => ((first + at) % 3 === 0 ? 1 : 0)) },
    ],
  };
}

/** Small pages and row groups, so that a short run has many of them. */
export function counterOptions(path: string, compression: string): ParquetStreamOptions {
  return {
    stream: counter,
    info: sampleRun,
    options: { compression, durability: "process", chunkRows: 100 },
    tail: new TailFile(path, openFileSink, false),
    rowGroupBytes: 20_000,
  };
}
