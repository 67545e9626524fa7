import { checkArrayLength } from "../limits/sizes.ts";
import { Blob } from "../values/blob.ts";
import { Float } from "../values/float.ts";
import type { Integer } from "../values/integer.ts";
import { wrapped } from "../values/integer-arithmetic.ts";
import type { Range } from "../values/range.ts";
import { resolveRange, resolveSpan, type Span } from "../values/resolve-range.ts";
import type { Value } from "../values/value.ts";
import { changing, plain } from "./define.ts";
import type { Native, ParameterType } from "./native.ts";

function byteOf(value: Integer): number {
  return Number(BigInt.asUintN(8, BigInt(value)));
}

/** The same function for a start and a count, and for a range. */
function spanned<Rest extends readonly Value[]>(
  make: typeof plain,
  name: string,
  rest: readonly ParameterType[],
  run: (blob: Blob, span: Span, rest: Rest) => Value,
): Native[] {
  return [
    make<[Blob, Integer, Integer]>(name, ["blob", "int", "int", ...rest], ([blob, start, count, ...others]) =>
      run(blob, resolveSpan(start, count, blob.bytes.length), others as readonly Value[] as Rest),
    ),
    make<[Blob, Range]>(name, ["blob", "range", ...rest], ([blob, range, ...others]) =>
      run(blob, resolveRange(range, blob.bytes.length), others as readonly Value[] as Rest),
    ),
  ];
}

/** The bytes of a span in an array of eight, zeros where there are none, lowest first unless `big`. */
function eightBytes(blob: Blob, { from, count }: Span, big: boolean): DataView {
  const view = new DataView(new ArrayBuffer(8));
  const length = Math.min(count, 8);
  for (let index = 0; index < length; index++) view.setUint8(index, blob.bytes[from + index]!);
  if (!big) return view;
  const turned = new DataView(new ArrayBuffer(8));
  for (let index = 0; index < 8; index++) turned.setUint8(index, view.getUint8(7 - index));
  return turned;
}

function writeBytes(blob: Blob, { from, count }: Span, bytes: ArrayLike<number>): null {
  for (let index = 0; index < Math.min(count, bytes.length); index++)
    blob.bytes[from + index] = bytes[index]!;
  return null;
}

