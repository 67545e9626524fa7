import assert from "node:assert/strict";
import { test } from "node:test";
import { brokenRow } from "./broken-row.ts";
import { elementReader } from "./element-reader.ts";
import { type Column, parseStreamSchema } from "./stream-schema.ts";
import { putText, textAt, textProblem } from "./text-values.ts";

const comment: Column = { name: "comment", dtype: "string", shape: [], dims: [], maxBytes: 6 };
const open: Column = { name: "open", dtype: "bool", shape: [], dims: [] };

function cells(...texts: string[]): Uint8Array {
  const bytes = new Uint8Array(texts.length * 6).fill(0xff);
  for (const [row, text] of texts.entries()) putText(bytes.subarray(row * 6, row * 6 + 6), text);
  return bytes;
}

function schemaWith(column: object): () => unknown {
  return () =>
    parseStreamSchema({ name: "log", kind: "table", columns: [column], source: "test", clock: "system" });
}

test("gives texts back as they were put in, from an empty one to one that fills its cell", () => {
  const texts = ["", "a", "µ度", "🔬é", "sixsix", "\ufeffok"];
  const bytes = cells(...texts);
  assert.deepEqual(
    texts.map((_, row) => textAt(bytes, row * 6, 6)),
    texts,
  );
  const elementAt = elementReader(comment, bytes);
  assert.deepEqual(
    texts.map((_, row) => elementAt(row)),
    texts,
  );
  assert.equal(brokenRow(comment, bytes, undefined), undefined);
});

test("says why a text is no value of a column", () => {
  assert.equal(textProblem("µé度", 7), undefined);
  assert.match(textProblem("µé度", 6)!, /7 bytes long in UTF-8, where 6 fit/);
  assert.match(textProblem("a\0b", 6)!, /NUL/);
  assert.match(textProblem("\ud83d", 6)!, /surrogate/);
});

test("finds the row that is no text: half a character at a cell's end, something behind a text's end", () => {
  const half = cells("a", "b", "c");
  half.set(Buffer.from("fives"), 6);
  half[11] = 0xc3;
  // What comes next would make it whole.
  half[12] = 0xa9;
  assert.equal(brokenRow(comment, half, undefined), 1);
  assert.equal(brokenRow(comment, half, Uint8Array.of(1, 0, 0)), undefined);
  const behind = cells("a", "b", "c");
  behind[15] = 0x64;
  assert.equal(brokenRow(comment, behind, undefined), 2);
});

test("finds the row that is neither true nor false, unless it is missing", () => {
  assert.equal(brokenRow(open, Uint8Array.of(0, 1, 1), undefined), undefined);
  assert.equal(brokenRow(open, Uint8Array.of(0, 1, 2), undefined), 2);
  assert.equal(brokenRow(open, Uint8Array.of(0, 255, 1), Uint8Array.of(1, 0, 1)), undefined);
});

test("takes text and bool columns that say what they need, and refuses others with words", () => {
  assert.ok(schemaWith(comment)());
  assert.ok(schemaWith(open)());
  assert.throws(schemaWith({ ...comment, maxBytes: undefined }), /log\.comment: .*needs maxBytes/);
  assert.throws(schemaWith({ ...comment, maxBytes: 65_536 }), /1 to 65535/);
  assert.throws(schemaWith({ ...comment, shape: [2], dims: ["x"] }), /shape must be \[\]/);
  assert.throws(schemaWith({ ...comment, unit: "V" }), /has no unit/);
  assert.throws(schemaWith({ ...open, maxBytes: 3 }), /maxBytes is for string columns/);
  assert.throws(schemaWith({ ...open, dtype: "boolean" }), /unknown dtype "boolean"/);
});
