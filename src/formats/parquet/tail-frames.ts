import { crc32 } from "node:zlib";
import { mostPackedBytes, packTexts, unpackTexts } from "../../bytes/length-prefixed-texts.ts";
import { parseJson } from "../../model/parse-json.ts";
import type { ColumnLayout } from "./column-layout.ts";
import { decodeFrameHeader, encodeFrame, frameBytes, frameChecksum, frameHeaderBytes } from "./frame.ts";
import type { Page, PageEncoding, PageSet } from "./page.ts";
import type { PageRecords } from "./page-records.ts";
import type { ColumnRecords } from "./page-rows.ts";
import type { SequenceSpan } from "./sequence-span.ts";
import { encodings } from "./words.ts";

/** A set of pages with the sequence numbers that are in it. */
export type SpannedSet = { readonly set: PageSet; readonly span?: SequenceSpan | undefined };

/** What a page's bytes do not say, or not at once. */
type PageNote = Pick<Page, "values" | "nulls" | "encoding" | "rawBytes" | "bodyBytes"> & {
  readonly headerBytes: number;
  /** Of the dictionary, behind the body; absent: none. */
  readonly entryBytes?: number;
  readonly min?: string;
  readonly max?: string;
  readonly isMinExact?: false;
  readonly isMaxExact?: false;
};

type SetNote = { readonly pages: readonly PageNote[]; readonly span?: SequenceSpan };

/** Pages that are complete, for the row group `index`. */
export function encodeSetFrame(index: number, { set, span }: SpannedSet): Uint8Array[] {
  const pages = set.pages.map(
    ({ values, nulls, encoding, rawBytes, bodyBytes, header, bounds, entries }): PageNote => {
      const ends = bounds && { ...bounds, min: hexOf(bounds.min), max: hexOf(bounds.max) };
      const more = entries && { entryBytes: entries.byteLength };
      return {
        values,
        nulls,
        encoding,
        rawBytes,
        bodyBytes,
        headerBytes: header.byteLength,
        ...more,
        ...ends,
      };
    },
  );
  const note: SetNote = { pages, ...(span === undefined ? {} : { span }) };
  const data = set.pages.flatMap(({ header, body, entries }) => [
    header,
    ...body,
    ...(entries === undefined ? [] : [entries]),
  ]);
  return encodeFrame({
    kind: "page-set",
    index,
    rows: set.rows,
    data,
    note: JSON.stringify(note),
  });
}

/**
 * Records of the page that is not full yet: the columns' bytes one behind the other, validity behind those that have it.
 * Texts stand each behind its length: most are far shorter than they may be.
 */
export function encodeRowsFrame(
  index: number,
  layouts: readonly ColumnLayout[],
  records: readonly PageRecords[],
): Uint8Array[] {
  const rows = records[0]!.rows;
  const data = layouts.flatMap((layout, at) => {
    const { bytes, validity } = records[at]!;
    const values = layout.physical === "byteArray" ? packed(bytes, layout.itemBytes, validity) : bytes;
    return layout.nullable ? [values, validity ?? new Uint8Array(rows).fill(1)] : [values];
  });
  return encodeFrame({ kind: "rows", index, rows, data, note: "" });
}

function packed(cells: Uint8Array, maxBytes: number, validity: Uint8Array | undefined): Uint8Array {
  const target = new Uint8Array(mostPackedBytes(cells.byteLength / maxBytes, maxBytes));
  return target.subarray(0, packTexts(cells, maxBytes, validity, "empty", target));
}

/** What a tail holds of one row group. */
export type TailContents = {
  readonly sets: readonly SpannedSet[];
  /** Records behind the sets, in parts. */
  readonly rows: readonly { readonly columns: readonly ColumnRecords[]; readonly rows: number }[];
  readonly records: number;
  /** Everything before it is whole; behind it lies a part of a frame, or frames of another row group. */
  readonly bytes: number;
};

