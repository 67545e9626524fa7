import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { GuardedMemory } from "../../test/kernels/guarded-memory.ts";
import { noise } from "../../test/kernels/sample-bytes.ts";

const memory = new GuardedMemory(200_000, 0);

function crc32c(bytes: Uint8Array, seed = 0): number {
  return memory.run(bytes, 0, (at) => memory.kernels.crc32c(seed, at.source, bytes.length)).returned;
}

const polynomial = 0x82f63b78;

function ofByte(register: number, byte: number): number {
  register ^= byte;
  for (let bit = 0; bit < 8; bit++) register = (register >>> 1) ^ (register & 1 ? polynomial : 0);
  return register >>> 0;
}

function plain(bytes: Uint8Array): number {
  return ~bytes.reduce(ofByte, 0xffffffff) >>> 0;
}

test("CRC-32C has the values of RFC 3720 and the catalogue's check value", () => {
  const counting = Uint8Array.from({ length: 32 }, (_, at) => at);
  assert.equal(crc32c(new Uint8Array(0)), 0);
  assert.equal(crc32c(Buffer.from("123456789")), 0xe3069283);
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(255)), 0x62a8ab43);
  assert.equal(crc32c(counting), 0x46dd794e);
  assert.equal(crc32c(counting.toReversed()), 0x113fdb5c);
});

test("CRC-32C is right at every length, and reads nothing else", () => {
  const lengths = [
    ...Array.from({ length: 700 }, (_, length) => length),
    ...[1023, 1024, 1025, 65_535, 65_536, 65_537, 65_600, 199_999],
  ];
  for (const length of lengths) {
    const bytes = noise(length, length);
    assert.equal(crc32c(bytes), plain(bytes), `${length} bytes`);
  }
});

test("CRC-32C notices every single bit", () => {
  const bytes = noise(600, 5);
  const found = new Set([crc32c(bytes)]);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    found.add(crc32c(bytes));
    bytes[bit >> 3]! ^= 1 << (bit & 7);
  }
  assert.equal(found.size, 1 + 600 * 8);
});

test("CRC-32C goes on with what it returned", () => {
  const bytes = noise(5000, 3);
  for (const first of [0, 1, 127, 128, 129, 255, 256, 257, 1000, 4999, 5000])
    assert.equal(crc32c(bytes.subarray(first), crc32c(bytes.subarray(0, first))), plain(bytes));
});

/** The register behind a byte with only this bit set, and so many zero bytes. */
function ofBit(bit: number, zeros: number): number {
  let register = ofByte(0, 1 << bit);
  for (let zero = 0; zero < zeros; zero++) register = ofByte(register, 0);
  return register;
}

/** The 32 bits of a column, byte after byte, with what each makes of the register `zeros` bytes behind the column. */
function ofColumn(zeros: number): number[] {
  return Array.from({ length: 32 }, (_, bit) => ofBit(bit & 7, zeros + 32 * (3 - (bit >> 3))));
}

/** By elimination: which bits of a column make the register what it is; one for each possible highest bit. */
function columnsByRegister(): { readonly register: number; readonly column: number }[] {
  const found: { readonly register: number; readonly column: number }[] = [];
  for (let [bit, register] of ofColumn(0).entries()) {
    let column = 1 << bit;
    for (let highest = Math.clz32(register); found[highest] !== undefined; highest = Math.clz32(register)) {
      register ^= found[highest]!.register;
      column ^= found[highest]!.column;
    }
    assert.notEqual(register, 0, "the four bytes of a column do not make every register");
    found[Math.clz32(register)] = { register, column };
  }
  return found;
}

test("the tables that carry columns on are those that follow from the polynomial", () => {
  const known = columnsByRegister();
  const carried = ofColumn(128).map((register) => {
    let column = 0;
    while (register !== 0) {
      const step = known[Math.clz32(register)]!;
      register ^= step.register;
      column ^= step.column;
    }
    return column;
  });
  const expected: number[] = [];
  for (let half = 0; half < 8; half++)
    for (let byte = 0; byte < 4; byte++)
      for (let value = 0; value < 16; value++) {
        let column = 0;
        for (let bit = 0; bit < 4; bit++) if ((value >> bit) & 1) column ^= carried[half * 4 + bit]!;
        expected.push((column >>> (8 * byte)) & 255);
      }
  const source = readFileSync(join(import.meta.dirname, "assembly/crc32c.ts"), "utf8");
  const table = /columnTables = memory\.data<u8>\(\[([^\]]*)\]/.exec(source)![1]!;
  assert.deepEqual(table.match(/0x[0-9a-f]{2}/g)!.map(Number), expected);
});
