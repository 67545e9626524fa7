import { createHash } from "node:crypto";
import { openFileSink } from "../../src/bytes/file-sink.ts";
import type { FormatOptions } from "../../src/formats/contract.ts";
import { hdf5Format } from "../../src/formats/hdf5/format.ts";
import { streamLayouts } from "../../src/formats/hdf5/stream-layout.ts";
import type { ColumnValues } from "../../src/model/batch.ts";
import type { Column } from "../../src/model/stream-schema.ts";
import { SampleBatches } from "../../src/testing/format-contract/sample-batches.ts";
import {
  camera,
  everyType,
  gauges,
  ledgerOf,
  sampleRun,
  spectrum,
} from "../../src/testing/format-contract/sample-streams.ts";

export const sampleStreams = [everyType, gauges, spectrum, camera];

/** What a reader says of a dataset. */
export type Digest = { readonly dtype: string; readonly shape: readonly number[]; readonly sha256: string };

export type SampleOptions = Omit<FormatOptions, "durability"> & {
  readonly records: number;
  /** The file as a program leaves it that is killed after a checkpoint. */
  readonly isLeft?: boolean;
};

/** Writes a run of the sample streams; returns what a reader has to find in each dataset, by its path. */
export async function writeSamples(path: string, options: SampleOptions): Promise<Map<string, Digest>> {
  const { records, isLeft = false, ...chosen } = options;
  const target = {
    path,
    run: { info: sampleRun, streams: sampleStreams },
    options: { ...chosen, durability: "process" as const },
    openSink: openFileSink,
  };
  const writer = await hdf5Format.create(target);
  const expected = new Map<string, Digest>();
  for (const [number, layout] of streamLayouts(sampleStreams, options.chunkRows).entries()) {
    const source = new SampleBatches(layout.stream, number + 1);
    const parts = new Map<string, Uint8Array[]>();
    const add = (name: string, bytes: Uint8Array) => {
      const list = parts.get(name) ?? [];
      parts.set(name, [...list, bytes.slice()]);
    };
    for (let left = records; left > 0; ) {
      const count = Math.min(left, 1 + (left % 60));
      left -= count;
      const batch = source.next(count);
      add(layout.timestamps, bytesOf(batch.timestampsNs));
      add(layout.sequence, bytesOf(batch.sequences));
      for (const [index, { column, name, validityName }] of layout.columns.entries()) {
        const values = batch.columns[index]!;
        add(name, asStored(column, values));
        if (validityName !== undefined) add(validityName, values.validity!);
      }
      await writer.append(batch);
      if (left % 3 === 0) await writer.checkpoint();
    }
    const digest = (name: string, dtype: string, itemShape: readonly number[], rows = records) =>
      expected.set(`/entry/${layout.group}/${name}`, {
        dtype,
        shape: [rows, ...itemShape],
        sha256: sha256(Buffer.concat(parts.get(name) ?? [])),
      });
    digest(layout.timestamps, "int64", []);
    digest(layout.sequence, "int64", []);
    for (const { column, name, validityName } of layout.columns) {
      digest(name, column.dtype, column.shape);
      if (validityName !== undefined) digest(validityName, "uint8", []);
    }
    for (const { name, extent } of layout.scales) {
      parts.set(name, [bytesOf(BigInt64Array.from({ length: extent }, (_, at) => BigInt(at)))]);
      digest(name, "int64", [], extent);
    }
  }
  if (isLeft) {
    await writer.checkpoint();
    await writer[Symbol.asyncDispose]();
  } else
    await writer.close(ledgerOf(sampleStreams.map((schema) => ({ schema, stored: records, ranges: [] }))));
  return expected;
}

/** The bytes of a column as the file has them: missing floats are not-a-number, missing integers 0. */
export function asStored(column: Column, { bytes, validity }: ColumnValues): Uint8Array {
  const copy = new Uint8Array(bytes);
  if (validity === undefined) return copy;
  const itemBytes = bytes.byteLength / validity.byteLength;
  for (const [record, valid] of validity.entries()) {
    if (valid === 1) continue;
    const item = copy.subarray(record * itemBytes, (record + 1) * itemBytes);
    const { buffer, byteOffset } = item;
    if (column.dtype === "float64") new Float64Array(buffer, byteOffset, itemBytes / 8).fill(Number.NaN);
    else if (column.dtype === "float32") new Float32Array(buffer, byteOffset, itemBytes / 4).fill(Number.NaN);
    else item.fill(0);
  }
  return copy;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
