import { readFile } from "node:fs/promises";
import { zstdDecompressSync } from "node:zlib";
import {
  CompressionType,
  compressionRegistry,
  DataType,
  type Table,
  tableFromIPC,
  type Vector,
} from "apache-arrow";
import { decompressFrameSync } from "lz4-napi";
import { formatContract, type RecordValue, type StreamValues } from "../../testing/format-contract.ts";
import { arrowFormat } from "./format.ts";

compressionRegistry.set(CompressionType.LZ4_FRAME, {
  decode: (bytes) => decompressFrameSync(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
});
compressionRegistry.set(CompressionType.ZSTD, { decode: (bytes) => zstdDecompressSync(bytes) });

/** Everything through the reader of the apache-arrow library, of which the writer uses only the metadata encoder. */
async function readBack(path: string): Promise<ReadonlyMap<string, StreamValues>> {
  const table: Table = tableFromIPC(await readFile(path));
  const stream = JSON.parse(table.schema.metadata.get("daq.stream")!) as { name: string };
  const columns = new Map<string, readonly RecordValue[]>();
  for (const [at, { name }] of table.schema.fields.entries())
    if (name !== "timestamp" && name !== "sequence") columns.set(name, recordsOf(table.getChildAt(at)!));
  return new Map([
    [
      stream.name,
      {
        timestampsNs: int64s(table.getChild("timestamp")!),
        sequences: int64s(table.getChild("sequence")!),
        columns,
      },
    ],
  ]);
}

/** The stored nanoseconds; `Vector.get` would round them to milliseconds. */
function int64s(vector: Vector): bigint[] {
  return vector.data.flatMap((data) => [...(data.values as BigInt64Array).subarray(0, data.length)]);
}

function recordsOf(vector: Vector): RecordValue[] {
  return Array.from({ length: vector.length }, (_, record) => {
    const value = vector.get(record) as number | bigint | null | Vector;
    if (value === null || !DataType.isFixedSizeList(vector.type)) return value as number | bigint | null;
    return [...(value as Vector)] as (number | bigint)[];
  });
}

formatContract(arrowFormat, { readBack });
