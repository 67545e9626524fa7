import { literalCost } from "./deflate-costs";
import { distanceLess1To, hashPlace, keepPosition } from "./deflate-hash";
import { matchLength } from "./deflate-match-length";
import { sequences, shortestMatches } from "./deflate-scratch";
import { countLiteral, countLiterals, endSequences, putMatch, uncountLiteral } from "./deflate-sequences";
import { distanceExtraBits, distanceSlot, distanceSymbols, farthestMatch, longestMatch } from "./deflate-symbols";

/** Of a match, beside its extra bits; in eighths of a bit. */
const matchCost: u32 = 80;
const fewestHashed: u32 = 4;
const mostHashed: u32 = 5;
/** Literals before the finder starts to look only at every second place, third place … */
const patienceBits: u32 = 5;
const patience: u32 = 1 << patienceBits;

/** By distance slot: the length below which a match of average bytes is not worth its bits; 8 stands for 8 and more. */
function setShortestMatches(scratch: usize, meanCost: u32): void {
  for (let slot: u32 = 0; slot < distanceSymbols; slot++) {
    const length = (matchCost + (distanceExtraBits(slot) << 3)) / max<u32>(meanCost, 1);
    store<u8>(scratch + slot, <u8>min<u32>(max(length, fewestHashed), 8), shortestMatches);
  }
}

/**
 * Takes the latest place that begins with the same bytes where that is cheaper than the literals it replaces: for data
 * with much noise, where literals have short codes. Arguments and result as in `findEveryMatch`.
 */
export function findWorthyMatches(
  scratch: usize,
  source: usize,
  blockStart: usize,
  blockEnd: usize,
  last: usize,
  meanCost: u32,
): usize {
  setShortestMatches(scratch, meanCost);
  const hashShift: u64 = 64 - (<u64>(meanCost < 32 ? mostHashed : fewestHashed) << 3);
  let sequence = scratch + sequences;
  let literalStart = blockStart;
  let at = blockStart;
  const stop: usize = last - source < 16 ? 0 : min(blockEnd - 1, last - 16);
  while (at <= stop) {
    const word = load<u64>(at);
    const place = hashPlace(scratch, word, hashShift);
    const distanceLess1 = distanceLess1To(place, at);
    keepPosition(place, at);
    if (distanceLess1 < min<u32>(farthestMatch, <u32>(at - source))) {
      let candidate = at - 1 - distanceLess1;
      let length = <u32>(ctz(load<u64>(candidate) ^ word) >>> 3);
      const slot = distanceSlot(distanceLess1);
      if (length >= load<u8>(scratch + slot, shortestMatches)) {
        let cost = literalCost(scratch, word, length);
        if (length == 8) {
          length = matchLength(candidate, at, min<u32>(longestMatch, <u32>(last - at)), 8);
          cost = (cost * length) >>> 3;
        }
        if (cost > matchCost + (distanceExtraBits(slot) << 3)) {
          if (<u32>(at - literalStart) >= patience) {
            // Its beginning may have been skipped.
            while (length < longestMatch && candidate > source && at > literalStart) {
              if (load<u8>(at - 1) != load<u8>(candidate - 1)) break;
              at--;
              candidate--;
              length++;
              uncountLiteral(scratch, load<u8>(at));
            }
          }
          sequence = putMatch(scratch, sequence, <u32>(at - literalStart), length, distanceLess1, slot);
          at += length;
          literalStart = at;
          if (at <= stop) keepPosition(hashPlace(scratch, load<u64>(at - 2), hashShift), at - 2);
          continue;
        }
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
