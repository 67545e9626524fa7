import assert from "node:assert/strict";
import { test } from "node:test";
import type { Column } from "../../model/stream-schema.ts";
import { decodeTexts } from "./decode-texts.ts";

const column: Column = { name: "comment", dtype: "string", shape: [], dims: [], maxBytes: 4 };

function decoded(offsets: readonly number[], characters: readonly number[], validity?: readonly number[]) {
  const mask = validity && Uint8Array.from(validity);
  return decodeTexts(column, Int32Array.from(offsets), Uint8Array.from(characters), offsets.length - 1, mask);
}

test("texts go into their cells, and what fills a cell is zero", () => {
  const bytes = decoded([1, 1, 3, 7], [0xff, 0xc2, 0xb5, 0xf0, 0x9f, 0x94, 0xac]);
  assert.deepEqual(bytes, Uint8Array.of(0, 0, 0, 0, 0xc2, 0xb5, 0, 0, 0xf0, 0x9f, 0x94, 0xac));
});

test("below a missing value neither offsets nor characters are looked at", () => {
  const bytes = decoded([0, 99, -5, 0, 1], [0x61], [0, 0, 0, 1]);
  assert.deepEqual(bytes, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x61, 0, 0, 0));
});

test("a NUL is refused wherever it stands in a text, also at its end", () => {
  for (const characters of [[0], [0x61, 0], [0, 0x61], [0x61, 0, 0x62]])
    assert.throws(() => decoded([0, characters.length], characters), { name: "RangeError", message: /NUL/ });
});

test("a text that is cut inside a character, or longer than announced, is refused", () => {
  assert.throws(() => decoded([0, 1, 2], [0xc3, 0xa9]), { name: "RangeError", message: /text 0 .* UTF-8/ });
  assert.throws(() => decoded([0, 5], [0x61, 0x61, 0x61, 0x61, 0x61]), {
    name: "RangeError",
    message: /has 5 bytes, where 4 were announced/,
  });
});

test("offsets that go backwards or behind the characters are refused", () => {
  for (const offsets of [
    [0, 2, 1],
    [-1, 0],
    [0, 3],
  ])
    assert.throws(() => decoded(offsets, [0x61, 0x62]), { name: "RangeError", message: /lies from byte/ });
});

test("a batch whose cells do not fit into memory is not called damaged", () => {
  const wide = { ...column, maxBytes: 65_535 };
  assert.throws(() => decodeTexts(wide, new Int32Array(0), new Uint8Array(0), 2 ** 40, undefined), {
    name: "DaqError",
    message: /no memory/,
    hint: /fewer records in a batch/,
  });
});
