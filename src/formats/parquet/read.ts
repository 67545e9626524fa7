import { crc32 } from "node:zlib";
import { decodeBytes, type EncodeStep } from "../../bytes/compress/codec.ts";
import { typedView } from "../../model/dtype.ts";
import { DaqError } from "../../model/errors.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { type ColumnLayout, columnLayouts, maxDefinition } from "./column-layout.ts";
import { decodeDelta } from "./decode-delta.ts";
import { decodeLevels } from "./decode-levels.ts";
import { describeFile } from "./describe-file.ts";
import { damaged, ParquetInput } from "./input.ts";
import { compressionOf } from "./page-codec.ts";
import type { ParsedChunk, ParsedMetadata } from "./parse-metadata.ts";
import { readFooter } from "./read-footer.ts";
import { decodeThrift, type ThriftFields } from "./thrift-reader.ts";
import { encodings, pageTypes } from "./words.ts";

/** The records of one row group, as they were appended. */
export type RowGroupRecords = {
  readonly count: number;
  readonly timestampsNs: BigInt64Array;
  readonly sequences: BigInt64Array;
  /** In the order of the stream's columns; a missing record is 0 in `bytes`. */
  readonly columns: readonly { readonly bytes: Uint8Array; readonly validity?: Uint8Array }[];
};

type Column = RowGroupRecords["columns"][number];

/** Reads finished files of daq-storage row group by row group; every page's checksum is compared. */
export class ParquetReader {
  readonly stream: StreamSchema;
  readonly #input: ParquetInput;
  readonly #footer: ParsedMetadata;
  readonly #layouts: readonly ColumnLayout[];

  private constructor(input: ParquetInput, footer: ParsedMetadata) {
    this.#input = input;
    this.#footer = footer;
    this.stream = describeFile(input.path, footer).stream;
    this.#layouts = columnLayouts(this.stream, "full");
  }

