import * as bits from "../values/bits.ts";
import type { Integer } from "../values/integer.ts";
import type { Range } from "../values/range.ts";
import type { Value } from "../values/value.ts";
import { plain, replacing } from "./define.ts";
import type { Native } from "./native.ts";

function eachBit(value: Integer, { from, count }: bits.BitSpan): Value[] {
  return Array.from({ length: Number(count) }, (_, index) => bits.getBit(value, Number(from) + index));
}

export const bitFieldPackage: readonly Native[] = [
  plain<[Integer, Integer]>("get_bit", ["int", "int"], ([value, bit]) => bits.getBit(value, bit)),
  replacing<[Integer, Integer, boolean]>("set_bit", ["int", "int", "bool"], ([value, bit, on]) => [
    bits.setBit(value, bit, on),
    null,
  ]),
  plain<[Integer, Range]>("get_bits", ["int", "range"], ([value, range]) =>
    bits.readBits(value, bits.bitSpanOf(range)),
  ),
  plain<[Integer, Integer, Integer]>("get_bits", ["int", "int", "int"], ([value, from, count]) =>
    bits.readBits(value, bits.bitSpan(from, count)),
  ),
  replacing<[Integer, Range, Integer]>("set_bits", ["int", "range", "int"], ([value, range, to]) => [
    bits.writeBits(value, bits.bitSpanOf(range), to),
    null,
  ]),
  replacing<[Integer, Integer, Integer, Integer]>(
    "set_bits",
    ["int", "int", "int", "int"],
    ([value, from, count, to]) => [bits.writeBits(value, bits.bitSpan(from, count), to), null],
  ),
  plain<[Integer]>("bits", ["int"], ([value]) => eachBit(value, bits.bitSpan(0, 64))),
  plain<[Integer, Integer]>("bits", ["int", "int"], ([value, from]) =>
    eachBit(value, bits.bitSpan(from, 64)),
  ),
  plain<[Integer, Integer, Integer]>("bits", ["int", "int", "int"], ([value, from, count]) =>
    eachBit(value, bits.bitSpan(from, count)),
  ),
  plain<[Integer, Range]>("bits", ["int", "range"], ([value, range]) =>
    eachBit(value, bits.bitSpanOf(range)),
  ),
];
