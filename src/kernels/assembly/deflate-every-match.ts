import { distanceLess1To, hashPlace, keepPosition } from "./deflate-hash";
import { matchLength } from "./deflate-match-length";
import { sequences } from "./deflate-scratch";
import { countLiteral, countLiterals, endSequences, putMatch } from "./deflate-sequences";
import { distanceSlot, farthestMatch, longestMatch, searchedAhead } from "./deflate-symbols";

/** Five of eight loaded bytes are hashed: with four, shorter matches hide longer ones. */
const hashShift: u64 = 24;
const shortestTaken: u32 = 5;
/** Farther ones have to be longer. */
const farSlot: u32 = 26;
/** Literals before the finder starts to look only at every second place, third place … */
const patienceBits: u32 = 7;
/** More would miss what repeats behind long noise. */
const mostSkipped: u32 = 31;

/**
 * Takes the latest place that begins with the same five bytes, wherever there is one: for data in which much repeats.
 * Matches go back to `source` at most; the block is the `length` bytes from `start`, and nothing behind it is read.
 */
export function findEveryMatch(scratch: usize, source: usize, start: usize, length: u32): void {
  let sequence = scratch + sequences;
  let literalStart = start;
  let at = start;
  // A match ends before the last byte, so that no address passes the end of the memory.
  const last = start + length - 1;
  const stop: usize = length < searchedAhead ? 0 : last - searchedAhead;
  while (at <= stop) {
    const word = load<u64>(at);
    const place = hashPlace(scratch, word, hashShift);
    const distanceLess1 = distanceLess1To(place, at);
    keepPosition(place, at);
    if (distanceLess1 < min<u32>(farthestMatch, <u32>(at - source))) {
      const candidate = at - 1 - distanceLess1;
      let matched = <u32>(ctz(load<u64>(candidate) ^ word) >>> 3);
      const slot = distanceSlot(distanceLess1);
      if (matched >= shortestTaken + u32(slot >= farSlot)) {
        if (matched === 8) matched = matchLength(candidate, at, min<u32>(longestMatch, <u32>(last - at)), 8);
        sequence = putMatch(scratch, sequence, <u32>(at - literalStart), matched, distanceLess1, slot);
        literalStart = at + matched;
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
    const skipped = min(min(<u32>(at - literalStart) >>> patienceBits, mostSkipped), <u32>(last - at));
    if (skipped > 0) {
      countLiterals(scratch, at, skipped);
      at += skipped;
    }
  }
  endSequences(sequence);
  countLiterals(scratch, at, <u32>(last + 1 - at));
}
