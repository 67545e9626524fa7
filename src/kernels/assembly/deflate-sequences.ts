import { allCountsBytes, distanceCounts, lengthCounts, literalCounts, sequences } from "./deflate-scratch";

// What a match finder found of a block: its matches in a list, its symbols counted.

let end: usize = 0;

/** Behind the last match. */
export function sequencesEnd(): usize {
  return end;
}

export function endSequences(address: usize): void {
  end = address;
}

export function clearCounts(scratch: usize): void {
  memory.fill(scratch + literalCounts, 0, allCountsBytes);
}

/** For a block of which nothing is known: no match. */
export function clearSequences(scratch: usize): void {
  end = scratch + sequences;
}

/** In turn into four tables: a byte that repeats does not wait for its own count. */
export function countLiteral(scratch: usize, byte: usize, at: usize): void {
  const counter = scratch + (byte << 2) + ((at & 3) << 10);
  store<u32>(counter, load<u32>(counter, literalCounts) + 1, literalCounts);
}

export function countLiterals(scratch: usize, from: usize, literals: u32): void {
  let at = from;
  let left = literals;
  for (; left >= 8; left -= 8) {
    const word = load<u64>(at);
    for (let byte = 0; byte < 8; byte++) {
      const counter = scratch + ((<usize>(word >>> (byte << 3)) & 0xff) << 2) + ((byte & 3) << 10);
      store<u32>(counter, load<u32>(counter, literalCounts) + 1, literalCounts);
    }
    at += 8;
  }
  for (; left > 0; left--) {
    countLiteral(scratch, load<u8>(at), at);
    at++;
  }
}

/** One of the tables may go below zero: only the sum of the four counts. */
export function uncountLiteral(scratch: usize, byte: usize): void {
  const counter = scratch + (byte << 2);
  store<u32>(counter, load<u32>(counter, literalCounts) - 1, literalCounts);
}

/** Returns where the next match goes. */
export function putMatch(
  scratch: usize,
  sequence: usize,
  literals: u32,
  length: u32,
  distanceLess1: u32,
  distanceSlot: u32,
): usize {
  const lengthCounter = scratch + ((length - 3) << 2);
  store<u32>(lengthCounter, load<u32>(lengthCounter, lengthCounts) + 1, lengthCounts);
  const distanceCounter = scratch + (distanceSlot << 2);
  store<u32>(distanceCounter, load<u32>(distanceCounter, distanceCounts) + 1, distanceCounts);
  store<u64>(
    sequence,
    ((<u64>literals) << 32) | <u64>((distanceSlot << 24) | ((length - 3) << 16) | distanceLess1),
  );
  return sequence + 8;
}
