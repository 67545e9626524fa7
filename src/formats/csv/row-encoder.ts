import type { Batch } from "../../model/batch.ts";
import { type DType, typedView } from "../../model/dtype.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import {
  longestNumberBytes,
  writeFloat32,
  writeFloat64,
  writeInt64,
  writeInteger,
  writeUint64,
} from "./encode-number.ts";
import { elementCount } from "./fields.ts";

const comma = 0x2c;
const carriageReturn = 0x0d;
const lineFeed = 0x0a;

/** Text that is encoded before it is written: enough for one efficient write, small enough for the cache. */
const blockBytes = 1 << 20;

type WriteField = (bytes: Uint8Array, at: number, index: number) => number;
type Column = {
  readonly write: WriteField;
  readonly elements: number;
  readonly validity: Uint8Array | undefined;
};

/** Encodes batches of one stream into one buffer that is used again for each block of rows. */
export class RowEncoder {
  readonly #elements: readonly number[];
  readonly #longestRowBytes: number;
  readonly #bytes: Uint8Array;

  constructor(stream: StreamSchema) {
    this.#elements = stream.columns.map((column) => elementCount(column.shape));
    const fields = this.#elements.reduce((sum, count) => sum + count, 2);
    this.#longestRowBytes = fields * (longestNumberBytes + 1) + 2;
    this.#bytes = new Uint8Array(Math.max(blockBytes, this.#longestRowBytes));
  }

  /** The rows of a batch in blocks of whole lines. A block is *borrowed* until the next one is asked for. */
  *encode(batch: Batch): Generator<Uint8Array, void, void> {
    const timestamps = halves(batch.timestampsNs);
    const sequences = halves(batch.sequences);
    const columns = batch.stream.columns.map(({ dtype }, index): Column => {
      const { bytes, validity } = batch.columns[index]!;
      return { write: fieldWriter(dtype, bytes), elements: this.#elements[index]!, validity };
    });
    const bytes = this.#bytes;
    const limit = bytes.length - this.#longestRowBytes;
    for (let record = 0; record < batch.count; ) {
      let at = 0;
      for (; record < batch.count && at <= limit; record++) {
        at = writeInt64(bytes, at, timestamps[2 * record]!, timestamps[2 * record + 1]!);
        bytes[at++] = comma;
        at = writeInt64(bytes, at, sequences[2 * record]!, sequences[2 * record + 1]!);
        for (const column of columns) at = writeColumn(bytes, at, column, record);
        bytes[at++] = carriageReturn;
        bytes[at++] = lineFeed;
      }
      yield bytes.subarray(0, at);
    }
  }
}

function writeColumn(bytes: Uint8Array, start: number, column: Column, record: number): number {
  const { write, elements, validity } = column;
  const missing = validity !== undefined && validity[record] === 0;
  let at = start;
  for (let index = record * elements, end = index + elements; index < end; index++) {
    bytes[at++] = comma;
    if (!missing) at = write(bytes, at, index);
  }
  return at;
}

/** 64-bit integers as pairs of 32 bits, low half first. */
function halves(values: ArrayBufferView): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.byteLength / 4);
}

function fieldWriter(dtype: DType, column: Uint8Array): WriteField {
  if (dtype === "int64" || dtype === "uint64") {
    const words = halves(column);
    return dtype === "int64"
      ? (bytes, at, index) => writeInt64(bytes, at, words[2 * index]!, words[2 * index + 1]!)
      : (bytes, at, index) => writeUint64(bytes, at, words[2 * index]!, words[2 * index + 1]!);
  }
  const values = typedView(dtype, column) as Exclude<
    ReturnType<typeof typedView>,
    BigInt64Array | BigUint64Array
  >;
  if (dtype === "float64") return (bytes, at, index) => writeFloat64(bytes, at, values[index]!);
  if (dtype === "float32") return (bytes, at, index) => writeFloat32(bytes, at, values[index]!);
  return (bytes, at, index) => writeInteger(bytes, at, values[index]!);
}
