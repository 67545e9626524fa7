import { alignBits, outputAddress, startBits } from "./deflate-bits";
import { planBlock, putBlock } from "./deflate-block";
import { estimateLiteralCosts } from "./deflate-costs";
import { findEveryMatch } from "./deflate-every-match";
import { clearHashes } from "./deflate-hash";
import { sampleBlock } from "./deflate-sample";
import { clearCounts, clearSequences, sequencesEnd } from "./deflate-sequences";
import { isWorthyBetter, startTrials, wantsTrial } from "./deflate-trial";
import { findWorthyMatches } from "./deflate-worthy-matches";

const blocksPerTrial: u32 = 16;

/** See `Kernels` in ../kernels.ts. */
export function deflateFast(source: usize, length: u32, target: usize, capacity: u32, scratch: usize): u32 {
  startBits(target);
  startTrials(blocksPerTrial);
  clearHashes(scratch, source);
  let at = source;
  let left = length;
  let isWorthy = false;
  do {
    const part = sampleBlock(scratch, at, left);
    if (part > 0) {
      const meanCost = estimateLiteralCosts(scratch);
      if (wantsTrial(meanCost)) isWorthy = isWorthyBetter(scratch, source, at, part, meanCost);
      clearCounts(scratch);
      if (isWorthy) findWorthyMatches(scratch, source, at, part, meanCost);
      else findEveryMatch(scratch, source, at, part);
    } else {
      clearCounts(scratch);
      clearSequences(scratch);
    }
    left -= part;
    planBlock(scratch);
    const room = capacity - <u32>(outputAddress() - target);
    if (!putBlock(scratch, at, part, sequencesEnd(), room, left === 0)) return 0;
    at += part;
  } while (left > 0);
  alignBits();
  return <u32>(outputAddress() - target);
}
