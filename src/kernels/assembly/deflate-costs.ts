import { binaryLogarithm } from "./deflate-logarithm";
import {
  costSums,
  distanceCodes,
  distanceCosts,
  lengthCosts,
  literalCosts,
  literalCounts,
  shortestMatches,
  symbolCodes,
} from "./deflate-scratch";
import {
  distanceExtraBits,
  distanceSymbols,
  endOfBlock,
  lengthExtraBits,
  lengthSlot,
} from "./deflate-symbols";

/** Costs are in eighths of a bit. */
const unitsPerBit: f32 = 8;
const cheapest: i32 = 4;
const dearest: i32 = 14 * 8;

/** Expects of each byte what its share of the sample says that `sampleBlock` took. Returns the mean cost of a byte. */
export function estimateLiteralCosts(scratch: usize): u32 {
  let samples: u32 = 0;
  for (let byte: usize = 0; byte < 256; byte++) samples += load<u32>(scratch + (byte << 2), literalCounts);
  const all = binaryLogarithm(samples);
  let total: u32 = 0;
  for (let byte: usize = 0; byte < 256; byte++) {
    const count = load<u32>(scratch + (byte << 2), literalCounts);
    const bits = all - binaryLogarithm(count);
    const cost = count === 0 ? dearest : min(max(<i32>(bits * unitsPerBit), cheapest), dearest);
    store<u8>(scratch + byte, <u8>cost, literalCosts);
    total += count * cost;
  }
  return total / max(samples, 1);
}

function costOfByte(scratch: usize, word: u64, index: u64): u32 {
  return load<u8>(scratch + (<usize>(word >>> (index << 3)) & 0xff), literalCosts);
}

/** The expected cost of the first `length` bytes of `word`, without a branch. */
export function literalCost(scratch: usize, word: u64, length: u32): u32 {
  const bytes = word & (<u64>-1 >>> (64 - ((<u64>length) << 3)));
  const all =
    costOfByte(scratch, bytes, 0) +
    costOfByte(scratch, bytes, 1) +
    costOfByte(scratch, bytes, 2) +
    costOfByte(scratch, bytes, 3) +
    costOfByte(scratch, bytes, 4) +
    costOfByte(scratch, bytes, 5) +
    costOfByte(scratch, bytes, 6) +
    costOfByte(scratch, bytes, 7);
  return all - (8 - length) * load<u8>(scratch, literalCosts);
}

/** Of symbols that the last block did not need; in bits. */
const rareLiteral: u32 = 12;
const rareLength: u32 = 10;
const rareDistance: u32 = 8;

function codeBits(codes: usize, symbol: u32, rare: u32): u32 {
  const bits = load<u32>(codes + (symbol << 2)) & 0xff;
  return bits === 0 ? rare : bits;
}

/** Expects of each symbol what it costs in the block that was planned last. */
export function costsOfLastBlock(scratch: usize): void {
  const symbols = scratch + symbolCodes;
  for (let byte: u32 = 0; byte < 256; byte++)
    store<u8>(scratch + byte, <u8>(codeBits(symbols, byte, rareLiteral) << 3), literalCosts);
  for (let length: u32 = 0; length < 256; length++) {
    const slot = lengthSlot(length);
    const bits = codeBits(symbols, slot + endOfBlock + 1, rareLength) + lengthExtraBits(slot);
    store<u8>(scratch + length, <u8>(bits << 3), lengthCosts);
  }
  for (let slot: u32 = 0; slot < distanceSymbols; slot++) {
    const bits = codeBits(scratch + distanceCodes, slot, rareDistance) + distanceExtraBits(slot);
    store<u8>(scratch + slot, <u8>(bits << 3), distanceCosts);
  }
}

/** The cost of `bytes` literals from `source`, summed up at `costSums`. */
export function sumLiteralCosts(scratch: usize, source: usize, bytes: u32): void {
  let sum: u32 = 0;
  for (let byte: u32 = 0; byte < bytes; byte++) {
    store<u32>(scratch + (byte << 2), sum, costSums);
    sum += load<u8>(scratch + <usize>load<u8>(source + byte), literalCosts);
  }
  store<u32>(scratch + (bytes << 2), sum, costSums);
}

/** By distance slot: a match that is shorter is hardly worth its bits, by the mean cost of the block's bytes. */
export function setShortestWorthy(scratch: usize, bytes: u32): void {
  const mean = max<u32>(load<u32>(scratch + (bytes << 2), costSums) / bytes, 1);
  let shortest: u32 = 4;
  for (let slot: u32 = 0; slot < distanceSymbols; slot++) {
    const cost = <u32>load<u8>(scratch + slot, distanceCosts) + <u32>load<u8>(scratch + 3, lengthCosts);
    shortest = max(shortest, min<u32>((cost * 3) / (mean * 4), 12));
    store<u8>(scratch + slot, <u8>shortest, shortestMatches);
  }
}
