import { findBestMatches } from "./deflate-best-matches";
import { alignBits, outputAddress, startBits } from "./deflate-bits";
import { planBlock, putBlock } from "./deflate-block";
import { clearChains } from "./deflate-chains";
import { costsOfLastBlock, estimateLiteralCosts, setShortestWorthy, sumLiteralCosts } from "./deflate-costs";
import { findEveryMatch } from "./deflate-every-match";
import { clearHashes } from "./deflate-hash";
import { sampleBlock } from "./deflate-sample";
import { clearCounts, clearSequences, sequencesEnd } from "./deflate-sequences";
import { isWorthyBetter, startTrials, wantsTrial } from "./deflate-trial";

/** By level: how many earlier places are looked at, and the length of a match that is good enough. */
const depths = memory.data<u16>([0, 2, 3, 4, 6, 8, 16, 32, 96, 512]);
const niceLengths = memory.data<u16>([0, 16, 16, 24, 32, 48, 96, 160, 258, 258]);
/** For the first guess of what symbols cost. */
const firstGuessBytes: u32 = 16_384;

/** Longer than in the fast one: a guess is worse than the costs of the block before. */
const blocksPerTrial: u32 = 32;
/** Bytes that cost so much together, in eighths of a bit, are hashed: shorter matches are not worth their bits. */
const hashedCost: u32 = 160;

/** Plans the beginning of a block as the better of the fast finders would have it. */
function guessCodes(scratch: usize, source: usize, start: usize, length: u32, meanCost: u32): void {
  clearHashes(scratch, source);
  if (isWorthyBetter(scratch, source, start, length, meanCost)) return;
  clearCounts(scratch);
  findEveryMatch(scratch, source, start, min(length, firstGuessBytes));
  planBlock(scratch);
}

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
  startTrials(blocksPerTrial);
  let at = source;
  let left = length;
  let hashedBytes: u32 = 4;
  do {
    const part = sampleBlock(scratch, at, left);
    if (part > 0) {
      const meanCost = estimateLiteralCosts(scratch);
      if (wantsTrial(meanCost)) {
        guessCodes(scratch, source, at, part, meanCost);
        clearChains(scratch, source);
        hashedBytes = min<u32>(max<u32>(hashedCost / max<u32>(meanCost, 1), 4), 8);
      }
      costsOfLastBlock(scratch);
      sumLiteralCosts(scratch, at, part);
      setShortestWorthy(scratch, part);
      clearCounts(scratch);
      findBestMatches(scratch, source, at, part, hashedBytes, depth, nice);
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
