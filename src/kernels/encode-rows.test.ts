import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { GuardedMemory } from "../../test/kernels/guarded-memory.ts";
import { plainNumberText } from "../../test/kernels/plain-number-text.ts";
import { Random } from "../../test/ring/random.ts";
import {
  endRow,
  longestRowsBytes,
  type RowType,
  rowTableBytes,
  rowTypes,
  writeRowTable,
} from "./row-table.ts";

const batchRows = 5_000;
const memory = new GuardedMemory(8 * batchRows, 32 * batchRows);

/** Texts lie in cells of `elements` bytes, one a row. */
type Values = readonly (number | bigint | boolean | string)[];
type Column = {
  readonly type: RowType;
  readonly elements: number;
  readonly values: Values;
  readonly isValid?: readonly boolean[];
};

const arrays = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

function bytesOf(type: RowType, elements: number, values: Values): Uint8Array {
  if (type === "bool") return Uint8Array.from(values, Number);
  if (type === "string") {
    const cells = new Uint8Array(values.length * elements);
    for (const [row, value] of values.entries()) cells.set(Buffer.from(value as string), row * elements);
    return cells;
  }
  const array =
    type === "int64"
      ? BigInt64Array.from(values as bigint[])
      : type === "uint64"
        ? BigUint64Array.from(values as bigint[])
        : arrays[type].from(values as number[]);
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Text of rows from `firstRow` on, and the row behind the last of them. */
function encode(
  columns: readonly Column[],
  rows: number,
  firstRow: number,
  capacity: number,
): { text: string; end: number } {
  const parts: Uint8Array[] = [];
  const put = (bytes: Uint8Array): number => {
    parts.push(bytes);
    return parts.reduce((sum, { length }) => sum + length, -bytes.length);
  };
  const placed = columns.map(({ type, elements, values, isValid }) => ({
    type,
    elements,
    values: put(bytesOf(type, elements, values)),
    validity: isValid === undefined ? undefined : put(Uint8Array.from(isValid, Number)),
  }));
  const tableBytes = rowTableBytes(columns.length);
  let end = 0;
  const { returned, target } = memory.run(Buffer.concat(parts), capacity, (at) => {
    // Each time the scratch is asked for, it is filled with rubbish.
    const { scratch } = at;
    const table = memory.bytes.subarray(scratch, scratch + tableBytes);
    writeRowTable(
      table,
      rows,
      placed.map(({ values, validity, ...column }) => ({
        ...column,
        values: at.source + values,
        validity: validity === undefined ? 0 : at.source + validity,
      })),
    );
    const before = table.slice();
    const written = memory.kernels.encodeRows(scratch, firstRow, at.target, capacity);
    end = endRow(table);
    table.set(before.subarray(8, 12), 8);
    assert.deepEqual(table, before, "only the end row is written in the table");
    return written;
  });
  return { text: Buffer.from(target.subarray(0, returned)).toString("utf8"), end };
}

function lines(columns: readonly Column[], rows: number): string[] {
  return Array.from({ length: rows }, (_, row) => {
    const fields = columns.flatMap(({ type, elements, values, isValid }) =>
      values
        .slice(row * (type === "string" ? 1 : elements), (row + 1) * (type === "string" ? 1 : elements))
        .map((value) => (isValid?.[row] === false ? "" : plainText(type, value))),
    );
    return `${fields.join(",")}\r\n`;
  });
}

function plainText(type: RowType, value: Values[number]): string {
  if (typeof value === "string") return `"${value.replaceAll('"', '""')}"`;
  if (typeof value === "boolean" || type === "bool" || type === "string") return String(value);
  return plainNumberText(type, value);
}

function checkValues(type: RowType, values: Values): void {
  for (let first = 0; first < values.length; first += batchRows) {
    const column = { type, elements: 1, values: values.slice(first, first + batchRows) };
    const rows = column.values.length;
    const { text, end } = encode([column], rows, 0, longestRowsBytes([column], rows));
    assert.equal(end, rows);
    assert.deepEqual(text.split("\r\n"), lines([column], rows).join("").split("\r\n"));
  }
}

/** Numbers of every length, every bit pattern of which is as likely. */
function bitPatterns(count: number, seed: number): bigint[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, index) => {
    const word = () => BigInt(random.integer(0, 2 ** 32 - 1));
    return ((word() << 32n) | word()) >> BigInt(index % 64);
  });
}

const view = new DataView(new ArrayBuffer(8));

function asFloat64(bits: bigint): number {
  view.setBigUint64(0, BigInt.asUintN(64, bits));
  return view.getFloat64(0);
}

function asFloat32(bits: number): number {
  view.setUint32(0, bits);
  return view.getFloat32(0);
}