/** Goes through the frames of a tail, up to the first one that is torn or not of row group `index`. */
export function decodeTail(bytes: Uint8Array, index: number, layouts: readonly ColumnLayout[]): TailContents {
  const sets: SpannedSet[] = [];
  let rows: TailContents["rows"][number][] = [];
  let position = 0;
  let inSets = 0;
  let inRows = 0;
  for (;;) {
    const rest = bytes.subarray(position);
    const header = decodeFrameHeader(rest);
    if (header === undefined || header.index !== index || frameBytes(header) > rest.byteLength) break;
    const { kind, dataBytes, metaBytes } = header;
    const data = rest.subarray(frameHeaderBytes, frameHeaderBytes + dataBytes);
    const meta = rest.subarray(frameHeaderBytes + dataBytes, frameHeaderBytes + dataBytes + metaBytes);
    const note = rest.subarray(frameHeaderBytes + dataBytes + metaBytes, frameBytes(header));
    if (frameChecksum(rest.subarray(0, frameHeaderBytes), meta, note) !== header.crc) break;
    if (crc32(data) !== header.dataCrc) break;
    if (kind === "page-set") {
      sets.push(decodeSet(header.rows, data, new TextDecoder().decode(note)));
      inSets += header.rows;
      // The pages have the records that were written one by one before them.
      rows = [];
      inRows = 0;
    } else if (kind === "rows") {
      rows.push({ columns: decodeRows(layouts, header.rows, data), rows: header.rows });
      inRows += header.rows;
    } else break;
    position += frameBytes(header);
  }
  return { sets, rows, records: inSets + inRows, bytes: position };
}

function decodeSet(rows: number, data: Uint8Array, text: string): SpannedSet {
  const { pages: notes, span } = parseJson(text) as SetNote;
  const parts = new Parts(data);
  const pages = notes.map(({ headerBytes, entryBytes, min, max, isMinExact, isMaxExact, ...note }): Page => {
    const header = parts.take(headerBytes);
    const body = [parts.take(note.bodyBytes)];
    const entries = entryBytes === undefined ? undefined : parts.take(entryBytes);
    const exactness = {
      ...(isMinExact === undefined ? {} : { isMinExact }),
      ...(isMaxExact === undefined ? {} : { isMaxExact }),
    };
    const bounds =
      min === undefined || max === undefined
        ? undefined
        : { min: bytesOf(min), max: bytesOf(max), ...exactness };
    return { ...note, encoding: checkedEncoding(note.encoding), rows, header, body, bounds, entries };
  });
  return { set: { rows, pages }, span };
}

/** Copies of one part after the other. */
class Parts {
  readonly #data: Uint8Array;
  #position = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
  }

  take(bytes: number): Uint8Array {
    const part = this.#data.slice(this.#position, this.#position + bytes);
    this.#position += bytes;
    return part;
  }

  /** Texts behind their lengths, in cells. */
  texts(count: number, maxBytes: number): Uint8Array {
    const cells = new Uint8Array(count * maxBytes);
    this.#position += unpackTexts(this.#data.subarray(this.#position), maxBytes, undefined, "empty", cells);
    return cells;
  }
}

function checkedEncoding(encoding: PageEncoding): PageEncoding {
  if (Object.hasOwn(encodings, encoding)) return encoding;
  throw new RangeError(`a tail has pages of the unknown encoding "${encoding}"`);
}

/** In memory of their own, aligned for typed views. */
function decodeRows(layouts: readonly ColumnLayout[], rows: number, data: Uint8Array): ColumnRecords[] {
  const parts = new Parts(data);
  return layouts.map(({ physical, itemBytes, nullable }) => {
    const bytes = physical === "byteArray" ? parts.texts(rows, itemBytes) : parts.take(rows * itemBytes);
    return nullable ? { bytes, validity: parts.take(rows) } : { bytes };
  });
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}
