import { planBlock } from "./deflate-block";
import { findEveryMatch } from "./deflate-every-match";
import { restoreHashes, saveHashes } from "./deflate-hash";
import { clearCounts } from "./deflate-sequences";
import { findWorthyMatches } from "./deflate-worthy-matches";

/** On so much of a block both finders are tried. */
const trialBytes: u32 = 16_384;
/** A choice holds while a byte's mean cost stays within so many eighths of a bit. */
const meanCostRange: i32 = 20;
/** The finder of worthy matches is the faster one where both do as well: it may be so many 64ths worse. */
const allowance: u32 = 2;

let blocksPerTrial: u32 = 0;
let blocksLeft: u32 = 0;
let triedMeanCost: i32 = 0;

/** A choice holds for so many blocks at most. */
export function startTrials(blocks: u32): void {
  blocksPerTrial = blocks;
  blocksLeft = 0;
}

/** Whether it is time for another trial: data changes. */
export function wantsTrial(meanCost: u32): bool {
  if (blocksLeft > 0 && abs(<i32>meanCost - triedMeanCost) <= meanCostRange) {
    blocksLeft--;
    return false;
  }
  blocksLeft = blocksPerTrial - 1;
  triedMeanCost = meanCost;
  return true;
}

/**
 * Whether `findWorthyMatches` does better at the beginning of a block than `findEveryMatch`. Which does is not seen
 * from the bytes alone: matches make literals rarer, which makes matches cheaper; both ways there is a balance.
 */
export function isWorthyBetter(
  scratch: usize,
  source: usize,
  start: usize,
  length: u32,
  meanCost: u32,
): bool {
  const tried = min(length, trialBytes);
  saveHashes(scratch);
  clearCounts(scratch);
  findEveryMatch(scratch, source, start, tried);
  const everyBits = planBlock(scratch);
  restoreHashes(scratch);
  clearCounts(scratch);
  findWorthyMatches(scratch, source, start, tried, meanCost);
  const worthyBits = planBlock(scratch);
  restoreHashes(scratch);
  return worthyBits * 64 < everyBits * (64 + allowance);
}
