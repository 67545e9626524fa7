import {
  BodyCompression,
  BufferRegion,
  FieldNode,
  Message,
  RecordBatch,
} from "apache-arrow/ipc/metadata/message";
import type { Batch, ColumnValues } from "../../model/batch.ts";
import { brokenRow } from "../../model/broken-row.ts";
import { DaqError } from "../../model/errors.ts";
import { type Column, columnItemBytes, type StreamSchema } from "../../model/stream-schema.ts";
import type { BufferCodec } from "./buffer-codec.ts";
import type { StoredBuffers } from "./compressed-buffers.ts";
import { frameMessage, type MessageBlock, padding, paddingBytes } from "./framing.ts";
import { columnElements, type IndexColumns } from "./schema.ts";
import { TextBuffers } from "./text-buffers.ts";
import { bitmapBytes, encodeBitmap, missingCount } from "./validity.ts";

/** One record batch as it goes to the file: the pieces of a single gathered write, and where they will lie. */
export type BatchMessage = { readonly pieces: readonly Uint8Array[]; readonly block: MessageBlock };

/** The body's buffers in Arrow's order, and what the metadata says of them. */
export type BatchBuffers = {
  readonly count: number;
  readonly nullCounts: readonly number[];
  readonly buffers: readonly Uint8Array[];
};

/** The metadata of a batch; it is the same again for a batch with as many rows and missing values. */
type Layout = {
  readonly count: number;
  readonly nullCounts: readonly number[];
  readonly metadata: Uint8Array;
  readonly bodyBytes: number;
};

const empty = new Uint8Array(0);

/**
 * Makes record batch messages of one stream. Values go from the batch to the write without a copy, unless they are
 * compressed; only the validity bitmaps are made here, in memory that is reused.
 */
export class BatchEncoder {
  readonly #stream: StreamSchema;
  readonly #index: IndexColumns;
  readonly #codec: BufferCodec | undefined;
  readonly #itemBytes: readonly number[];
  readonly #bitmaps: Uint8Array[];
  /** Of bools: their values. */
  readonly #bits: Uint8Array[];
  /** Of texts, by column. */
  readonly #texts: readonly (TextBuffers | undefined)[];
  #layout: Layout | undefined;

