import assert from "node:assert/strict";
import { test } from "node:test";
import { putText } from "../../model/text-values.ts";
import { cellBounds } from "./cell-bounds.ts";
import { columnLayouts } from "./column-layout.ts";
import { decodeHybrid } from "./decode-hybrid.ts";
import { encodeIndexes } from "./encode-indexes.ts";
import { TextDictionary } from "./text-dictionary.ts";
import { TextEntries } from "./text-entries.ts";

const maxBytes = 100;
const [text, bool] = columnLayouts(
  {
    name: "log",
    kind: "table",
    source: "test",
    clock: "system",
    columns: [
      { name: "note", dtype: "string", shape: [], dims: [], maxBytes },
      { name: "open", dtype: "bool", shape: [], dims: [] },
    ],
  },
  "none",
);

function cells(texts: readonly string[]): Uint8Array {
  const bytes = new Uint8Array(texts.length * maxBytes).fill(0xff);
  for (const [row, each] of texts.entries())
    putText(bytes.subarray(row * maxBytes, (row + 1) * maxBytes), each);
  return bytes;
}

function boundsOf(texts: readonly string[], validity?: Uint8Array) {
  const bounds = cellBounds(text!, { bytes: cells(texts), rows: texts.length, validity });
  if (bounds === undefined) return undefined;
  const { min, max, ...exactness } = bounds;
  return { min: Buffer.from(min).toString(), max: Buffer.from(max).toString(), ...exactness };
}

test("bounds of texts follow their bytes, and missing ones do not count", () => {
  assert.deepEqual(boundsOf(["b", "", "ab", "µ", "Z"]), { min: "", max: "µ" });
  // In UTF-16 the surrogates of the last one come before U+FF5E.
  assert.deepEqual(boundsOf(["\uff5e", "🔬"]), { min: "\uff5e", max: "🔬" });
  assert.deepEqual(boundsOf(["a", "zz", "b"], Uint8Array.of(1, 0, 1)), { min: "a", max: "b" });
  assert.equal(boundsOf(["a"], Uint8Array.of(0)), undefined);
});

test("bounds of long texts are cut between characters, below and above all of them", () => {
  const long = "é".repeat(45);
  assert.deepEqual(boundsOf([long, `${"é".repeat(44)}ë`]), {
    min: "é".repeat(32),
    max: `${"é".repeat(31)}ê`,
    isMinExact: false,
    isMaxExact: false,
  });
  const last = `${"a".repeat(60)}${"\u{10ffff}".repeat(9)}`;
  assert.deepEqual(boundsOf(["a", last]), { min: "a", max: `${"a".repeat(59)}b`, isMaxExact: false });
  assert.equal(boundsOf(["\u{10ffff}".repeat(25)]), undefined);
  const gap = `${"a".repeat(61)}\ud7ff${"z".repeat(9)}`;
  assert.equal(boundsOf([gap])!.max, `${"a".repeat(61)}\ue000`);
});

test("bounds of bools are 0 and 1", () => {
  const of = (...values: number[]) =>
    cellBounds(bool!, { bytes: Uint8Array.from(values), rows: values.length });
  assert.deepEqual(of(1, 1), { min: Uint8Array.of(1), max: Uint8Array.of(1) });
  assert.deepEqual(of(1, 0, 1), { min: Uint8Array.of(0), max: Uint8Array.of(1) });
});

test("indexes come back from runs and packed groups, whatever their width and order", () => {
  let state = 7;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % below;
  };
  for (const entries of [1, 2, 3, 17, 255, 256, 257, 4096, 65_536])
    for (const count of [1, 7, 8, 9, 63, 64, 65, 1000, 5003]) {
      const indexes = new Uint32Array(count);
      for (let at = 0; at < count; ) {
        const run = random(4) === 0 ? 1 + random(200) : 1 + random(3);
        indexes.fill(random(entries), at, at + run);
        at += run;
      }
      const encoded = encodeIndexes(indexes, entries);
      const decoded = new Uint32Array(count);
      decodeHybrid(encoded.subarray(1), encoded[0]!, decoded);
      assert.deepEqual(decoded, indexes, `${entries} entries, ${count} indexes`);
    }
});

test("a dictionary has each text once, is empty again for the next row group, and says when it is full", () => {
  const dictionary = new TextDictionary();
  const first = dictionary.encode(
    0,
    cells(["on", "off", "on", "fault"]),
    maxBytes,
    Uint8Array.of(1, 1, 1, 0),
  )!;
  const entries = new TextEntries(first.entries, 2);
  assert.deepEqual(
    [0, 1].map((index) => Buffer.from(entries.at(index)).toString()),
    ["on", "off"],
  );
  assert.throws(() => entries.at(2), /index 2 of 2/);
  const second = dictionary.encode(0, cells(["off", "fault"]), maxBytes, undefined)!;
  assert.equal(Buffer.from(new TextEntries(second.entries, 1).at(0)).toString(), "fault");
  const many = Array.from({ length: 70_000 }, (_, index) => `text ${index}`);
  assert.equal(dictionary.encode(1, cells(many), maxBytes, undefined), undefined);
  assert.ok(dictionary.isFull);
  assert.equal(dictionary.encode(1, cells(["on"]), maxBytes, undefined), undefined);
  assert.ok(dictionary.encode(2, cells(["on"]), maxBytes, undefined));
});
