import { literalCost } from "./deflate-costs";
import { distanceLess1To, hashPlace, keepPosition } from "./deflate-hash";
import { matchLength } from "./deflate-match-length";
import { sequences, shortestMatches } from "./deflate-scratch";
import { countLiteral, countLiterals, endSequences, putMatch, uncountLiteral } from "./deflate-sequences";
import {
  distanceExtraBits,
  distanceSlot,
  distanceSymbols,
  farthestMatch,
  longestMatch,
  searchedAhead,
} from "./deflate-symbols";

/** Of a match, beside its extra bits; in eighths of a bit. */
const matchCost: u32 = 80;
const fewestHashed: u32 = 4;
const mostHashed: u32 = 5;
/** Literals before the finder starts to look only at every second place, third place … */
const patienceBits: u32 = 5;
/** More would miss what repeats behind long noise. */
const mostSkipped: u32 = 31;
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
 * with much noise, where literals have short codes. Arguments as in `findEveryMatch`.
 */
export function findWorthyMatches(
  scratch: usize,
  source: usize,
  start: usize,
  length: u32,
  meanCost: u32,
): void {
  setShortestMatches(scratch, meanCost);
  const hashShift: u64 = 64 - ((<u64>(meanCost < 32 ? mostHashed : fewestHashed)) << 3);
  let sequence = scratch + sequences;
  let literalStart = start;
  let at = start;
  const last = start + length - 1;
  const stop: usize = length < searchedAhead ? 0 : last - searchedAhead;
  while (at <= stop) {
    const word = load<u64>(at);
    const place = hashPlace(scratch, word, hashShift);
    const distanceLess1 = distanceLess1To(place, at);
    keepPosition(place, at);
    if (distanceLess1 < min<u32>(farthestMatch, <u32>(at - source))) {
      let candidate = at - 1 - distanceLess1;
      let matched = <u32>(ctz(load<u64>(candidate) ^ word) >>> 3);
      const slot = distanceSlot(distanceLess1);
      if (matched >= load<u8>(scratch + slot, shortestMatches)) {
        let cost = literalCost(scratch, word, matched);
        if (matched === 8) {
          matched = matchLength(candidate, at, min<u32>(longestMatch, <u32>(last - at)), 8);
          cost = (cost * matched) >>> 3;
        }
        if (cost > matchCost + (distanceExtraBits(slot) << 3)) {
          if (<u32>(at - literalStart) >= patience) {
            // Its beginning may have been skipped.
            while (matched < longestMatch && candidate > source && at > literalStart) {
              if (load<u8>(at - 1) !== load<u8>(candidate - 1)) break;
              at--;
              candidate--;
              matched++;
              uncountLiteral(scratch, load<u8>(at));
            }
          }
          sequence = putMatch(scratch, sequence, <u32>(at - literalStart), matched, distanceLess1, slot);
          at += matched;
          literalStart = at;
          if (at <= stop) keepPosition(hashPlace(scratch, load<u64>(at - 2), hashShift), at - 2);
          continue;
        }
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
