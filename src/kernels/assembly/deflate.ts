import { alignBits, outputAddress, startBits } from "./deflate-bits";
import { planBlock, putBlock } from "./deflate-block";
import { estimateLiteralCosts } from "./deflate-costs";
import { findEveryMatch } from "./deflate-every-match";
import { clearHashes } from "./deflate-hash";
import { nextBlockBytes } from "./deflate-scratch";
import { clearCounts, clearSequences, sequencesEnd } from "./deflate-sequences";
import { isWorthyBetter, startTrials, wantsTrial } from "./deflate-trial";
import { findWorthyMatches } from "./deflate-worthy-matches";

/** See `Kernels` in ../kernels.ts. */
export function deflateFast(source: usize, length: u32, target: usize, capacity: u32, scratch: usize): u32 {
  startBits(target);
  startTrials();
  clearHashes(scratch, source);
  const last = source + length - 1;
  let at = source;
  let left = length;
  let isWorthy = false;
  do {
    const part = nextBlockBytes(left);
    clearSequences(scratch);
    clearCounts(scratch);
    let end = at;
    if (part > 0) {
      const meanCost = estimateLiteralCosts(scratch, at, part);
      if (wantsTrial(meanCost)) isWorthy = isWorthyBetter(scratch, source, at, part, last, meanCost);
      clearCounts(scratch);
      end = isWorthy
        ? findWorthyMatches(scratch, source, at, at + part, last, meanCost)
        : findEveryMatch(scratch, source, at, at + part, last);
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