/** The value and its neighbours, with both signs. */
function around64(value: number): number[] {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  return [-2n, -1n, 0n, 1n, 2n].map((step) => asFloat64(bits + step)).flatMap((near) => [near, -near]);
}

function around32(value: number): number[] {
  view.setFloat32(0, value);
  const bits = view.getUint32(0);
  return [-2, -1, 0, 1, 2].map((step) => asFloat32((bits + step) >>> 0)).flatMap((near) => [near, -near]);
}

/** Decimals of 1 to 17 digits between 10^least and 10^most: what instruments send. */
function decimals(count: number, seed: number, least: number, most: number): number[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, index) => {
    const digits = `${random.integer(0, 2 ** 31)}${random.integer(0, 2 ** 31)}`.slice(0, 1 + (index % 17));
    return Number(`${index % 2 === 0 ? "" : "-"}${digits}e${random.integer(least, most) - digits.length}`);
  });
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

test("integers of every type have all their digits, at every power of ten and of two", () => {
  const edges = [
    ...range(0, 19).map((exponent) => 10n ** BigInt(exponent)),
    ...range(0, 64).map((exponent) => 2n ** BigInt(exponent)),
  ].flatMap((value) => [value - 1n, value, value + 1n]);
  const integers = [...edges, ...bitPatterns(20_000, 1)].flatMap((value) => [value, -value]);
  for (const type of rowTypes) {
    if (!/int/.test(type)) continue;
    const bits = Number(/\d+/.exec(type)![0]);
    const wrap = type.startsWith("u") ? BigInt.asUintN : BigInt.asIntN;
    const wrapped = integers.map((value) => wrap(bits, value));
    checkValues(type, bits === 64 ? wrapped : wrapped.map(Number));
  }
});

test("doubles are written as JavaScript writes them, whatever their bits", () => {
  checkValues("float64", bitPatterns(50_000, 2).map(asFloat64));
  checkValues("float64", decimals(50_000, 3, -8, 24));
});

test("doubles next to powers of ten and of two, and at the ends of their range, are written as JavaScript writes them", () => {
  checkValues(
    "float64",
    range(-323, 308).flatMap((exponent) => around64(Number(`1e${exponent}`))),
  );
  checkValues(
    "float64",
    range(-1074, 1023).flatMap((exponent) => around64(2 ** exponent)),
  );
  const specials = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const ends = [
    5e-324,
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    -0.0000012345678901234567,
    123456789012345680000,
  ];
  checkValues("float64", [...specials, ...ends, 1e21, 1e23, 9007199254740992, 0.000001, 9.5e-7, 0.3]);
});

test("each scale of the short way, which takes decimals of 15 digits, is tried at its ends", () => {
  const digits = [100_000_000_000_001, 999_999_999_999_999, 100_000_000_000_000, 123_456_789_012_345, 5];
  const values = range(-30, 10).flatMap((exponent) => digits.map((value) => Number(`${value}e${exponent}`)));
  checkValues("float64", values.flatMap(around64));
});

test("float32 are written with the fewest digits that read back, whatever their bits", () => {
  const patterns = bitPatterns(50_000, 4).map((bits) => asFloat32(Number(bits & 0xffff_ffffn)));
  checkValues("float32", patterns);
  checkValues("float32", decimals(50_000, 5, -12, 14).map(Math.fround));
});

test("float32 next to powers of ten and of two, subnormals and halves are written likewise", () => {
  checkValues(
    "float32",
    range(-45, 38).flatMap((exponent) => around32(Number(`1e${exponent}`))),
  );
  checkValues(
    "float32",
    range(-149, 127).flatMap((exponent) => around32(2 ** exponent)),
  );
  checkValues(
    "float32",
    range(1, 20_000).map((bits) => asFloat32(bits * 419)),
  );
  // Of few bits, so that some lie half way between two decimals.
  checkValues(
    "float32",
    range(1, 3_000).flatMap((value) => range(1, 40).map((bits) => value / 2 ** bits)),
  );
  const specials = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  checkValues(
    "float32",
    [...specials, 0.1, -0.1, 2 ** -149, 16_777_216, 1e9, -1e9, 999_999_936].map(Math.fround),
  );
});

