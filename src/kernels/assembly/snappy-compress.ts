import { copyRun, copyRunSlack } from "./copy-run";
import { matchingBytes } from "./matching-bytes";

/** The source is compressed in fragments that know nothing of one another, so that positions fit into 16 bits. */
const fragmentBytes: u32 = 65_536;
const smallestTableBits: u32 = 8;
const largestTableBits: u32 = 14;
const shortestMatch: u32 = 4;
/** Nothing begins so near a fragment's end, so that eight bytes can be read at once. */
const margin: u32 = 15;
/**
 * 2 to this power places without a match are tried one by one; then the steps grow with the way that was gone. The library
 * has 5, which is up to a quarter slower where little matches, and 1 % smaller.
 */
const skipStrength: u32 = 4;
/**
 * Of a plane of noise: the bytes at a fragment's beginning that fill the table, those by which it is then judged whether
 * searching is worth the time, and those that are passed over when it is not, before it is judged again.
 */
const leadInBytes: u32 = 4096;
const judgedBytes: u32 = 4096;
const passedBytes: u32 = 28_672;
/** Noise of few values shrinks by a fifth in short matches, and takes eight times as long as bytes without any. */
const worthwhileQuarters: usize = 3;

/** Sizes stay within 31 bits, and sums of them within 32. */
const longestBlock: u32 = 0x7e00_0000;
const longestOutput: u32 = 0x7fff_ffff;
/** A tag and a vector of literals. */
const roomForShort: usize = 1 + 16;
/** The longest copy of one tag. */
const longestCopy: u32 = 64;

/**
 * The length, and then literals and copies, as Snappy's description of its format has them. Returns the bytes, or 0 when
 * `capacity` is too small. The table of positions, 32 KiB, stands in the scratch. With `passesNoise`, places that shrink by
 * less than a quarter are found by samples and stay as they are.
 */
export function snappyCompress(
  source: usize,
  length: u32,
  target: usize,
  capacity: u32,
  scratch: usize,
  passesNoise: bool,
): u32 {
  if (length > longestBlock || capacity === 0) return 0;
  const targetEnd = target + min<u32>(capacity, longestOutput);
  let to = target;
  let rest = length;
  while (rest >= 128) {
    store<u8>(to++, rest | 128);
    if (to === targetEnd) return 0;
    rest >>= 7;
  }
  store<u8>(to++, rest);
  for (let at: u32 = 0; at < length; ) {
    const bytes = min<u32>(fragmentBytes, length - at);
    to = compressFragment(source + at, bytes, to, targetEnd, scratch, passesNoise);
    if (to === 0) return 0;
    at += bytes;
  }
  return <u32>(to - target);
}

/** Returns where to go on, or 0 without room, as all functions below. */
function compressFragment(
  source: usize,
  length: u32,
  to: usize,
  targetEnd: usize,
  scratch: usize,
  passesNoise: bool,
): usize {
  const end = source + length;
  let literals = source;
  if (length < margin) return writeLiterals(literals, length, end, to, targetEnd);
  const tableBits = min<u32>(max<u32>(32 - clz(length - 1), smallestTableBits), largestTableBits);
  const shift = 32 - tableBits;
  memory.fill(scratch, 0, 2 << tableBits);
  const limit = end - margin;
  let place = source + 1;
  let judgeAt = passesNoise ? source + leadInBytes : end;
  let judgedFrom: usize = 0;
  let writtenBefore: usize = 0;
  while (true) {
    if (place >= judgeAt) {
      // As if the literals in front of the place were written.
      const written = to + (place - literals);
      if (judgedFrom !== 0 && (written - writtenBefore) * 4 > (place - judgedFrom) * worthwhileQuarters)
        place = min<usize>(place + passedBytes, limit + 1);
      judgedFrom = place;
      judgeAt = place + judgedBytes;
      writtenBefore = to + (place - literals);
    }
    let match: usize = 0;
    let next = place;
    let nextSlot: usize = 0;
    let skip: u32 = 1 << skipStrength;
    if (place > limit) break;
    nextSlot = slotOf(load<u32>(place), shift, scratch);
    // Conditions stand nested and not joined by &&: so V8 makes each one branch.
    while (true) {
      place = next;
      const slot = nextSlot;
      const step = skip >> skipStrength;
      skip += step;
      if (limit - place < step) return writeLiterals(literals, <u32>(end - literals), end, to, targetEnd);
      next = place + step;
      nextSlot = slotOf(load<u32>(next), shift, scratch);
      match = source + load<u16>(slot);
      store<u16>(slot, <u16>(place - source));
      if (load<u32>(match) === load<u32>(place)) break;
    }
    const run = <u32>(place - literals);
    // There is one literal at least, and so a whole vector in front of the margin's end.
    if (run <= 16 && targetEnd - to >= roomForShort) {
      store<u8>(to, (run - 1) << 2);
      v128.store(to, v128.load(literals), 1);
      to += 1 + run;
    } else {
      to = writeLiterals(literals, run, end, to, targetEnd);
      if (to === 0) return 0;
    }
    while (true) {
      const difference = load<u64>(match, shortestMatch) ^ load<u64>(place, shortestMatch);
      const bytes =
        shortestMatch +
        (difference !== 0
          ? <u32>(ctz(difference) >> 3)
          : matchingBytes(match + shortestMatch, place + shortestMatch, end));
      to = writeCopy(<u32>(place - match), bytes, to, targetEnd);
      if (to === 0) return 0;
      place += bytes;
      literals = place;
      if (place >= limit) break;
      const slot = slotOf(load<u32>(place), shift, scratch);
      match = source + load<u16>(slot);
      store<u16>(slot, <u16>(place - source));
      if (load<u32>(match) !== load<u32>(place)) break;
    }
    place++;
  }
  return writeLiterals(literals, <u32>(end - literals), end, to, targetEnd);
}

