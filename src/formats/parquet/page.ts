import type { Bounds } from "./statistics.ts";
import { encodeThrift } from "./thrift-writer.ts";
import { encodings, pageTypes } from "./words.ts";

export type PageEncoding = "plain" | "byteStreamSplit" | "deltaBinaryPacked" | "rleDictionary";

/** One data page, encoded and compressed. */
export type Page = {
  readonly rows: number;
  /** With the missing ones. */
  readonly values: number;
  /** Of the values. */
  readonly nulls: number;
  readonly encoding: PageEncoding;
  /** Its header. */
  readonly header: Uint8Array;
  readonly body: readonly Uint8Array[];
  readonly bodyBytes: number;
  /** The body before compression. */
  readonly rawBytes: number;
  readonly bounds?: Bounds | undefined;
  /** Values that the dictionary of its column has from this page on, plain. */
  readonly entries?: Uint8Array | undefined;
};

/** The pages of the same records in all columns, in order. */
export type PageSet = { readonly rows: number; readonly pages: readonly Page[] };

export function pageBytes(page: Pick<Page, "header" | "bodyBytes">): number {
  return page.header.byteLength + page.bodyBytes;
}

/** Completes a page with its header, which has the checksum of the body. */
export function framePage(page: Omit<Page, "header" | "bodyBytes">, checksum: number): Page {
  const bodyBytes = page.body.reduce((sum, piece) => sum + piece.byteLength, 0);
  const header = encodeThrift([
    [1, { i32: pageTypes.data }],
    [2, { i32: page.rawBytes }],
    [3, { i32: bodyBytes }],
    [4, { i32: checksum | 0 }],
    [
      5,
      {
        struct: [
          [1, { i32: page.values }],
          [2, { i32: encodings[page.encoding] }],
          [3, { i32: encodings.rle }],
          [4, { i32: encodings.rle }],
        ],
      },
    ],
  ]);
  return { ...page, header, bodyBytes };
}
