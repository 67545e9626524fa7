import { copyRun, copyRunSlack } from "./copy-run";
import { matchingBytes } from "./matching-bytes";

/** 4096 positions of 4 bytes, 16 KiB: more of them find little more, and fall out of the nearest cache. */
const hashBits: u64 = 12;
const tableBytes: usize = 1 << 14;
const shortestMatch: u32 = 4;
const farthestOffset: u32 = 65_535;
/** Token, a vector of literals, offset, and the sequence that ends the block. */
const roomForShort: usize = 1 + 16 + 2 + 1 + 5;
/** The format: the last five bytes of a block are literals, and no match begins in its last twelve. */
const lastLiterals: u32 = 5;
const lastMatchStart: usize = 12;
/** The reference implementation's limit too: sizes stay within 31 bits, and sums of them within 32. */
const longestBlock: u32 = 0x7e00_0000;
const longestOutput: u32 = 0x7fff_ffff;
/** After 2⁶ places without a match every second place is tried, after as many more every third, … */
const skipStrength: u32 = 6;

/**
 * One block as the description of LZ4's block format has it (lz4_Block_format.md), found as the reference
 * implementation's fast mode finds it. Returns its bytes, or 0 when `capacity` is too small. The table of addresses
 * stands in the scratch; what is 0 in it is too far away, because the source lies behind the module's own memory. With an
 * `acceleration` above 1 it looks from the beginning at each place only that is so far behind the last, as the reference implementation does.
 */
export function lz4Compress(
  source: usize,
  length: u32,
  target: usize,
  capacity: u32,
  scratch: usize,
  acceleration: u32,
): u32 {
  if (length > longestBlock) return 0;
  const end = source + length;
  const targetEnd = target + min<u32>(capacity, longestOutput);
  if (length <= <u32>lastMatchStart) return lastRun(source, end, target, target, targetEnd);
  memory.fill(scratch, 0, tableBytes);
  const afterLastStart = end - lastMatchStart + 1;
  const lastVector = end - 16;
  const matchEnd = end - lastLiterals;
  const firstTries = max<u32>(acceleration, 1) << skipStrength;
  let to = target;
  let literals = source;
  store<u32>(slotOf(load<u64>(source), scratch), source);
  let place = source + 1;
  do {
    let match: usize = 0;
    let next = place;
    let nextSlot = slotOf(load<u64>(place), scratch);
    let tries = firstTries;
    // Conditions stand nested and not joined by &&: so V8 makes each one branch.
    while (true) {
      place = next;
      const slot = nextSlot;
      const step = tries++ >> skipStrength;
      if (afterLastStart - place < step) return lastRun(literals, end, target, to, targetEnd);
      next = place + step;
      nextSlot = slotOf(load<u64>(next), scratch);
      match = load<u32>(slot);
      store<u32>(slot, place);
      if (place - match <= farthestOffset) if (load<u32>(match) === load<u32>(place)) break;
    }
    while (place !== literals) {
      if (match === source) break;
      if (load<u8>(match - 1) !== load<u8>(place - 1)) break;
      match--;
      place--;
    }

    const run = <u32>(place - literals);
    let token = to;
    let tokenBits = run << 4;
    if (run < 15 && literals <= lastVector && targetEnd - to >= roomForShort) {
      v128.store(to, v128.load(literals), 1);
      to += 1 + run;
    } else {
      tokenBits = min<u32>(run, 15) << 4;
      to = writeLiterals(literals, run, end, to, targetEnd);
      if (to === 0) return 0;
    }

    while (true) {
      // Most matches are short: the first eight bytes, which are still the source's, are looked at here.
      const difference = load<u64>(match, shortestMatch) ^ load<u64>(place, shortestMatch);
      const extra =
        difference !== 0
          ? min<u32>(<u32>(ctz(difference) >> 3), <u32>(matchEnd - place) - shortestMatch)
          : matchingBytes(match + shortestMatch, place + shortestMatch, matchEnd);
      if (targetEnd - to < 2 + 1 + lastLiterals) return 0;
      store<u16>(to, <u16>(place - match));
      to += 2;
      if (extra < 15) store<u8>(token, tokenBits | extra);
      else {
        store<u8>(token, tokenBits | 15);
        if (targetEnd - to < lengthBytes(extra) + 1 + lastLiterals) return 0;
        to = writeLength(to, extra - 15);
      }
      place += shortestMatch + extra;
      literals = place;
      if (place >= afterLastStart) break;
      store<u32>(slotOf(load<u64>(place - 2), scratch), place - 2);
      const slot = slotOf(load<u64>(place), scratch);
      match = load<u32>(slot);
      store<u32>(slot, place);
      if (place - match > farthestOffset) break;
      if (load<u32>(match) !== load<u32>(place)) break;
      // Above, room was left for the token and the literals behind it.
      token = to++;
      tokenBits = 0;
    }
    place++;
  } while (place < afterLastStart);
  return lastRun(literals, end, target, to, targetEnd);
}

/** By the first five of the bytes: the multiplier of the reference implementation. */
function slotOf(bytes: u64, table: usize): usize {
  return table + ((<usize>(((bytes << 24) * 889_523_592_379) >> (64 - hashBits))) << 2);
}

/** Bytes that a length takes beside its four bits in the token. */
function lengthBytes(length: u32): u32 {
  return length < 15 ? 0 : 1 + (length - 15) / 255;
}

function writeLength(to: usize, rest: u32): usize {
  while (rest >= 255) {
    store<u8>(to++, 255);
    rest -= 255;
  }
  store<u8>(to, rest);
  return to + 1;
}

/** Leaves a byte for the token, and writes length and literals; returns where to go on, or 0 without room. */
function writeLiterals(literals: usize, run: u32, end: usize, to: usize, targetEnd: usize): usize {
  // Behind this sequence there is one more, of a token and the last literals at least.
  if (targetEnd - to < 1 + lengthBytes(run) + run + 2 + 1 + lastLiterals) return 0;
  to++;
  if (run >= 15) to = writeLength(to, run - 15);
  if (run > 16 && end - literals >= run + copyRunSlack && targetEnd - to >= run + copyRunSlack)
    copyRun(to, literals, run);
  else memory.copy(to, literals, run);
  return to + run;
}

/** The literals at the end of a block; returns the bytes of all of it. */
function lastRun(literals: usize, end: usize, target: usize, to: usize, targetEnd: usize): u32 {
  const run = <u32>(end - literals);
  if (targetEnd - to < 1 + lengthBytes(run) + run) return 0;
  store<u8>(to++, min<u32>(run, 15) << 4);
  if (run >= 15) to = writeLength(to, run - 15);
  memory.copy(to, literals, run);
  return <u32>(to + run - target);
}
