import { decodeThrift, type ThriftFields } from "./thrift-reader.ts";
import { pageTypes } from "./words.ts";

type Sizes = {
  /** Bytes of the header itself. */
  readonly headerBytes: number;
  readonly storedBytes: number;
  /** Without compression. */
  readonly rawBytes: number;
  readonly checksum?: number;
  readonly values: number;
  readonly encoding: number;
};

export type DataPageHeader = Sizes & {
  readonly kind: "data";
  /** Of version 2: its levels stand uncompressed in front, in so many bytes. */
  readonly levels?: { readonly repetitionBytes: number; readonly definitionBytes: number };
  readonly isCompressed: boolean;
};

export type PageHeader =
  | DataPageHeader
  | (Sizes & { readonly kind: "dictionary" })
  | { readonly kind: "other"; readonly headerBytes: number; readonly storedBytes: number };

/** Throws `RangeError` for bytes that do not begin with a page header. */
export function decodePageHeader(bytes: Uint8Array): PageHeader {
  const { fields, length: headerBytes } = decodeThrift(bytes);
  const storedBytes = countOf(fields, 3);
  const type = countOf(fields, 1);
  const own = fields.get(type === pageTypes.data ? 5 : type === pageTypes.dictionary ? 7 : 8);
  if (type !== pageTypes.data && type !== pageTypes.dictionary && type !== pageTypes.dataV2)
    return { kind: "other", headerBytes, storedBytes };
  if (!(own instanceof Map)) throw new RangeError("a page header is incomplete");
  const sizes = {
    headerBytes,
    storedBytes,
    rawBytes: countOf(fields, 2),
    values: countOf(own, 1),
    encoding: countOf(own, type === pageTypes.dataV2 ? 4 : 2),
    ...(fields.has(4) ? { checksum: numberOf(fields, 4) >>> 0 } : {}),
  };
  if (type === pageTypes.dictionary) return { ...sizes, kind: "dictionary" };
  if (type === pageTypes.data) return { ...sizes, kind: "data", isCompressed: true };
  const levels = { definitionBytes: countOf(own, 5), repetitionBytes: countOf(own, 6) };
  return { ...sizes, kind: "data", levels, isCompressed: own.get(7) !== false };
}

function numberOf(fields: ThriftFields, id: number): number {
  const value = fields.get(id);
  if (typeof value === "number") return value;
  throw new RangeError("a page header is incomplete");
}

function countOf(fields: ThriftFields, id: number): number {
  const count = numberOf(fields, id);
  if (count < 0) throw new RangeError(`a page header has the count ${count}`);
  return count;
}
