import { findBestMatches } from "./deflate-best-matches";
import { alignBits, outputAddress, startBits } from "./deflate-bits";
import { planBlock, putBlock } from "./deflate-block";
import { clearChains } from "./deflate-chains";
import { costsOfLastBlock, estimateLiteralCosts, setShortestWorthy, sumLiteralCosts } from "./deflate-costs";
import { findEveryMatch } from "./deflate-every-match";
import { nextBlockBytes } from "./deflate-scratch";
import { clearCounts, clearSequences, sequencesEnd } from "./deflate-sequences";
import { longestMatch } from "./deflate-symbols";
import { isWorthyBetter, startTrials, wantsTrial } from "./deflate-trial";

/** By level: how many earlier places are looked at, and the length of a match that is good enough. */
const depths = memory.data<u16>([0, 2, 3, 4, 6, 8, 16, 32, 96, 512]);
const niceLengths = memory.data<u16>([0, 16, 16, 24, 32, 48, 96, 160, 258, 258]);

/** See `Kernels` in ../kernels.ts. */
export function deflateDense(
  source: usize,
  length: u32,
  target: usize,
  capacity: u32,
  scratch: usize,
  level: u32,
): u32 {
  const rank = min<u32>(max<u32>(level, 1), 9) << 1;
  const depth: u32 = load<u16>(depths + rank);
  const nice: u32 = load<u16>(niceLengths + rank);
  startBits(target);
  startTrials();
  const last = source + length - 1;
  let at = source;
  let left = length;
  let hashedBytes: u32 = 4;
  do {
    const part = nextBlockBytes(left);
    clearSequences(scratch);
    clearCounts(scratch);
    let end = at;
    if (part > 0) {
      const meanCost = estimateLiteralCosts(scratch, at, part);
      if (wantsTrial(meanCost)) {
        // The fast finders' codes are the first guess; later blocks go by the one before.
        const isWorthy = isWorthyBetter(scratch, source, at, part, last, meanCost);
        hashedBytes = min<u32>(max<u32>(160 / max<u32>(meanCost, 1), 4), 8);
        if (!isWorthy) {
          clearCounts(scratch);
          findEveryMatch(scratch, source, at, at + min<u32>(part, 16_384), last);
          planBlock(scratch);
        }
        clearChains(scratch, source);
      }
      costsOfLastBlock(scratch);
      sumLiteralCosts(scratch, at, min(left, part + longestMatch));
      setShortestWorthy(scratch, part);
      clearCounts(scratch);
      end = findBestMatches(scratch, source, at, at + part, last, hashedBytes, depth, nice);
    }
    left -= <u32>(end - at);
    planBlock(scratch);
    const room = capacity - <u32>(outputAddress() - target);
    if (!putBlock(scratch, at, end, sequencesEnd(), room, left == 0)) return 0;
    at = end;
  } while (left > 0);
  alignBits();
  return <u32>(outputAddress() - target);
}
