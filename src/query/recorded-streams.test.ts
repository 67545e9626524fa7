import { join } from "node:path";
import { openFileSink } from "../bytes/file-sink.ts";
import type { FormatName } from "../formats/contract.ts";
import { loadFormat } from "../formats/registry.ts";
import type { Batch } from "../model/batch.ts";
import type { Ledger } from "../model/ledger.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import { putText } from "../model/text-values.ts";

/** Nanoseconds that microseconds cannot hold. */
export const firstNs = 1_700_000_000_123_456_789n;
export const rows = 5000;

export const meter: StreamSchema = {
  name: "power0",
  kind: "table",
  columns: [
    { name: "power", dtype: "float64", shape: [], dims: [], unit: "mW", nullable: true },
    { name: "level", dtype: "float32", shape: [], dims: [] },
    { name: "count", dtype: "uint64", shape: [], dims: [] },
    { name: "spectrum", dtype: "int16", shape: [3], dims: ["bin"] },
    { name: "note", dtype: "string", shape: [], dims: [], maxBytes: 24, nullable: true },
    { name: "open", dtype: "bool", shape: [], dims: [] },
  ],
  source: "test",
  clock: "device",
};

export const camera: StreamSchema = {
  name: "camera-0",
  kind: "array",
  columns: [{ name: "frame", dtype: "uint16", shape: [256, 256], dims: ["y", "x"] }],
  source: "test",
  clock: "device",
};

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

/** Texts that CSV has to quote, and one that is empty. */
export function noteOf(n: number): string {
  return ["", 'say "µ",\n', "温度 🔬", "NULL"][n % 4]!;
}

/** Record n: power n (null every 7th, NaN at 1, infinite at 2), level 0.1, count 2^64 - 1 - n, spectrum [n, n+1, n+2], note
 * "" (null every 5th), open every 3rd. */
export function meterBatch(count = rows): Batch {
  const numbers = Array.from({ length: count }, (_, n) => n);
  const power = Float64Array.from(numbers, (n) => (n === 1 ? Number.NaN : n === 2 ? Infinity : n));
  const spectrum = Int16Array.from({ length: 3 * count }, (_, at) => Math.floor(at / 3) + (at % 3));
  const counts = BigUint64Array.from(numbers, (n) => 2n ** 64n - 1n - BigInt(n));
  const cells = new Uint8Array(24 * count);
  for (const n of numbers) putText(cells.subarray(24 * n, 24 * n + 24), noteOf(n));
  return {
    stream: meter,
    count,
    timestampsNs: BigInt64Array.from(numbers, (n) => firstNs + BigInt(n)),
    sequences: BigInt64Array.from(numbers, BigInt),
    columns: [
      { bytes: bytesOf(power), validity: Uint8Array.from(numbers, (n) => (n % 7 === 6 ? 0 : 1)) },
      { bytes: bytesOf(Float32Array.from(numbers, () => 0.1)) },
      { bytes: bytesOf(counts) },
      { bytes: bytesOf(spectrum) },
      { bytes: cells, validity: Uint8Array.from(numbers, (n) => (n % 5 === 4 ? 0 : 1)) },
      { bytes: Uint8Array.from(numbers, (n) => (n % 3 === 0 ? 1 : 0)) },
    ],
  };
}

export function cameraBatch(): Batch {
  const frames = new Uint16Array(2 * 256 * 256).fill(7);
  return {
    stream: camera,
    count: 2,
    timestampsNs: BigInt64Array.of(firstNs, firstNs + 1000n),
    sequences: BigInt64Array.of(0n, 3n),
    columns: [{ bytes: bytesOf(frames) }],
  };
}

/** A finished run of these records in one format; resolves to its data files. `finish: false`: as a crash leaves it. */
export async function recordedFiles(
  folder: string,
  name: FormatName,
  batches: readonly Batch[],
  { stem = "run", finish = true } = {},
): Promise<readonly string[]> {
  const format = await loadFormat(name);
  const streams = batches.map(({ stream }) => stream);
  const options = { compression: format.defaultCompression, durability: "process" } as const;
  const path = join(folder, `${stem}${format.extension(options)}`);
  const info = {
    uid: "0123456789abcdef0123456789abcdef",
    startedAtNs: String(firstNs),
    experiment: { name: "query" },
    host: "here",
    software: { name: "daq-storage", version: "0" },
    devices: [],
  };
  const writer = await format.create({ path, run: { info, streams }, options, openSink: openFileSink });
  for (const batch of batches) await writer.append(batch);
  await writer.checkpoint();
  const ledger: Ledger = {
    complete: true,
    accounts: batches.map(({ stream, count }) => ({
      stream: stream.name,
      produced: count,
      stored: count,
      lost: 0,
      ranges: [],
    })),
  };
  if (finish) await writer.close(ledger);
  else await writer[Symbol.asyncDispose]();
  return format
    .plan(path, streams)
    .filter((file) => file.streams.length > 0)
    .map((file) => file.path);
}