test("the powers of ten in the module are those of the numbers", () => {
  const source = readFileSync(new URL("./assembly/number-text-powers.ts", import.meta.url), "utf8");
  const halves = [...source.matchAll(/0x[0-9a-f]{16}/g)].map(([digits]) => BigInt(digits));
  const least = -292;
  assert.equal(halves.length, 2 * (324 - least + 1));
  for (let index = 0; index < halves.length; index += 2) {
    const exponent = least + index / 2;
    const stored = (halves[index]! << 64n) | halves[index + 1]!;
    // stored − 1 < 10^exponent × 2^shift ≤ stored, with the highest bit set.
    const power = 10n ** BigInt(Math.abs(exponent));
    const shift = 127 - Math.floor(exponent * Math.log2(10));
    const [above, below] = exponent >= 0 ? [power, 1n] : [1n, power];
    const numerator = shift >= 0 ? above << BigInt(shift) : above;
    const divisor = shift >= 0 ? below : below << BigInt(-shift);
    assert.equal(stored, (numerator + divisor - 1n) / divisor, `10^${exponent}`);
    assert.equal(stored >> 127n, 1n);
  }
});

const mixed: readonly Column[] = [
  { type: "int64", elements: 1, values: bitPatterns(60, 6).map((bits) => BigInt.asIntN(64, bits)) },
  {
    type: "float64",
    elements: 2,
    values: decimals(120, 7, -9, 30),
    isValid: range(0, 59).map((row) => row % 7 !== 3),
  },
  { type: "uint8", elements: 1, values: range(100, 159), isValid: range(0, 59).map((row) => row > 0) },
  { type: "float32", elements: 3, values: range(1, 180).map((value) => Math.fround(value / 7)) },
  { type: "int16", elements: 1, values: range(-30, 29), isValid: range(0, 59).map((row) => row % 2 === 0) },
];

test("a row has the elements of each column in order, and nothing between the commas of what is missing", () => {
  const { text, end } = encode(mixed, 60, 0, longestRowsBytes(mixed, 60));
  assert.equal(end, 60);
  assert.equal(text, lines(mixed, 60).join(""));
  assert.match(text.split("\r\n")[3]!, /^-?\d+,,,103,[^,]+,[^,]+,[^,]+,$/);
});

test("writes whole rows while there is room for the longest one, touches nothing behind, and goes on from any row", () => {
  const expected = lines(mixed, 60);
  const oneRow = longestRowsBytes(mixed, 1);
  const seen = new Set<number>();
  for (const capacity of [...range(0, oneRow + 5), ...range(3 * oneRow, 3 * oneRow + 40), 60 * oneRow]) {
    for (const firstRow of [0, 17, 59, 60]) {
      const { text, end } = encode(mixed, 60, firstRow, capacity);
      assert.equal(text, expected.slice(firstRow, end).join(""));
      // It stops only where the next row might not fit.
      if (end < 60) assert.ok(capacity - text.length < oneRow);
      else assert.ok(text.length <= capacity);
      seen.add(end - firstRow);
    }
  }
  assert.ok(seen.has(0) && seen.has(1) && seen.has(60) && seen.size > 5);
});

test("the longest value of each type fits in the room that is kept for it, and one byte less is refused", () => {
  const longest: Record<RowType, Values[number]> = {
    int8: -128,
    int16: -32768,
    int32: -(2 ** 31),
    int64: -(2n ** 63n),
    uint8: 255,
    uint16: 65535,
    uint32: 2 ** 32 - 1,
    uint64: 2n ** 64n - 1n,
    float32: Math.fround(-1e20),
    float64: -0.0000012345678901234567,
    bool: false,
    string: '"'.repeat(7),
  };
  for (const type of rowTypes) {
    const column = { type, elements: type === "string" ? 7 : 1, values: [longest[type]] };
    const capacity = longestRowsBytes([column], 1);
    const { text, end } = encode([column], 1, 0, capacity);
    assert.equal(end, 1);
    assert.equal(text, lines([column], 1).join(""));
    assert.equal(text.length, longestRowsBytes([column], 2) - longestRowsBytes([column], 1), type);
    assert.deepEqual(encode([column], 1, 0, capacity - 1), { text: "", end: 0 });
  }
});

test("texts stand in quotes, as long as they are, beside bools, numbers and what is missing", () => {
  const texts = ["", "a", 'say "open"', "a,b\r\nc", "naïve 温度 🔬", "eighteen bytes....", '""'];
  const columns: readonly Column[] = [
    { type: "string", elements: 18, values: texts },
    { type: "bool", elements: 1, values: texts.map((_, row) => row % 3 === 0) },
    {
      type: "string",
      elements: 20,
      values: texts.toReversed(),
      isValid: texts.map((_, row) => row % 2 === 0),
    },
    { type: "int16", elements: 2, values: texts.flatMap((_, row) => [row, -row]) },
    { type: "bool", elements: 1, values: texts.map(() => true), isValid: texts.map((_, row) => row !== 1) },
  ];
  const { text, end } = encode(columns, texts.length, 0, longestRowsBytes(columns, texts.length));
  assert.equal(end, texts.length);
  assert.equal(text, lines(columns, texts.length).join(""));
});
