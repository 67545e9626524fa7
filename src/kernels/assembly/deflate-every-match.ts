import { distanceLess1To, hashPlace, keepPosition } from "./deflate-hash";
import { matchLength } from "./deflate-match-length";
import { sequences } from "./deflate-scratch";
import { countLiteral, countLiterals, endSequences, putMatch } from "./deflate-sequences";
import { distanceSlot, farthestMatch, longestMatch } from "./deflate-symbols";

/** Eight bytes are loaded of which so many are hashed. */
const hashShift: u64 = 24;
const shortestTaken: u32 = 5;
/** Farther ones have to be longer. */
const farSlot: u32 = 26;
/** Literals before the finder starts to look only at every second place, third place … */
const patienceBits: u32 = 7;

/**
 * Takes the latest place that begins with the same four bytes, wherever there is one: for data with much in it that
 * repeats. `last` is the last byte of the source. Returns where the block ends: at `blockEnd`, or where the match ends
 * that passes it.
 */
export function findEveryMatch(
  scratch: usize,
  source: usize,
  blockStart: usize,
  blockEnd: usize,
  last: usize,
): usize {
  let sequence = scratch + sequences;
  let literalStart = blockStart;
  let at = blockStart;
  // A match ends before the last byte of the source, so that no address passes the end of the memory.
  const stop: usize = last - source < 16 ? 0 : min(blockEnd - 1, last - 16);
  while (at <= stop) {
    const word = load<u64>(at);
    const place = hashPlace(scratch, word, hashShift);
    const distanceLess1 = distanceLess1To(place, at);
    keepPosition(place, at);
    if (distanceLess1 < min<u32>(farthestMatch, <u32>(at - source))) {
      const candidate = at - 1 - distanceLess1;
      let length = <u32>(ctz(load<u64>(candidate) ^ word) >>> 3);
      const slot = distanceSlot(distanceLess1);
      if (length >= shortestTaken + u32(slot >= farSlot)) {
        if (length == 8) length = matchLength(candidate, at, min<u32>(longestMatch, <u32>(last - at)), 8);
        sequence = putMatch(scratch, sequence, <u32>(at - literalStart), length, distanceLess1, slot);
        literalStart = at + length;
        if (literalStart <= stop) {
          keepPosition(hashPlace(scratch, load<u64>(at + 1), hashShift), at + 1);
          keepPosition(hashPlace(scratch, load<u64>(at + 2), hashShift), at + 2);
          keepPosition(hashPlace(scratch, load<u64>(literalStart - 2), hashShift), literalStart - 2);
          keepPosition(hashPlace(scratch, load<u64>(literalStart - 1), hashShift), literalStart - 1);
        }
        at = literalStart;
        continue;
      }
    }
    countLiteral(scratch, <usize>word & 0xff, at);
    at++;
    const skipped = min(<u32>(at - literalStart) >>> patienceBits, <u32>(blockEnd - at));
    if (skipped > 0) {
      countLiterals(scratch, at, skipped);
      at += skipped;
    }
  }
  endSequences(sequence);
  if (<i32>(blockEnd - at) <= 0) return at;
  countLiterals(scratch, at, <u32>(blockEnd - at));
  return blockEnd;
}
