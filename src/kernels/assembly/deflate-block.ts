import { bitsSoFar, bitsWaiting, continueBits, outputAddress, putBits } from "./deflate-bits";
import { assignCodes, buildCode, longestCode } from "./deflate-code";
import { planHeader, putHeader } from "./deflate-header";
import {
  blockOutput,
  codeLengths,
  codeWork,
  distanceCodes,
  distanceCounts,
  lengthCodes,
  lengthCounts,
  literalCounts,
  sequences,
  symbolCodes,
  symbolCounts,
} from "./deflate-scratch";
import {
  distanceExtraBits,
  distanceSymbols,
  endOfBlock,
  fixedCodeLength,
  lengthExtraBits,
  lengthSlot,
  literalSymbols,
} from "./deflate-symbols";

const fixed: u32 = 1;
const dynamic: u32 = 2;

/** Joins the four tables of literals, and adds the symbols of lengths. Returns the extra bits of all matches. */
function joinCounts(scratch: usize): u32 {
  for (let byte: usize = 0; byte < 1024; byte += 16) {
    const at = scratch + byte;
    const sum = i32x4.add(
      i32x4.add(v128.load(at, literalCounts), v128.load(at, literalCounts + 1024)),
      i32x4.add(v128.load(at, literalCounts + 2048), v128.load(at, literalCounts + 3072)),
    );
    v128.store(at, sum, symbolCounts);
  }
  memory.fill(scratch + symbolCounts + (endOfBlock << 2), 0, (literalSymbols - endOfBlock) << 2);
  store<u32>(scratch + (endOfBlock << 2), 1, symbolCounts);
  let extra: u32 = 0;
  for (let length: u32 = 0; length < 256; length++) {
    const count = load<u32>(scratch + (length << 2), lengthCounts);
    if (count === 0) continue;
    const slot = lengthSlot(length);
    const at = scratch + ((slot + endOfBlock + 1) << 2);
    store<u32>(at, load<u32>(at, symbolCounts) + count, symbolCounts);
    extra += count * lengthExtraBits(slot);
  }
  for (let slot: u32 = 0; slot < distanceSymbols; slot++)
    extra += load<u32>(scratch + (slot << 2), distanceCounts) * distanceExtraBits(slot);
  return extra;
}

function ownCodeBits(scratch: usize): u32 {
  let bits: u32 = 0;
  for (let symbol: u32 = 0; symbol < literalSymbols; symbol++)
    bits +=
      load<u32>(scratch + (symbol << 2), symbolCounts) *
      (load<u32>(scratch + (symbol << 2), symbolCodes) & 0xff);
  for (let slot: u32 = 0; slot < distanceSymbols; slot++)
    bits +=
      load<u32>(scratch + (slot << 2), distanceCounts) *
      (load<u32>(scratch + (slot << 2), distanceCodes) & 0xff);
  return bits;
}

function fixedCodeBits(scratch: usize): u32 {
  let bits: u32 = 0;
  for (let symbol: u32 = 0; symbol < literalSymbols; symbol++)
    bits += load<u32>(scratch + (symbol << 2), symbolCounts) * fixedCodeLength(symbol);
  for (let slot: u32 = 0; slot < distanceSymbols; slot++)
    bits += load<u32>(scratch + (slot << 2), distanceCounts) * 5;
  return bits;
}

function useFixedCodes(scratch: usize): void {
  const lengths = scratch + codeLengths;
  for (let symbol: u32 = 0; symbol < 288; symbol++) store<u8>(lengths + symbol, <u8>fixedCodeLength(symbol));
  assignCodes(lengths, 288, scratch + symbolCodes, scratch + codeWork);
  memory.fill(lengths, 5, 32);
  assignCodes(lengths, 32, scratch + distanceCodes, scratch + codeWork);
}

/** By length − 3: the code of its symbol with the extra bits above it. */
function joinLengthCodes(scratch: usize): void {
  let first: u32 = 0;
  let previous: u32 = 0;
  for (let length: u32 = 0; length < 256; length++) {
    const slot = lengthSlot(length);
    if (slot !== previous) {
      first = length;
      previous = slot;
    }
    const code = load<u32>(scratch + ((slot + endOfBlock + 1) << 2), symbolCodes);
    const bits = code & 0xff;
    const joined = (code >>> 8) | ((length - first) << bits);
    store<u32>(scratch + (length << 2), (joined << 8) | (bits + lengthExtraBits(slot)), lengthCodes);
  }
}

/** Up to three literals; nothing behind them is read: the source may end there. */
function lastLiterals(at: usize, literals: u32): u32 {
  let word: u32 = 0;
  for (let index: u32 = 0; index < literals; index++) word |= (<u32>load<u8>(at + index)) << (index << 3);
  return word;
}