  /** Throws `DaqError("path")` or `DaqError("format")`. */
  static async open(path: string): Promise<ParquetReader> {
    const input = await ParquetInput.open(path);
    try {
      const footer = await readFooter(input);
      if (footer === undefined)
        throw unreadable(path, "it is not finished", "Run `daq recover` on it first.");
      const reader = new ParquetReader(input, footer);
      if (footer.rowGroups.some(({ chunks }) => chunks.length !== reader.#layouts.length))
        throw unreadable(
          path,
          "it has not the columns of a recording",
          "Read it with the program that made it.",
        );
      return reader;
    } catch (error) {
      await input.close();
      throw error;
    }
  }

  async *rowGroups(): AsyncGenerator<RowGroupRecords> {
    for (const { rows, chunks } of this.#footer.rowGroups) {
      const columns: Column[] = [];
      for (const [at, chunk] of chunks.entries())
        columns.push(await this.#column(this.#layouts[at]!, chunk, rows));
      const [timestamps, sequences, ...own] = columns;
      yield {
        count: rows,
        timestampsNs: int64s(timestamps!.bytes),
        sequences: int64s(sequences!.bytes),
        columns: own,
      };
    }
  }

  async #column(layout: ColumnLayout, chunk: ParsedChunk, rows: number): Promise<Column> {
    const bytes = await this.#input.read(chunk.startBytes, chunk.bytes);
    const target = new Uint8Array(rows * layout.itemBytes);
    const validity = layout.nullable ? new Uint8Array(rows) : undefined;
    let position = 0;
    let row = 0;
    try {
      while (position < bytes.byteLength) {
        const { fields, length } = decodeThrift(bytes.subarray(position));
        const stored = numberOf(fields, 3);
        const body = bytes.subarray(position + length, position + length + stored);
        position += length + stored;
        if (body.byteLength !== stored) throw new RangeError("a page is longer than its column");
        if (fields.has(4) && crc32(body) !== numberOf(fields, 4) >>> 0)
          throw new RangeError("a page's checksum is wrong");
        row += decodePage(layout, fields, decompressed(body, chunk.codec, numberOf(fields, 2)), {
          target,
          validity,
          row,
          rows,
        });
      }
      if (row !== rows) throw new RangeError(`it holds ${row} records, where ${rows} belong`);
    } catch (cause) {
      if (cause instanceof DaqError) throw cause;
      throw damaged(
        this.#input.path,
        `column ${layout.name}: ${cause instanceof Error ? cause.message : cause}`,
        cause,
      );
    }
    return validity === undefined ? { bytes: target } : { bytes: target, validity };
  }

  async close(): Promise<void> {
    await this.#input.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function unreadable(path: string, problem: string, hint: string): DaqError {
  return new DaqError("format", `${path} cannot be read: ${problem}.`, { hint });
}

const steps: { readonly [compression: string]: EncodeStep | undefined } = {
  snappy: { codec: "snappy" },
  gzip: { codec: "gzip", level: 1 },
  zstd: { codec: "zstd", level: 1 },
  lz4_raw: { codec: "lz4-block" },
};

function decompressed(body: Uint8Array, codec: number, rawBytes: number): Uint8Array {
  const step = steps[compressionOf(codec)];
  return step === undefined ? body : decodeBytes(body, [step], rawBytes);
}

type Place = {
  readonly target: Uint8Array;
  readonly validity: Uint8Array | undefined;
  readonly row: number;
  readonly rows: number;
};

/** Returns the records of the page. */
function decodePage(layout: ColumnLayout, fields: ThriftFields, raw: Uint8Array, place: Place): number {
  const data = fields.get(5);
  if (numberOf(fields, 1) !== pageTypes.data || !(data instanceof Map))
    throw new RangeError("it has pages of a kind that is not read here");
  const entries = numberOf(data, 1);
  const top = maxDefinition(layout);
  let from = 0;
  const levels = (width: number): Uint8Array => {
    const length = new DataView(raw.buffer, raw.byteOffset, raw.byteLength).getUint32(from, true);
    const start = from + 4;
    from = start + length;
    return decodeLevels(raw.subarray(start, from), width, entries);
  };
  const repetition = layout.isList ? levels(1) : undefined;
  const definition = top > 0 ? levels(top > 1 ? 2 : 1) : undefined;
  const isThere: boolean[] = [];
  let present = 0;
  for (let at = 0; at < entries; at++) {
    const here = definition === undefined || definition[at] === top;
    if (here) present++;
    if (repetition === undefined || repetition[at] === 0) isThere.push(here);
  }
  if (place.row + isThere.length > place.rows)
    throw new RangeError("it holds more records than its row group");
  const values = plainValues(layout, numberOf(data, 2), raw.subarray(from), present);
  const { itemBytes } = layout;
  let next = 0;
  for (const [at, here] of isThere.entries()) {
    if (!here) continue;
    place.target.set(values.subarray(next, next + itemBytes), (place.row + at) * itemBytes);
    next += itemBytes;
    if (place.validity !== undefined) place.validity[place.row + at] = 1;
  }
  if (next !== values.byteLength) throw new RangeError("its lists are not of the length that the stream has");
  return isThere.length;
}

/** In the width of the dtype. */
function plainValues(layout: ColumnLayout, encoding: number, bytes: Uint8Array, count: number): Uint8Array {
  const { valueBytes, dtype } = layout;
  let wide: Uint8Array;
  if (encoding === encodings.plain) wide = Uint8Array.from(bytes.subarray(0, count * valueBytes));
  else if (encoding === encodings.byteStreamSplit)
    wide = decodeBytes(bytes, [{ codec: "shuffle", elementBytes: valueBytes }], count * valueBytes);
  else if (encoding === encodings.deltaBinaryPacked)
    wide = decodeDelta(bytes, valueBytes === 8 ? 8 : 4, count);
  else throw new RangeError(`it has the encoding ${encoding}, which is not read here`);
  if (wide.byteLength !== count * valueBytes) throw new RangeError("a page has fewer values than it says");
  if (layout.itemBytes === layout.elements * valueBytes) return wide;
  const narrow = new Uint8Array((count * layout.itemBytes) / layout.elements);
  const target = typedView(dtype, narrow);
  const source = new Int32Array(wide.buffer, wide.byteOffset, count);
  if (!(target instanceof BigInt64Array || target instanceof BigUint64Array)) target.set(source);
  return narrow;
}

function int64s(bytes: Uint8Array): BigInt64Array {
  return new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
}

function numberOf(fields: ThriftFields, id: number): number {
  const value = fields.get(id);
  if (typeof value === "number") return value;
  throw new RangeError("a page header is incomplete");
}
