import { crc32 } from "node:zlib";
import { encodeBytes } from "../../bytes/compress/codec.ts";
import type { ColumnLayout } from "./column-layout.ts";
import type { Page } from "./page.ts";
import type { PageCodec } from "./page-codec.ts";
import { encodeThrift } from "./thrift-writer.ts";
import { encodings, pageTypes } from "./words.ts";

/** The page in front of the data pages whose values are indexes of it. */
export type DictionaryPage = Pick<Page, "header" | "body" | "bodyBytes" | "rawBytes">;

/** Of the entries that the pages of a column chunk brought with them; undefined when none did. */
export function dictionaryPage(
  pages: readonly Page[],
  layout: ColumnLayout,
  { step }: PageCodec,
): DictionaryPage | undefined {
  if (!pages.some(({ encoding }) => encoding === "rleDictionary")) return undefined;
  const entries = Buffer.concat(pages.map((page) => page.entries ?? new Uint8Array(0)));
  const body = step === undefined ? entries : encodeBytes(entries, [step]);
  const header = encodeThrift([
    [1, { i32: pageTypes.dictionary }],
    [2, { i32: entries.byteLength }],
    [3, { i32: body.byteLength }],
    [4, { i32: crc32(body) | 0 }],
    [
      7,
      {
        struct: [
          [1, { i32: countOf(layout, entries) }],
          [2, { i32: encodings.plain }],
        ],
      },
    ],
  ]);
  return { header, body: [body], bodyBytes: body.byteLength, rawBytes: entries.byteLength };
}

/** Texts have their lengths in front. */
function countOf({ physical, valueBytes }: ColumnLayout, entries: Buffer): number {
  if (physical !== "byteArray") return entries.byteLength / valueBytes;
  let count = 0;
  for (let at = 0; at < entries.byteLength; at += 4 + entries.readUInt32LE(at)) count++;
  return count;
}