function slotOf(bytes: u32, shift: u32, table: usize): usize {
  return table + (((bytes * 0x1e35_a7bd) >> shift) << 1);
}

function writeLiterals(literals: usize, run: u32, end: usize, to: usize, targetEnd: usize): usize {
  if (run === 0) return to;
  const lengthMinusOne = run - 1;
  const tagBytes: u32 = lengthMinusOne < 60 ? 1 : lengthMinusOne < 256 ? 2 : 3;
  if (targetEnd - to < tagBytes + run) return 0;
  if (tagBytes === 1) store<u8>(to, lengthMinusOne << 2);
  else {
    store<u8>(to, (58 + tagBytes) << 2);
    if (tagBytes === 2) store<u8>(to, lengthMinusOne, 1);
    else store<u16>(to, lengthMinusOne, 1);
  }
  to += tagBytes;
  if (run > 16 && end - literals >= run + copyRunSlack && targetEnd - to >= run + copyRunSlack)
    copyRun(to, literals, run);
  else memory.copy(to, literals, run);
  return to + run;
}

/** A match as copies of at most 64 bytes; none is left that is too short for one. */
function writeCopy(offset: u32, bytes: u32, to: usize, targetEnd: usize): usize {
  while (bytes > longestCopy) {
    if (targetEnd - to < 3) return 0;
    const part: u32 = bytes >= longestCopy + shortestMatch ? longestCopy : longestCopy - shortestMatch;
    store<u8>(to, ((part - 1) << 2) | 2);
    store<u16>(to, offset, 1);
    to += 3;
    bytes -= part;
  }
  // A copy near by has two bytes, others three. Which it is cannot be foreseen, so it is no branch.
  if (targetEnd - to < 4) return writeLastCopy(offset, bytes, to, targetEnd);
  const isFar = <u32>((<i32>(2047 - offset) | <i32>(11 - bytes)) >> 31);
  const near = 1 | ((bytes - 4) << 2) | ((offset >> 8) << 5) | ((offset & 255) << 8);
  const far = 2 | ((bytes - 1) << 2) | (offset << 8);
  store<u32>(to, near ^ ((near ^ far) & isFar));
  return to + 2 + (isFar & 1);
}

/** Where four bytes cannot be written at once. */
function writeLastCopy(offset: u32, bytes: u32, to: usize, targetEnd: usize): usize {
  if (bytes < 12 && offset < 2048) {
    if (targetEnd - to < 2) return 0;
    store<u8>(to, ((offset >> 8) << 5) | ((bytes - 4) << 2) | 1);
    store<u8>(to, offset, 1);
    return to + 2;
  }
  if (targetEnd - to < 3) return 0;
  store<u8>(to, ((bytes - 1) << 2) | 2);
  store<u16>(to, offset, 1);
  return to + 3;
}
