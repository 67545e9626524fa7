import { bestDistanceLess1, bestLength, chainPosition, findBest } from "./deflate-chains";
import { sequences } from "./deflate-scratch";
import { countLiteral, countLiterals, endSequences, putMatch } from "./deflate-sequences";
import { distanceSlot, longestMatch, searchedAhead } from "./deflate-symbols";

/**
 * Takes of the matches at each place the one that saves most, unless one at the next place saves more. The costs of
 * literals and matches are set. The other arguments as in `findEveryMatch`.
 */
export function findBestMatches(
  scratch: usize,
  source: usize,
  start: usize,
  length: u32,
  hashedBytes: u32,
  depth: u32,
  nice: u32,
): void {
  const hashShift: u64 = 64 - ((<u64>hashedBytes) << 3);
  let sequence = scratch + sequences;
  let literalStart = start;
  let at = start;
  const last = start + length - 1;
  const stop: usize = length < searchedAhead ? 0 : last - searchedAhead;
  while (at <= stop) {
    const literals = <u32>(at - literalStart);
    const patientDepth = max<u32>(depth >>> min<u32>(literals >>> 4, 8), 1);
    const longestHere = min<u32>(longestMatch, <u32>(last - at));
    let sums = scratch + ((<u32>(at - start)) << 2);
    let saved = findBest(scratch, source, at, sums, longestHere, patientDepth, nice, hashShift);
    if (saved === 0) {
      countLiteral(scratch, load<u8>(at), at);
      at++;
      for (let skipped = min<u32>(literals >>> 6, 7); skipped > 0 && at <= stop; skipped--) {
        chainPosition(scratch, at, hashShift);
        countLiteral(scratch, load<u8>(at), at);
        at++;
      }
      continue;
    }
    let matched = bestLength();
    let distanceLess1 = bestDistanceLess1();
    let chained = at + 1;
    while (matched < nice && at < stop) {
      sums += 4;
      const longest = min<u32>(longestMatch, <u32>(last - at - 1));
      const next = findBest(scratch, source, at + 1, sums, longest, depth >>> 1, nice, hashShift);
      chained = at + 2;
      if (next <= saved) break;
      countLiteral(scratch, load<u8>(at), at);
      at++;
      saved = next;
      matched = bestLength();
      distanceLess1 = bestDistanceLess1();
    }
    const slot = distanceSlot(distanceLess1);
    sequence = putMatch(scratch, sequence, <u32>(at - literalStart), matched, distanceLess1, slot);
    at += matched;
    literalStart = at;
    for (const end = min(at, stop + 1); chained < end; chained++) chainPosition(scratch, chained, hashShift);
  }
  endSequences(sequence);
  countLiterals(scratch, at, <u32>(last + 1 - at));
}