function numberBytes(value: Integer | Float, big: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  if (value instanceof Float) view.setFloat64(0, value.value, !big);
  else view.setBigInt64(0, BigInt(value), !big);
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

const numbers: readonly Native[] = [false, true].flatMap((big) => {
  const order = big ? "be" : "le";
  return [
    ...spanned(plain, `parse_${order}_int`, [], (blob, span) =>
      wrapped(eightBytes(blob, span, big).getBigInt64(0, true)),
    ),
    ...spanned(plain, `parse_${order}_float`, [], (blob, span) => {
      return new Float(eightBytes(blob, span, big).getFloat64(0, true));
    }),
    ...spanned<[Integer | Float]>(changing, `write_${order}`, ["number"], (blob, span, [value]) =>
      writeBytes(blob, span, numberBytes(value, big)),
    ),
  ];
});

const texts: readonly Native[] = [
  ...spanned<[string]>(changing, "write_utf8", ["string"], (blob, span, [text]) =>
    writeBytes(blob, span, new TextEncoder().encode(text)),
  ),
  ...spanned<[string]>(changing, "write_ascii", ["string"], (blob, span, [text]) =>
    writeBytes(
      blob,
      span,
      new TextEncoder().encode(text).filter((byte) => byte < 128),
    ),
  ),
  plain<[Blob]>("as_string", ["blob"], ([blob]) => new TextDecoder().decode(blob.toBytes())),
];

const making: readonly Native[] = [
  plain("blob", [], () => new Blob([])),
  ...[1, 2].map((count) =>
    plain<[Integer, Integer | undefined] & readonly Value[]>(
      "blob",
      count === 1 ? ["int"] : ["int", "int"],
      ([length, byte], { limits, meter }) => {
        checkArrayLength(Number(length), limits);
        meter.count(Math.max(0, Number(length)) >> 3);
        return new Blob(new Array<number>(Math.max(0, Number(length))).fill(byteOf(byte ?? 0)));
      },
    ),
  ),
];

const lists: readonly Native[] = [
  plain<[Blob]>("len", ["blob"], ([{ bytes }]) => bytes.length),
  plain<[Blob]>("is_empty", ["blob"], ([{ bytes }]) => bytes.length === 0),
  plain<[Blob]>("to_array", ["blob"], ([{ bytes }]) => bytes.slice()),
  plain<[Blob, Integer]>("get", ["blob", "int"], ([{ bytes }, index]) => bytes.at(Number(index)) ?? 0),
  plain<[Blob, Integer]>("contains", ["blob", "int"], ([{ bytes }, byte]) => bytes.includes(byteOf(byte))),
  ...spanned(plain, "extract", [], ({ bytes }, { from, count }) => new Blob(bytes.slice(from, from + count))),
  plain<[Blob, Integer]>("extract", ["blob", "int"], ([{ bytes }, start]) => {
    return new Blob(bytes.slice(resolveSpan(start, 0, bytes.length).from));
  }),
  changing<[Blob, Integer]>("push", ["blob", "int"], ([{ bytes }, byte]) => {
    bytes.push(byteOf(byte));
    return null;
  }),
  changing<[Blob, Blob]>("append", ["blob", "blob"], ([{ bytes }, other]) => {
    for (const byte of other.bytes.slice()) bytes.push(byte);
    return null;
  }),
  changing<[Blob, Integer, Integer]>("insert", ["blob", "int", "int"], ([{ bytes }, index, byte]) => {
    bytes.splice(resolveSpan(index, 0, bytes.length).from, 0, byteOf(byte));
    return null;
  }),
  changing<[Blob, Integer, Integer]>("set", ["blob", "int", "int"], ([{ bytes }, index, byte]) => {
    const at = index < 0 ? bytes.length + Number(index) : Number(index);
    if (at >= 0 && at < bytes.length) bytes[at] = byteOf(byte);
    return null;
  }),
  changing<[Blob, Integer, Integer]>(
    "pad",
    ["blob", "int", "int"],
    ([{ bytes }, length, byte], { limits }) => {
      checkArrayLength(Number(length), limits);
      while (bytes.length < length) bytes.push(byteOf(byte));
      return null;
    },
  ),
  changing<[Blob]>("pop", ["blob"], ([{ bytes }]) => bytes.pop() ?? 0),
  changing<[Blob]>("shift", ["blob"], ([{ bytes }]) => bytes.shift() ?? 0),
  changing<[Blob, Integer]>("remove", ["blob", "int"], ([{ bytes }, index]) => {
    const at = index < 0 ? bytes.length + Number(index) : Number(index);
    return at >= 0 && at < bytes.length ? bytes.splice(at, 1)[0]! : 0;
  }),
  changing<[Blob]>("clear", ["blob"], ([blob]) => {
    blob.bytes = [];
    return null;
  }),
  changing<[Blob]>("reverse", ["blob"], ([{ bytes }]) => {
    bytes.reverse();
    return null;
  }),
  changing<[Blob, Integer]>("truncate", ["blob", "int"], ([{ bytes }, length]) => {
    bytes.length = Math.min(bytes.length, Math.max(0, Number(length)));
    return null;
  }),
  changing<[Blob, Integer]>("chop", ["blob", "int"], ([{ bytes }, length]) => {
    bytes.splice(0, bytes.length - Math.min(bytes.length, Math.max(0, Number(length))));
    return null;
  }),
  changing<[Blob, Integer]>("split", ["blob", "int"], ([{ bytes }, at]) => {
    return new Blob(bytes.splice(resolveSpan(at, 0, bytes.length).from));
  }),
  ...spanned(changing, "drain", [], ({ bytes }, { from, count }) => new Blob(bytes.splice(from, count))),
  ...spanned(changing, "retain", [], (blob, { from, count }) => {
    const kept = blob.bytes.splice(from, count);
    const removed = new Blob(blob.bytes);
    blob.bytes = kept;
    return removed;
  }),
  ...spanned<[Blob]>(changing, "splice", ["blob"], (blob, { from, count }, [other]) => {
    blob.bytes = [...blob.bytes.slice(0, from), ...other.bytes, ...blob.bytes.slice(from + count)];
    return null;
  }),
];

export const blobPackage: readonly Native[] = [...making, ...lists, ...numbers, ...texts];
