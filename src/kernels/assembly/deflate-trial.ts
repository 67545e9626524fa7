import { planBlock } from "./deflate-block";
import { findEveryMatch } from "./deflate-every-match";
import { clearCounts } from "./deflate-sequences";
import { findWorthyMatches } from "./deflate-worthy-matches";

/** On so much of a block both finders are tried. */
const trialBytes: u32 = 8_192;
/** A choice holds for so many blocks, and while a byte's mean cost stays within so many eighths of a bit. */
const blocksPerTrial: u32 = 8;
const meanCostRange: i32 = 20;
/** The finder of worthy matches is the faster one where both do as well: it may be so many 64ths worse. */
const allowance: u64 = 2;

let blocksLeft: u32 = 0;
let triedMeanCost: i32 = 0;

export function startTrials(): void {
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
  last: usize,
  meanCost: u32,
): bool {
  const end = start + min(length, trialBytes);
  clearCounts(scratch);
  const everyEnd = findEveryMatch(scratch, source, start, end, last);
  const everyBits: u64 = planBlock(scratch);
  clearCounts(scratch);
  const worthyEnd = findWorthyMatches(scratch, source, start, end, last, meanCost);
  const worthyBits: u64 = planBlock(scratch);
  // The one that came farther may take more bits.
  return worthyBits * 64 * <u64>(everyEnd - start) < everyBits * (64 + allowance) * <u64>(worthyEnd - start);
}
