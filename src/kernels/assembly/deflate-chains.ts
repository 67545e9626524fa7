import { matchLength } from "./deflate-match-length";
import {
  chainTable,
  costSums,
  distanceCosts,
  hashTable,
  lengthCosts,
  shortestMatches,
} from "./deflate-scratch";
import { distanceSlot, farthestMatch } from "./deflate-symbols";

// Positions with the same hash, chained from the latest to the first in the window; all modulo 2^16.
const hashBits: u32 = 15;
const multiplier: u64 = (0x9e37_79b9 << 32) | 0x7f4a_7c15;

/** At the start all positions are `source`. */
export function clearChains(scratch: usize, source: usize): void {
  const first = i16x8.splat(<i16>source);
  for (let at: usize = 0; at < 0x2_0000; at += 16) v128.store(scratch + at, first, hashTable);
}

/** Puts `at` in front of its chain; returns what was there. */
export function chainPosition(scratch: usize, at: usize, hashShift: u64): u32 {
  const place = scratch + ((<usize>(((load<u64>(at) << hashShift) * multiplier) >>> (64 - hashBits))) << 1);
  const latest = load<u16>(place, hashTable);
  store<u16>(place, <u16>at, hashTable);
  store<u16>(scratch + ((at & 0x7fff) << 1), latest, chainTable);
  return latest;
}

let length: u32 = 0;
let distanceLess1: u32 = 0;

/** Of the match that was found last. */
export function bestLength(): u32 {
  return length;
}

export function bestDistanceLess1(): u32 {
  return distanceLess1;
}

/**
 * Chains `at` and looks at up to `depth` earlier places for the match that saves most. Returns by how much it is
 * cheaper than its literals; 0 when there is none. At least 8 bytes follow `at`; a match has at most `longest`, and one
 * of `nice` is good enough. `sums` is where the costs of literals start to count for `at`.
 */
export function findBest(
  scratch: usize,
  source: usize,
  at: usize,
  sums: usize,
  longest: u32,
  depth: u32,
  nice: u32,
  hashShift: u64,
): i32 {
  let latest = chainPosition(scratch, at, hashShift);
  const reach = min<u32>(farthestMatch, <u32>(at - source));
  const before = load<u32>(sums, costSums);
  const word = load<u64>(at);
  let best: i32 = 0;
  let found: u32 = 3;
  let last: i32 = -1;
  for (let left = depth; left > 0; left--) {
    const distance = <u32>(at - latest - 1) & 0xffff;
    if (distance >= reach || <i32>distance <= last) break;
    last = distance;
    const candidate = at - 1 - distance;
    const slot = distanceSlot(distance);
    found = max(found, <u32>load<u8>(scratch + slot, shortestMatches) - 1);
    // Only what is longer than the best may be better: farther ones cost more.
    if (load<u32>(candidate + found - 3) === load<u32>(at + found - 3)) {
      const difference = load<u64>(candidate) ^ word;
      const here = difference !== 0 ? <u32>(ctz(difference) >>> 3) : matchLength(candidate, at, longest, 8);
      if (here > found) {
        const saved =
          <i32>(load<u32>(sums + (here << 2), costSums) - before) -
          <i32>load<u8>(scratch + here - 3, lengthCosts) -
          <i32>load<u8>(scratch + slot, distanceCosts);
        if (saved > best) {
          best = saved;
          found = here;
          length = here;
          distanceLess1 = distance;
          if (here >= nice) break;
        }
      }
    }
    latest = load<u16>(scratch + ((candidate & 0x7fff) << 1), chainTable);
  }
  return best;
}
