// The alphabets of RFC 1951, 3.2.5.

export const literalSymbols: u32 = 286;
export const distanceSymbols: u32 = 30;
export const endOfBlock: u32 = 256;
export const longestMatch: u32 = 258;
export const farthestMatch: u32 = 32_768;
/** No match begins so near to the end of a block: the finders load words there, and never behind the end. */
export const searchedAhead: u32 = 16;

/** By length − 3: its symbol, less 257. */
const lengthSlots = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 12, 12, 13, 13, 13, 13, 14, 14, 14, 14, 15, 15,
  15, 15, 16, 16, 16, 16, 16, 16, 16, 16, 17, 17, 17, 17, 17, 17, 17, 17, 18, 18, 18, 18, 18, 18, 18, 18, 19,
  19, 19, 19, 19, 19, 19, 19, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 21, 21, 21, 21,
  21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22,
  22, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24,
  24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 25, 25, 25, 25, 25,
  25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25,
  26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26,
  26, 26, 26, 26, 26, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27,
  27, 27, 27, 27, 27, 27, 27, 27, 27, 28,
]);

export function lengthSlot(lengthLess3: u32): u32 {
  return load<u8>(lengthSlots + lengthLess3);
}

export function lengthExtraBits(slot: u32): u32 {
  return slot < 8 || slot === 28 ? 0 : (slot >>> 2) - 1;
}

export function distanceSlot(distanceLess1: u32): u32 {
  if (distanceLess1 < 2) return distanceLess1;
  const log = 31 - clz(distanceLess1);
  return (log << 1) + ((distanceLess1 >>> (log - 1)) & 1);
}

export function distanceExtraBits(slot: u32): u32 {
  return slot < 2 ? 0 : (slot >>> 1) - 1;
}

/** The code that needs no table in the block (RFC 1951, 3.2.6). */
export function fixedCodeLength(symbol: u32): u32 {
  return symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8;
}
