import { hashTable, savedHashTable } from "./deflate-scratch";

const hashBits: u32 = 15;
const multiplier: u64 = (0x9e37_79b9 << 32) | 0x7f4a_7c15;

/** Positions are kept modulo 2^16; at the start all of them say `source`. */
export function clearHashes(scratch: usize, source: usize): void {
  const first = i16x8.splat(<i16>source);
  for (let at: usize = 0; at < 2 << hashBits; at += 16) v128.store(scratch + at, first, hashTable);
}

/** Where the position of what begins like `word` is kept; `shift` drops the bytes that do not count. */
export function hashPlace(scratch: usize, word: u64, shift: u64): usize {
  return scratch + ((<usize>(((word << shift) * multiplier) >>> (64 - hashBits))) << 1);
}

/** How far back the position at `place` is, less 1; it may be any 16-bit number: what is there has to be compared. */
export function distanceLess1To(place: usize, at: usize): u32 {
  return <u32>(at - <usize>load<u16>(place, hashTable) - 1) & 0xffff;
}

export function keepPosition(place: usize, at: usize): void {
  store<u16>(place, <u16>at, hashTable);
}

/** For a trial, which must find what the block will find. */
export function saveHashes(scratch: usize): void {
  memory.copy(scratch + savedHashTable, scratch + hashTable, 2 << hashBits);
}

export function restoreHashes(scratch: usize): void {
  memory.copy(scratch + hashTable, scratch + savedHashTable, 2 << hashBits);
}
