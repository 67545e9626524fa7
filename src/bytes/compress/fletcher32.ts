import type { Codec, CodecMemory } from "./codec-contract.ts";
import { damaged } from "./damaged.ts";
import type { StepOf } from "./encode-step.ts";

const sumBytes = 4;
const modulus = 65_535;
/** From sums of at most 2¹⁶, the second one stays below 2³¹ for this many words: 32-bit arithmetic. */
const wordsPerRound = 240;

/**
 * HDF5's checksum: Fletcher's sums over big-endian 16-bit words, where an odd last byte is the high half of one. The
 * words are added as they lie in memory (little-endian): to exchange the bytes of a word is to multiply it by 256
 * modulo 65535, which can as well be done once, at the end. `source` is even.
 */
function fletcher32Sum({ bytes, view }: CodecMemory, source: number, length: number): number {
  const words = new Uint16Array(view.buffer, view.byteOffset + source, length >>> 1);
  let first = 0;
  let second = 0;
  for (let at = 0; at < words.length; ) {
    const end = Math.min(at + wordsPerRound, words.length);
    for (; at < end; at++) {
      first = (first + words[at]!) | 0;
      second = (second + first) | 0;
    }
    first = folded(first);
    second = folded(second);
  }
  if (length % 2 === 1) {
    first = folded(first + bytes[source + length - 1]!);
    second = folded(second + first);
  }
  return ((swapped(second) << 16) | swapped(first)) >>> 0;
}

/** Modulo 65535 in the way of the reference: only a sum of zeros is 0, any other multiple is 65535. */
function folded(sum: number): number {
  return sum === 0 ? 0 : ((sum - 1) % modulus) + 1;
}

function swapped(sum: number): number {
  return folded(sum * 256);
}

export const fletcher32: Codec<StepOf<"fletcher32">> = {
  maxEncodedBytes: (_step, length) => length + sumBytes,

  encode(_step, memory, { source, length, target }) {
    memory.bytes.copyWithin(target, source, source + length);
    memory.view.setUint32(target + length, fletcher32Sum(memory, source, length), true);
    return length + sumBytes;
  },

  decode(_step, memory, { source, length, target, capacity }) {
    const rest = length - sumBytes;
    if (rest < 0 || rest > capacity)
      throw damaged("fletcher32", `${length} bytes, where ${capacity} and 4 belong`);
    const stored = memory.view.getUint32(source + rest, true);
    const computed = fletcher32Sum(memory, source, rest);
    if (stored !== computed)
      throw damaged(
        "fletcher32",
        `its checksum is ${computed.toString(16)}, stored is ${stored.toString(16)}`,
      );
    memory.bytes.copyWithin(target, source, source + rest);
    return rest;
  },
};
