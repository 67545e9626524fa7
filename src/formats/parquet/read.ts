import { crc32 } from "node:zlib";
import type { EncodeStep } from "../../bytes/compress/codec.ts";
import { DaqError } from "../../model/errors.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { type ColumnLayout, columnLayouts } from "./column-layout.ts";
import {
  type ColumnTarget,
  decodePage,
  decompressed,
  isDictionaryEncoding,
  type LeafLevels,
} from "./decode-page.ts";
import { describeFile, leavesOf } from "./describe-file.ts";
import { damaged, ParquetInput } from "./input.ts";
import { NotReadHere } from "./not-read-here.ts";
import { decodePageHeader } from "./page-header.ts";
import type { ParsedChunk, ParsedMetadata } from "./parse-metadata.ts";
import { readFooter } from "./read-footer.ts";
import { TextEntries } from "./text-entries.ts";
import { codecs } from "./words.ts";

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
  /** Other programs say in another way that a value is there. */
  readonly #leaves: readonly LeafLevels[];

  private constructor(input: ParquetInput, footer: ParsedMetadata) {
    this.#input = input;
    this.#footer = footer;
    this.stream = describeFile(input.path, footer).stream;
    this.#layouts = columnLayouts(this.stream, "full");
    this.#leaves = leavesOf(input.path, footer.schema);
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
      for (const [at, chunk] of chunks.entries()) columns.push(await this.#column(at, chunk, rows));
      const [timestamps, sequences, ...own] = columns;
      yield {
        count: rows,
        timestampsNs: int64s(timestamps!.bytes),
        sequences: int64s(sequences!.bytes),
        columns: own,
      };
    }
  }

  async #column(at: number, chunk: ParsedChunk, rows: number): Promise<Column> {
    const layout = this.#layouts[at]!;
    const bytes = await this.#input.read(chunk.startBytes, chunk.bytes);
    try {
      const target = columnTarget(layout, rows, chunk.bytes);
      fillColumn(layout, this.#leaves[at]!, { bytes, step: stepOf(chunk.codec) }, target);
      const { bytes: filled, validity } = target;
      return validity === undefined ? { bytes: filled } : { bytes: filled, validity };
    } catch (cause) {
      const { path } = this.#input;
      if (cause instanceof RangeError) throw damaged(path, `column ${layout.name}: ${cause.message}`, cause);
      if (!(cause instanceof NotReadHere)) throw cause;
      const problem = `column ${layout.name} has ${cause.message}, which is not read here`;
      throw unreadable(path, problem, "Let the program that made it write it again in another way.");
    }
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

const steps = new Map<number, EncodeStep | undefined>([
  [codecs.uncompressed, undefined],
  [codecs.snappy, { codec: "snappy" }],
  [codecs.gzip, { codec: "gzip", level: 1 }],
  [codecs.zstd, { codec: "zstd", level: 1 }],
  [codecs.lz4Raw, { codec: "lz4-block" }],
]);

function stepOf(codec: number): EncodeStep | undefined {
  if (!steps.has(codec)) throw new NotReadHere(`the codec ${codec}`);
  return steps.get(codec);
}

/** What a row group may be decoded to without question, and how much more than it takes in the file. */
const usualBytes = 256 << 20;
const mostTimesStored = 2000;

/** Throws `RangeError` for sizes that no writer makes: damaged files may claim any. */
function checkSize(bytes: number, storedBytes: number): void {
  if (bytes > Math.max(usualBytes, storedBytes * mostTimesStored))
    throw new RangeError(`${storedBytes} bytes are to hold ${bytes}`);
}

function columnTarget(layout: ColumnLayout, rows: number, storedBytes: number): ColumnTarget {
  checkSize(rows * layout.itemBytes, storedBytes);
  const bytes = new Uint8Array(rows * layout.itemBytes);
  return { bytes, validity: layout.nullable ? new Uint8Array(rows) : undefined, rows };
}

/** Decodes one page after the other. */
function fillColumn(
  layout: ColumnLayout,
  leaf: LeafLevels,
  { bytes, step }: { readonly bytes: Uint8Array; readonly step: EncodeStep | undefined },
  target: ColumnTarget,
): void {
  let dictionary: Uint8Array | undefined;
  let entries: TextEntries | undefined;
  let row = 0;
  for (let position = 0; position < bytes.byteLength; ) {
    const header = decodePageHeader(bytes.subarray(position));
    const start = position + header.headerBytes;
    position = start + header.storedBytes;
    if (position > bytes.byteLength) throw new RangeError("a page is longer than its column");
    if (header.kind === "other") continue;
    const body = bytes.subarray(start, position);
    if (header.checksum !== undefined && crc32(body) !== header.checksum)
      throw new RangeError("a page's checksum is wrong");
    checkSize(header.rawBytes, bytes.byteLength);
    if (header.kind === "dictionary") {
      if (!isDictionaryEncoding(header.encoding))
        throw new RangeError(`its dictionary has the encoding ${header.encoding}`);
      const plain = step === undefined ? body : decompressed(body, step, header.rawBytes);
      if (layout.physical === "byteArray") {
        entries = new TextEntries(plain, header.values);
        continue;
      }
      dictionary = plain.slice(0, header.values * layout.valueBytes);
      if (dictionary.byteLength !== header.values * layout.valueBytes)
        throw new RangeError("its dictionary has fewer values than it says");
    } else row += decodePage(layout, leaf, { header, bytes: body, step, dictionary, entries }, target, row);
  }
  if (row !== target.rows) throw new RangeError(`it holds ${row} records, where ${target.rows} belong`);
}

function int64s(bytes: Uint8Array): BigInt64Array {
  return new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
}