/** Writes a block's literals and matches, and its end; stores up to 8 bytes behind what it writes. */
function putSequences(scratch: usize, source: usize, length: u32, end: usize): void {
  let out = outputAddress();
  let bits = bitsSoFar();
  let count: u64 = bitsWaiting();
  let at = source;
  for (let sequence = scratch + sequences; sequence <= end; sequence += 8) {
    // The literals behind the last match have no sequence of their own.
    const isLast = sequence === end;
    const packed = isLast ? 0 : load<u64>(sequence);
    let literals: u32 = isLast ? length - <u32>(at - source) : <u32>(packed >>> 32);
    for (; literals >= 4; literals -= 4) {
      const word = load<u32>(at);
      at += 4;
      const first: u64 = load<u32>(scratch + ((word & 0xff) << 2), symbolCodes);
      const second: u64 = load<u32>(scratch + (((word >>> 8) & 0xff) << 2), symbolCodes);
      const third: u64 = load<u32>(scratch + (((word >>> 16) & 0xff) << 2), symbolCodes);
      const fourth: u64 = load<u32>(scratch + ((word >>> 24) << 2), symbolCodes);
      // Shifts count modulo 64, and a code's length is in its low 8 bits.
      const low = (first >>> 8) | ((second >>> 8) << (first & 0xff));
      const lowBits = (first & 0xff) + (second & 0xff);
      const high = (third >>> 8) | ((fourth >>> 8) << (third & 0xff));
      bits |= (low | (high << lowBits)) << count;
      count += lowBits + (third & 0xff) + (fourth & 0xff);
      store<u64>(out, bits);
      out += <usize>(count >>> 3);
      bits >>= count & 0x38;
      count &= 7;
    }
    // Up to three more, without a branch: how many is hard to predict.
    const word = isLast ? lastLiterals(at, literals) : load<u32>(at);
    const first: u64 = load<u32>(scratch + ((word & 0xff) << 2), symbolCodes) & -u32(literals > 0);
    const second: u64 = load<u32>(scratch + (((word >>> 8) & 0xff) << 2), symbolCodes) & -u32(literals > 1);
    const third: u64 = load<u32>(scratch + (((word >>> 16) & 0xff) << 2), symbolCodes) & -u32(literals > 2);
    bits |= ((first >>> 8) | ((second >>> 8) << (first & 0xff))) << count;
    count += (first & 0xff) + (second & 0xff);
    bits |= (third >>> 8) << count;
    count += third & 0xff;
    at += literals;
    store<u64>(out, bits);
    out += <usize>(count >>> 3);
    bits >>= count & 0x38;
    count &= 7;
    if (isLast) break;
    const lengthLess3 = <u32>(packed >>> 16) & 0xff;
    const lengthCode: u64 = load<u32>(scratch + (lengthLess3 << 2), lengthCodes);
    bits |= (lengthCode >>> 8) << count;
    count += lengthCode & 0xff;
    const slot = <u32>(packed >>> 24) & 0xff;
    const distanceCode: u64 = load<u32>(scratch + (slot << 2), distanceCodes);
    bits |= (distanceCode >>> 8) << count;
    count += distanceCode & 0xff;
    const extraBits: u64 = distanceExtraBits(slot);
    bits |= (packed & 0xffff & ((1 << extraBits) - 1)) << count;
    count += extraBits;
    store<u64>(out, bits);
    out += <usize>(count >>> 3);
    bits >>= count & 0x38;
    count &= 7;
    at += lengthLess3 + 3;
  }
  const last: u64 = load<u32>(scratch + (endOfBlock << 2), symbolCodes);
  bits |= (last >>> 8) << count;
  count += last & 0xff;
  store<u64>(out, bits);
  continueBits(out + <usize>(count >>> 3), bits >> (count & 0x38), <u32>count & 7);
}

/** A stored block's length, the header included; a byte more where the header does not fit into the byte before. */
function storedBytes(length: u32): u32 {
  return length + 5 + u32(bitsWaiting() > 5);
}

function putStored(source: usize, length: u32, isFinal: bool): void {
  let out = outputAddress();
  store<u8>(out++, <u8>(bitsSoFar() | ((<u64>isFinal) << bitsWaiting())));
  if (bitsWaiting() > 5) store<u8>(out++, 0);
  store<u16>(out, <u16>length);
  store<u16>(out, <u16>~length, 2);
  memory.copy(out + 4, source, length);
  continueBits(out + 4 + length, 0, 0);
}

let ownBits: u32 = 0;
let fixedBits: u32 = 0;
let extraBits: u32 = 0;

/** Makes a block's codes from what was counted. Returns the bits that its symbols take, the header not included. */
export function planBlock(scratch: usize): u32 {
  extraBits = joinCounts(scratch);
  const work = scratch + codeWork;
  const lengths = scratch + codeLengths;
  buildCode(scratch + symbolCounts, literalSymbols, longestCode, lengths, scratch + symbolCodes, work);
  buildCode(
    scratch + distanceCounts,
    distanceSymbols,
    longestCode,
    lengths + literalSymbols,
    scratch + distanceCodes,
    work,
  );
  ownBits = ownCodeBits(scratch);
  fixedBits = fixedCodeBits(scratch);
  return ownBits + extraBits;
}

/**
 * Writes the planned block of `length` bytes from `source`, whose matches are at `sequences` up to `end`, in the shortest
 * of the three ways. Returns false when `room` bytes of target are too few.
 */
export function putBlock(
  scratch: usize,
  source: usize,
  length: u32,
  end: usize,
  room: u32,
  isFinal: bool,
): bool {
  const dynamicBits = planHeader(scratch) + ownBits;
  const codedBytes = (bitsWaiting() + 3 + min(dynamicBits, fixedBits) + extraBits + 7) >>> 3;
  if (min(codedBytes, storedBytes(length)) > room) return false;
  if (codedBytes >= storedBytes(length)) {
    putStored(source, length, isFinal);
    return true;
  }
  const isDynamic = dynamicBits < fixedBits;
  // Eight bytes are stored at once: where they could pass the target's end, the block takes a way round.
  const target = outputAddress();
  const isTight = codedBytes + 8 > room;
  if (isTight) continueBits(scratch + blockOutput, bitsSoFar(), bitsWaiting());
  putBits((isFinal ? 1 : 0) | ((isDynamic ? dynamic : fixed) << 1), 3);
  if (isDynamic) putHeader(scratch);
  else useFixedCodes(scratch);
  joinLengthCodes(scratch);
  putSequences(scratch, source, length, end);
  if (isTight) {
    const whole = outputAddress() - (scratch + blockOutput);
    memory.copy(target, scratch + blockOutput, whole);
    continueBits(target + whole, bitsSoFar(), bitsWaiting());
  }
  return true;
}
