import { deltaBinaryPackedBytes } from "../../bytes/delta-binary-packing.ts";
import type { WorkerPool } from "../../bytes/pool/worker-pool.ts";
import { type ColumnDictionary, dictionaryWorkBytes, type EncodedValues } from "./dictionary.ts";
import type { PageEncoding } from "./page.ts";
import { TextDictionary } from "./text-dictionary.ts";

/**
 * Bits of a packed difference. fastparquet (2026.9) collects packed bits in 64 and loses some where two differences take more:
 * it reads wrong numbers from 29 bits on, and dies from 57 on. Of differences that wide, packing saves little.
 */
const widestDifference = 28;

export type SimpleEncoding = Exclude<PageEncoding, "rleDictionary">;

/** How the values of a page are encoded. */
export type ValueEncoder =
  | { readonly encoding: SimpleEncoding }
  | {
      readonly encoding: "rleDictionary";
      readonly dictionary: ColumnDictionary | TextDictionary;
      /** The row group whose dictionary it is. */
      readonly group: number;
      /** For values that the dictionary has no room for; absent: there is no page then. */
      readonly fallback?: SimpleEncoding;
    };

/** Plain values at an address of the pool's memory. */
export type PlacedValues = { readonly valueBytes: number; readonly count: number; readonly source: number };

/** Room that `encodeValues` needs from its target on. */
export function workBytes(encoder: ValueEncoder, valueBytes: number, count: number): number {
  switch (encoder.encoding) {
    case "plain":
    case "byteStreamSplit":
      return valueBytes * count;
    case "deltaBinaryPacked":
      return deltaBinaryPackedBytes(valueBytes, count);
    case "rleDictionary": {
      const { fallback } = encoder;
      const other = fallback === undefined ? 0 : workBytes({ encoding: fallback }, valueBytes, count);
      return Math.max(dictionaryWorkBytes(count), other);
    }
  }
}

function differencesOf(bytes: number): EncodedValues | undefined {
  return bytes === 0 ? undefined : { bytes };
}

/** Encodes plain values in a worker; undefined when the encoding has no room for them. */
export async function encodeValues(
  pool: WorkerPool,
  encoder: ValueEncoder,
  { valueBytes, count, source }: PlacedValues,
  target: number,
): Promise<EncodedValues | undefined> {
  switch (encoder.encoding) {
    case "plain":
      // Splitting elements of one byte is a copy.
      await pool.call("shuffle", [1, source, valueBytes * count, target]);
      return { bytes: valueBytes * count };
    case "byteStreamSplit":
      await pool.call("shuffle", [valueBytes, source, valueBytes * count, target]);
      return { bytes: valueBytes * count };
    case "deltaBinaryPacked":
      return differencesOf(
        await pool.call("deltaBinaryPack", [valueBytes, source, count, target, "scratch", widestDifference]),
      );
    case "rleDictionary":
      if (encoder.dictionary instanceof TextDictionary) throw new TypeError("Texts are encoded elsewhere.");
      return encoder.dictionary.encode(encoder.group, source, count, target);
  }
}
