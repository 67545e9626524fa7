import { putBits } from "./deflate-bits";
import { buildCode } from "./deflate-code";
import {
  codeLengths,
  codeWork,
  headerCodeLengths,
  headerCodes,
  headerCounts,
  headerItems,
} from "./deflate-scratch";
import { distanceSymbols, literalSymbols } from "./deflate-symbols";

// The header of a block with its own codes (RFC 1951, 3.2.7): the code lengths, run-length coded, under a third code.
const headerSymbols: u32 = 19;
const longestHeaderCode: u32 = 7;
const repeatPrevious: u32 = 16;
const repeatZero: u32 = 17;
const repeatZeroLong: u32 = 18;
const order = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);

let items: u32 = 0;
let literalLengths: u32 = 0;
let distanceLengths: u32 = 0;
let orderedLengths: u32 = 0;

/** An item is a symbol and, above bit 8, its extra bits. */
function putItem(scratch: usize, symbol: u32, extra: u32): void {
  store<u16>(scratch + (items++ << 1), symbol | (extra << 8), headerItems);
  const count = scratch + (symbol << 2);
  store<u32>(count, load<u32>(count, headerCounts) + 1, headerCounts);
}

function putRun(scratch: usize, length: u32, run: u32): void {
  let left = run;
  if (length === 0) {
    while (left > 2) {
      const part = min<u32>(left, 138);
      if (part < 11) putItem(scratch, repeatZero, part - 3);
      else putItem(scratch, repeatZeroLong, part - 11);
      left -= part;
    }
  } else {
    putItem(scratch, length, 0);
    left--;
    while (left > 2) {
      const part = min<u32>(left, 6);
      putItem(scratch, repeatPrevious, part - 3);
      left -= part;
    }
  }
  for (; left > 0; left--) putItem(scratch, length, 0);
}

function extraBits(symbol: u32): u32 {
  return symbol < repeatPrevious ? 0 : symbol === repeatPrevious ? 2 : symbol === repeatZero ? 3 : 7;
}

/** Plans the header for the lengths at `codeLengths` (literals, then distances); returns its bits. */
export function planHeader(scratch: usize): u32 {
  const lengths = scratch + codeLengths;
  literalLengths = literalSymbols;
  while (literalLengths > 257 && load<u8>(lengths + literalLengths - 1) === 0) literalLengths--;
  distanceLengths = distanceSymbols;
  while (distanceLengths > 1 && load<u8>(lengths + literalSymbols + distanceLengths - 1) === 0)
    distanceLengths--;
  memory.copy(lengths + literalLengths, lengths + literalSymbols, distanceLengths);
  memory.fill(scratch + headerCounts, 0, headerSymbols << 2);
  items = 0;
  const total = literalLengths + distanceLengths;
  for (let at: u32 = 0; at < total; ) {
    const length: u32 = load<u8>(lengths + at);
    let end = at + 1;
    while (end < total && load<u8>(lengths + end) === length) end++;
    putRun(scratch, length, end - at);
    at = end;
  }
  buildCode(
    scratch + headerCounts,
    headerSymbols,
    longestHeaderCode,
    scratch + headerCodeLengths,
    scratch + headerCodes,
    scratch + codeWork,
  );
  orderedLengths = headerSymbols;
  while (
    orderedLengths > 4 &&
    load<u8>(scratch + load<u8>(order + orderedLengths - 1), headerCodeLengths) === 0
  )
    orderedLengths--;
  let bits: u32 = 5 + 5 + 4 + 3 * orderedLengths;
  for (let symbol: u32 = 0; symbol < headerSymbols; symbol++)
    bits +=
      load<u32>(scratch + (symbol << 2), headerCounts) *
      (<u32>load<u8>(scratch + symbol, headerCodeLengths) + extraBits(symbol));
  return bits;
}

/** Writes what was planned. */
export function putHeader(scratch: usize): void {
  putBits((literalLengths - 257) | ((distanceLengths - 1) << 5) | ((orderedLengths - 4) << 10), 14);
  for (let index: u32 = 0; index < orderedLengths; index++)
    putBits(load<u8>(scratch + load<u8>(order + index), headerCodeLengths), 3);
  for (let index: u32 = 0; index < items; index++) {
    const item: u32 = load<u16>(scratch + (index << 1), headerItems);
    const symbol = item & 0xff;
    const code = load<u32>(scratch + (symbol << 2), headerCodes);
    const codeBits = code & 0xff;
    putBits((code >>> 8) | ((item >>> 8) << codeBits), codeBits + extraBits(symbol));
  }
}
