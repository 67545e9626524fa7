import { binaryLogarithm } from "./deflate-logarithm";
import { literalCounts } from "./deflate-scratch";
import { clearCounts } from "./deflate-sequences";

/** A stored block takes one header. */
const longestBlock: u32 = 65_535;
/** A block grows by so much at a time. */
const unitBytes: u32 = 16_384;
const sampleBytes: u32 = 16;
/** From one sample to the next; what repeats every 64 or 128 bytes is seen whole. */
const sampleStep: u32 = 136;
/** When a code for both parts takes so many bits more, of the samples alone, each part gets a block. */
const differenceBits: f32 = 260;

const blockCounts: usize = literalCounts;
const unitCounts: usize = literalCounts + 1024;

function sampleUnit(scratch: usize, source: usize, length: u32): void {
  memory.fill(scratch + unitCounts, 0, 1024);
  for (let at: u32 = 0; at < length; at += sampleStep) {
    const end = min(at + sampleBytes, length);
    for (let byte = at; byte < end; byte++) {
      const counter = scratch + ((<usize>load<u8>(source + byte)) << 2);
      store<u32>(counter, load<u32>(counter, unitCounts) + 1, unitCounts);
    }
  }
}

/** How many bits more one code takes for the samples of block and unit together than two codes. */
function difference(scratch: usize): f32 {
  let blockSamples: u32 = 0;
  let unitSamples: u32 = 0;
  let bits: f32 = 0;
  for (let byte: usize = 0; byte < 1024; byte += 4) {
    const block = load<u32>(scratch + byte, blockCounts);
    const unit = load<u32>(scratch + byte, unitCounts);
    blockSamples += block;
    unitSamples += unit;
    if (block > 0 && unit > 0)
      bits +=
        <f32>block * binaryLogarithm(block) +
        <f32>unit * binaryLogarithm(unit) -
        <f32>(block + unit) * binaryLogarithm(block + unit);
  }
  return (
    bits +
    <f32>(blockSamples + unitSamples) * binaryLogarithm(blockSamples + unitSamples) -
    <f32>blockSamples * binaryLogarithm(blockSamples) -
    <f32>unitSamples * binaryLogarithm(unitSamples)
  );
}

/**
 * How many of the `left` bytes from `source` the next block takes: as long as its bytes are of one kind. Their samples
 * are left where literals are counted.
 */
export function sampleBlock(scratch: usize, source: usize, left: u32): u32 {
  clearCounts(scratch);
  let length: u32 = 0;
  while (length < left && length < longestBlock) {
    const unit = min(min(unitBytes, longestBlock - length), left - length);
    sampleUnit(scratch, source + length, unit);
    if (length > 0 && difference(scratch) > differenceBits) break;
    for (let byte: usize = 0; byte < 1024; byte += 16) {
      const at = scratch + byte;
      v128.store(at, i32x4.add(v128.load(at, blockCounts), v128.load(at, unitCounts)), blockCounts);
    }
    length += unit;
  }
  return length;
}
