import type { ColumnValues } from "../../model/batch.ts";
import { typedView } from "../../model/dtype.ts";
import { DaqError } from "../../model/errors.ts";
import type { Column } from "../../model/stream-schema.ts";
import { type FieldPlace, placesOf } from "./batch-places.ts";
import { decompressBuffer } from "./buffer-codec.ts";
import { decodeTexts } from "./decode-texts.ts";
import type { FileSchema } from "./file-schema.ts";
import type { ArrowInput } from "./input.ts";
import type { ArrowSchema, BatchHeader, BufferPlace } from "./message.ts";
import { decodeBitmap } from "./validity.ts";

/** One record batch as values. The memory is the caller's. */
export type ArrowBatch = {
  readonly count: number;
  /** UTC nanoseconds; absent when the file has no timestamps. */
  readonly timestampsNs?: BigInt64Array;
  /** Absent when the file has no sequence numbers. */
  readonly sequences?: BigInt64Array;
  /** In the order of the stream's columns. */
  readonly columns: readonly ColumnValues[];
};

/** A batch whose header was read, and where its body starts. */
export type BatchBody = {
  readonly header: BatchHeader;
  readonly bodyOffsetBytes: number;
  readonly bodyBytes: number;
};

/** Reads the columns of one batch, decompressing them when needed: one read for the whole body. */
export async function readBatchValues(
  input: ArrowInput,
  schema: ArrowSchema,
  file: FileSchema,
  batch: BatchBody,
): Promise<ArrowBatch> {
  const what = `${input.path}: the batch at byte ${batch.bodyOffsetBytes}`;
  const places = placesOf(what, schema.fields, batch.header, batch.bodyBytes);
  const body = await input.read(batch.bodyOffsetBytes, batch.bodyBytes);
  const bytesAt = async ({ offsetBytes, bytes }: BufferPlace) =>
    body.subarray(offsetBytes, offsetBytes + bytes);
  const index = async (field: number | undefined) =>
    field === undefined ? undefined : readIndex(what, batch.header, places[field]!, bytesAt);
  const timestamps = await index(file.timestampField);
  const sequences = await index(file.sequenceField);
  const columns = await Promise.all(
    file.columnFields.map((field, at) =>
      readColumn(what, batch.header, places[field]!, bytesAt, file.stream.columns[at]),
    ),
  );
  return {
    count: batch.header.records,
    ...(timestamps === undefined ? {} : { timestampsNs: inNanoseconds(timestamps, file.timestampUnitNs) }),
    ...(sequences === undefined ? {} : { sequences }),
    columns,
  };
}

/**
 * The first and the last value of one index column of a batch, by reading no more than these (or, when compressed,
 * that one buffer).
 */
export async function readIndexEnds(
  input: ArrowInput,
  schema: ArrowSchema,
  field: number,
  batch: BatchBody,
): Promise<readonly [bigint, bigint] | undefined> {
  const { header, bodyOffsetBytes } = batch;
  if (header.records === 0) return undefined;
  const what = `${input.path}: the batch at byte ${bodyOffsetBytes}`;
  const place = placesOf(what, schema.fields, header, batch.bodyBytes)[field]!;
  const start = bodyOffsetBytes + place.values.offsetBytes;
  if (header.compression !== undefined) {
    const values = await readIndexColumn(input, schema, field, batch);
    return [values[0]!, values[values.length - 1]!];
  }
  if (place.nullCount > 0) throw missingIndex(what);
  const first = await input.read(start, 8);
  const last = await input.read(start + place.valuesBytes - 8, 8);
  return [int64(first), int64(last)];
}

/** One index column of a batch, and nothing else. */
export async function readIndexColumn(
  input: ArrowInput,
  schema: ArrowSchema,
  field: number,
  batch: BatchBody,
): Promise<BigInt64Array> {
  const what = `${input.path}: the batch at byte ${batch.bodyOffsetBytes}`;
  const place = placesOf(what, schema.fields, batch.header, batch.bodyBytes)[field]!;
  return readIndex(what, batch.header, place, ({ offsetBytes, bytes }) =>
    input.read(batch.bodyOffsetBytes + offsetBytes, bytes),
  );
}

type ReadBuffer = (place: BufferPlace) => Promise<Uint8Array>;

async function readIndex(
  what: string,
  header: BatchHeader,
  place: FieldPlace,
  bytesAt: ReadBuffer,
): Promise<BigInt64Array> {
  if (place.nullCount > 0) throw missingIndex(what);
  const { bytes } = await readColumn(what, header, place, bytesAt);
  return typedView("int64", bytes) as BigInt64Array;
}

async function readColumn(
  what: string,
  header: BatchHeader,
  place: FieldPlace,
  bytesAt: ReadBuffer,
  column?: Column,
): Promise<ColumnValues> {
  const { records } = header;
  const stored = await readBuffer(what, header, place.values, place.valuesBytes, bytesAt);
  const bytes = column?.dtype === "bool" ? decodeBitmap(stored, records) : stored;
  const bitmap =
    place.nullCount === 0
      ? undefined
      : await readBuffer(what, header, place.validity, place.validityBytes, bytesAt);
  const validity = bitmap && decodeBitmap(bitmap, records);
  const mask = validity === undefined ? {} : { validity };
  if (column?.dtype !== "string") return { bytes, ...mask };
  const offsets = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const end = Math.max(0, offsets[records] ?? 0);
  const characters = await readBuffer(what, header, place.characters!, end, bytesAt);
  try {
    return { bytes: decodeTexts(column, offsets, characters, records, validity), ...mask };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new DaqError("format", `${what} is damaged: ${cause.message}.`, {
      hint: "Restore the file from a copy; the batches before this one can still be read.",
      cause,
    });
  }
}

async function readBuffer(
  what: string,
  header: BatchHeader,
  place: BufferPlace,
  neededBytes: number,
  bytesAt: ReadBuffer,
): Promise<Uint8Array> {
  const stored = await bytesAt(place);
  const { compression } = header;
  if (compression !== undefined && compression !== 0 && compression !== 1)
    throw new DaqError("format", `${what} is compressed with the unknown codec ${compression}.`, {
      hint: "Write the file again with LZ4 or ZSTD, or without compression.",
    });
  const bytes = compression === undefined ? stored : await decompressBuffer(compression, stored, neededBytes);
  if (bytes.byteLength < neededBytes)
    throw new DaqError(
      "format",
      `${what} is damaged: a buffer has ${bytes.byteLength} of ${neededBytes} bytes.`,
      {
        hint: "Restore the file from a copy; the batches before this one can still be read.",
      },
    );
  const exact = new Uint8Array(bytes.buffer, bytes.byteOffset, neededBytes);
  return exact.byteOffset % 8 === 0 ? exact : new Uint8Array(exact);
}

function inNanoseconds(values: BigInt64Array, unitNs: bigint): BigInt64Array {
  return unitNs === 1n ? values : values.map((value) => value * unitNs);
}

function int64(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true);
}

function missingIndex(what: string): DaqError {
  return new DaqError("format", `${what} has records without a timestamp or sequence number.`, {
    hint: "Fill these columns with the program that wrote the file, or give them other names.",
  });
}
