import { decodeBytes } from "../../bytes/compress/codec.ts";
import type { ColumnLayout } from "./column-layout.ts";
import { decodeDelta } from "./decode-delta.ts";
import { decodeHybrid } from "./decode-hybrid.ts";
import { NotReadHere } from "./not-read-here.ts";
import { encodings } from "./words.ts";

/** Plain values, in the width that pages have; `dictionary` likewise. Throws `RangeError` for damaged bytes. */
export function decodeValues(
  layout: ColumnLayout,
  encoding: number,
  bytes: Uint8Array,
  count: number,
  dictionary: Uint8Array | undefined,
): Uint8Array {
  const values = decoded(layout, encoding, bytes, count, dictionary);
  if (values.byteLength === count * layout.valueBytes) return values;
  throw new RangeError("a page has fewer values than it says");
}

function decoded(
  { valueBytes }: ColumnLayout,
  encoding: number,
  bytes: Uint8Array,
  count: number,
  dictionary: Uint8Array | undefined,
): Uint8Array {
  const plainBytes = count * valueBytes;
  switch (encoding) {
    case encodings.plain:
      return bytes.slice(0, plainBytes);
    case encodings.byteStreamSplit:
      if (bytes.byteLength < plainBytes) return new Uint8Array(0);
      return decodeBytes(
        bytes.subarray(0, plainBytes),
        [{ codec: "shuffle", elementBytes: valueBytes }],
        plainBytes,
      );
    case encodings.deltaBinaryPacked:
      return decodeDelta(bytes, valueBytes === 8 ? 8 : 4, count);
    case encodings.plainDictionary:
    case encodings.rleDictionary:
      return lookedUp(bytes, count, valueBytes, dictionary);
    default:
      throw new NotReadHere(`the encoding ${encoding}`);
  }
}

function lookedUp(
  bytes: Uint8Array,
  count: number,
  valueBytes: number,
  dictionary: Uint8Array | undefined,
): Uint8Array {
  if (dictionary === undefined) throw new RangeError("a page needs a dictionary that is not there");
  if (count === 0) return new Uint8Array(0);
  const indexes = new Uint32Array(count);
  decodeHybrid(bytes.subarray(1), bytes[0] ?? 0, indexes);
  const entries = dictionary.byteLength / valueBytes;
  const words = valueBytes / 4;
  // As integers: a float may lose the bits of a NaN on its way.
  const from = new Uint32Array(dictionary.buffer, dictionary.byteOffset, entries * words);
  const to = new Uint32Array(count * words);
  for (let at = 0; at < count; at++) {
    const index = indexes[at]!;
    if (index >= entries) throw new RangeError(`a page has the index ${index} of ${entries} values`);
    if (words === 1) to[at] = from[index]!;
    else {
      to[2 * at] = from[2 * index]!;
      to[2 * at + 1] = from[2 * index + 1]!;
    }
  }
  return new Uint8Array(to.buffer);
}