  constructor(stream: StreamSchema, index: IndexColumns, codec: BufferCodec | undefined) {
    this.#stream = stream;
    this.#index = index;
    this.#codec = codec;
    this.#itemBytes = stream.columns.map(columnItemBytes);
    this.#bitmaps = stream.columns.map(() => empty);
    this.#bits = stream.columns.map(() => empty);
    this.#texts = stream.columns.map((column) =>
      column.dtype === "string" ? new TextBuffers(column) : undefined,
    );
  }

  /** Checks a batch. The buffers are borrowed from it and from this encoder until the next call. */
  buffersOf(batch: Batch): BatchBuffers {
    this.#check(batch);
    const nullCounts = batch.columns.map((values) =>
      values.validity === undefined ? 0 : missingCount(values.validity, batch.count),
    );
    return { count: batch.count, nullCounts, buffers: this.#buffers(batch, nullCounts) };
  }

  /** The message of a batch whose buffers are `stored`, at `offsetBytes` of the file. */
  message(
    { count, nullCounts }: Omit<BatchBuffers, "buffers">,
    stored: StoredBuffers,
    offsetBytes: number,
  ): BatchMessage {
    const layout = this.#layoutOf(count, nullCounts, stored);
    const head = frameMessage(layout.metadata, offsetBytes);
    const pieces = [head];
    for (const parts of stored) {
      let bytes = 0;
      for (const part of parts) {
        if (part.byteLength === 0) continue;
        pieces.push(part);
        bytes += part.byteLength;
      }
      const rest = paddingBytes(bytes);
      if (rest > 0) pieces.push(padding.subarray(0, rest));
    }
    return { pieces, block: { offsetBytes, metadataBytes: head.byteLength, bodyBytes: layout.bodyBytes } };
  }

  /** The body's buffers in Arrow's order: for each field its validity, then its values (a tensor's lie in its child). */
  #buffers(batch: Batch, nullCounts: readonly number[]): Uint8Array[] {
    const buffers: Uint8Array[] = [];
    if (this.#index !== "none") buffers.push(empty, bytesOf(batch.timestampsNs));
    if (this.#index === "full") buffers.push(empty, bytesOf(batch.sequences));
    for (const [at, column] of this.#stream.columns.entries()) {
      const values = batch.columns[at]!;
      const bitmap =
        nullCounts[at] === 0 ? empty : bitmapIn(this.#bitmaps, at, values.validity!, batch.count);
      buffers.push(bitmap);
      if (column.shape.length > 0) buffers.push(empty);
      const texts = this.#texts[at];
      if (texts !== undefined) buffers.push(...texts.encode(values.bytes, values.validity, batch.count));
      else if (column.dtype === "bool") buffers.push(this.#boolBits(at, values.bytes, bitmap, batch.count));
      else buffers.push(values.bytes);
    }
    return buffers;
  }

  /** A missing one is false. */
  #boolBits(at: number, values: Uint8Array, valid: Uint8Array, count: number): Uint8Array {
    const bits = bitmapIn(this.#bits, at, values, count);
    for (let byte = 0; byte < valid.byteLength; byte++) bits[byte]! &= valid[byte]!;
    return bits;
  }

  #layoutOf(
    count: number,
    nullCounts: readonly number[],
    stored: readonly (readonly Uint8Array[])[],
  ): Layout {
    const last = this.#layout;
    if (
      last !== undefined &&
      this.#codec === undefined &&
      this.#texts.every((texts) => texts === undefined) &&
      last.count === count &&
      last.nullCounts.every((nulls, at) => nulls === nullCounts[at])
    )
      return last;
    const nodes: FieldNode[] = [];
    if (this.#index !== "none") nodes.push(new FieldNode(count, 0));
    if (this.#index === "full") nodes.push(new FieldNode(count, 0));
    for (const [at, column] of this.#stream.columns.entries()) {
      nodes.push(new FieldNode(count, nullCounts[at]!));
      if (column.shape.length > 0) nodes.push(new FieldNode(count * columnElements(column), 0));
    }
    let bodyBytes = 0;
    const regions = stored.map((parts) => {
      const bytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
      const region = new BufferRegion(bodyBytes, bytes);
      bodyBytes += bytes + paddingBytes(bytes);
      return region;
    });
    const compression = this.#codec === undefined ? null : new BodyCompression(this.#codec.type);
    const header = new RecordBatch(count, nodes, regions, compression);
    this.#layout = {
      count,
      nullCounts,
      metadata: Message.encode(Message.from(header, bodyBytes)),
      bodyBytes,
    };
    return this.#layout;
  }

  #check(batch: Batch): void {
    const { count } = batch;
    const { name, columns } = this.#stream;
    if (batch.stream.name !== name) throw wrongBatch(name, `a batch of stream "${batch.stream.name}"`);
    if (batch.timestampsNs.length !== count || batch.sequences.length !== count)
      throw wrongBatch(
        name,
        `${count} records with ${batch.timestampsNs.length} timestamps and ${batch.sequences.length} sequence numbers`,
      );
    if (batch.columns.length !== columns.length)
      throw wrongBatch(name, `${batch.columns.length} columns, where the stream has ${columns.length}`);
    for (const [at, column] of columns.entries())
      checkValues(name, column, batch.columns[at]!, count, count * this.#itemBytes[at]!);
  }
}

/** In memory of `bitmaps` that grows, and is used again. */
function bitmapIn(bitmaps: Uint8Array[], at: number, mask: Uint8Array, count: number): Uint8Array {
  const bytes = bitmapBytes(count);
  if (bitmaps[at]!.byteLength < bytes) bitmaps[at] = new Uint8Array(bytes + paddingBytes(bytes));
  const bitmap = bitmaps[at]!.subarray(0, bytes);
  encodeBitmap(mask, count, bitmap);
  return bitmap;
}

function checkValues(
  stream: string,
  column: Column,
  values: ColumnValues,
  count: number,
  bytes: number,
): void {
  const where = `${stream}.${column.name}`;
  if (values.bytes.byteLength !== bytes)
    throw wrongBatch(where, `${values.bytes.byteLength} bytes, where ${count} records have ${bytes}`);
  const { validity } = values;
  const broken = brokenRow(column, values.bytes, validity);
  if (broken !== undefined) throw wrongBatch(where, `bytes for record ${broken} that are no ${column.dtype}`);
  if (validity === undefined) return;
  if (column.nullable !== true) throw wrongBatch(where, "a validity mask, but the column is not nullable");
  if (validity.byteLength !== count)
    throw wrongBatch(where, `a validity mask of ${validity.byteLength} bytes for ${count} records`);
}

function wrongBatch(where: string, problem: string): DaqError {
  return new DaqError("format", `${where}: the Arrow writer was given ${problem}.`, {
    hint: "Nothing of this batch was written. The program that made the batch has to be corrected.",
  });
}

function bytesOf(values: BigInt64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
