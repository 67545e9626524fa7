import { crc32 } from "node:zlib";
import { type ColumnLayout, maxDefinition } from "./column-layout.ts";
import { type DictionaryPage, dictionaryPage } from "./dictionary-page.ts";
import { type Page, type PageEncoding, type PageSet, pageBytes } from "./page.ts";
import type { PageCodec } from "./page-codec.ts";
import { type Bounds, joinedBounds, orderOf } from "./statistics.ts";
import { encodeThrift, type ThriftStruct, type ThriftValue } from "./thrift-writer.ts";
import { boundaryOrders, encodings, physicalTypes } from "./words.ts";

export type EncodedRowGroup = {
  readonly rows: number;
  /** Column chunks, column indexes and offset indexes, one behind the other. */
  readonly data: readonly Uint8Array[];
  /** The struct for the footer. */
  readonly meta: Uint8Array;
  /** Checksum of what the pages' own checksums leave out: their headers, then the indexes. */
  readonly structureCrc: number;
};

type Piece = { readonly offset: number; readonly length: number };

/** Lays the pages of all columns out from `startBytes` of the file on. */
export function encodeRowGroup(
  layouts: readonly ColumnLayout[],
  codec: PageCodec,
  sets: readonly PageSet[],
  startBytes: number,
): EncodedRowGroup {
  const data: Uint8Array[] = [];
  let structureCrc = 0;
  let position = startBytes;
  const rows = sets.reduce((sum, set) => sum + set.rows, 0);
  const append = (pieces: readonly Uint8Array[]): number => {
    const before = position;
    for (const piece of pieces) position += piece.byteLength;
    data.push(...pieces);
    return before;
  };
  const chunks = layouts.map((layout, at) => {
    const pages = sets.map(({ pages }) => pages[at]!);
    const dictionary = dictionaryPage(pages, layout, codec);
    const offsets = [...(dictionary === undefined ? [] : [dictionary]), ...pages].map((page) => {
      structureCrc = crc32(page.header, structureCrc);
      return append([page.header, ...page.body]);
    });
    return {
      layout,
      pages,
      dictionary,
      dictionaryAt: dictionary && offsets.shift(),
      offsets,
      bounds: joinedBounds(
        layout,
        pages.map((page) => page.bounds),
      ),
    };
  });
  const place = (struct: ThriftStruct | undefined): Piece | undefined => {
    if (struct === undefined) return undefined;
    const bytes = encodeThrift(struct);
    structureCrc = crc32(bytes, structureCrc);
    return { offset: append([bytes]), length: bytes.byteLength };
  };
  const dataEnd = position;
  const columnIndexes = chunks.map(({ layout, pages }) => place(columnIndexOf(layout, pages)));
  const offsetIndexes = chunks.map(({ pages, offsets }) => place(offsetIndexOf(pages, offsets)));
  const columns = chunks.map((chunk, at): ThriftValue => {
    const [columnIndex, offsetIndex] = [columnIndexes[at], offsetIndexes[at]];
    return {
      struct: [
        [2, { i64: 0 }],
        [3, { struct: columnMetadata(chunk, codec) }],
        [4, offsetIndex && { i64: offsetIndex.offset }],
        [5, offsetIndex && { i32: offsetIndex.length }],
        [6, columnIndex && { i64: columnIndex.offset }],
        [7, columnIndex && { i32: columnIndex.length }],
      ],
    };
  });
  const rawBytes = chunks.reduce((sum, chunk) => sum + rawBytesOf(chunk), 0);
  const meta = encodeThrift([
    [1, { list: columns }],
    [2, { i64: rawBytes }],
    [3, { i64: rows }],
    [5, { i64: startBytes }],
    [6, { i64: dataEnd - startBytes }],
  ]);
  return { rows, data, meta, structureCrc };
}

/** The pages of one column, and where they are. */
type PlacedChunk = {
  readonly layout: ColumnLayout;
  readonly dictionary: DictionaryPage | undefined;
  readonly dictionaryAt: number | undefined;
  readonly pages: readonly Page[];
  readonly offsets: readonly number[];
  readonly bounds: Bounds | undefined;
};

function rawBytesOf({ pages, dictionary }: PlacedChunk): number {
  const ofDictionary = dictionary === undefined ? 0 : dictionary.header.byteLength + dictionary.rawBytes;
  return pages.reduce((sum, page) => sum + page.header.byteLength + page.rawBytes, ofDictionary);
}

function columnMetadata(chunk: PlacedChunk, { codec }: PageCodec): ThriftStruct {
  const { layout, pages, dictionary, dictionaryAt, offsets, bounds } = chunk;
  const used = new Set<PageEncoding>(pages.map((page) => page.encoding));
  // The dictionary itself is plain.
  if (dictionary !== undefined) used.add("plain");
  const numbers = [...used].map((encoding) => encodings[encoding] as number);
  if (maxDefinition(layout) > 0) numbers.push(encodings.rle);
  const dictionaryBytes = dictionary === undefined ? 0 : pageBytes(dictionary);
  return [
    [1, { i32: physicalTypes[layout.physical] }],
    [2, { list: numbers.map((i32) => ({ i32 })) }],
    [3, { list: layout.path.map((binary) => ({ binary })) }],
    [4, { i32: codec }],
    [5, { i64: pages.reduce((sum, page) => sum + page.values, 0) }],
    [6, { i64: rawBytesOf(chunk) }],
    [7, { i64: pages.reduce((sum, page) => sum + pageBytes(page), dictionaryBytes) }],
    [9, { i64: offsets[0]! }],
    [11, dictionaryAt === undefined ? undefined : { i64: dictionaryAt }],
    [12, { struct: statisticsOf(pages, bounds) }],
  ];
}

function statisticsOf(pages: readonly Page[], bounds: Bounds | undefined): ThriftStruct {
  return [
    [3, { i64: pages.reduce((sum, page) => sum + page.nulls, 0) }],
    [5, bounds && { binary: bounds.max }],
    [6, bounds && { binary: bounds.min }],
    [7, bounds && { bool: bounds.isMaxExact ?? true }],
    [8, bounds && { bool: bounds.isMinExact ?? true }],
  ];
}

/** Undefined where a page has values but none that can be compared: the index has no way to say that. */
function columnIndexOf(layout: ColumnLayout, pages: readonly Page[]): ThriftStruct | undefined {
  const isNull = pages.map((page) => page.nulls === page.values);
  if (pages.some((page, at) => page.bounds === undefined && !isNull[at])) return undefined;
  const empty = new Uint8Array(0);
  const order = orderOf(
    layout,
    pages.flatMap((page) => page.bounds ?? []),
  );
  return [
    [1, { list: isNull.map((bool) => ({ bool })) }],
    [2, { list: pages.map((page) => ({ binary: page.bounds?.min ?? empty })) }],
    [3, { list: pages.map((page) => ({ binary: page.bounds?.max ?? empty })) }],
    [4, { i32: boundaryOrders[order] }],
    [5, { list: pages.map((page) => ({ i64: page.nulls })) }],
  ];
}

function offsetIndexOf(pages: readonly Page[], offsets: readonly number[]): ThriftStruct {
  let row = 0;
  const locations = pages.map((page, at): ThriftValue => {
    const first = row;
    row += page.rows;
    return {
      struct: [
        [1, { i64: offsets[at]! }],
        [2, { i32: pageBytes(page) }],
        [3, { i64: first }],
      ],
    };
  });
  return [[1, { list: locations }]];
}
