import assert from "node:assert/strict";
import { test } from "node:test";
import { elementReader } from "../model/element-reader.ts";
import type { Column } from "../model/stream-schema.ts";
import { SampleBatches } from "../testing/format-contract/sample-batches.ts";
import { logbook } from "../testing/format-contract/sample-streams.ts";
import { type MissingText, mostPackedBytes, packTexts, unpackTexts } from "./length-prefixed-texts.ts";

const rows = 300;
const batch = new SampleBatches(logbook).next(rows);
const at = logbook.columns.findIndex(({ name }) => name === "comment");
const column = logbook.columns[at] as Column & { maxBytes: number };
const { bytes, validity } = batch.columns[at]!;

function packed(missing: MissingText): Uint8Array {
  const target = new Uint8Array(mostPackedBytes(rows, column.maxBytes)).fill(0xee);
  return target.subarray(0, packTexts(bytes, column.maxBytes, validity, missing, target));
}

for (const missing of ["left-out", "empty"] as const)
  test(`texts come back from behind their lengths, missing ones ${missing}`, () => {
    const source = packed(missing);
    const cells = new Uint8Array(bytes.byteLength);
    assert.equal(unpackTexts(source, column.maxBytes, validity, missing, cells), source.byteLength);
    const [wanted, found] = [elementReader(column, bytes), elementReader(column, cells)];
    for (const [row, isValid] of validity!.entries())
      assert.equal(found(row), isValid === 0 ? "" : wanted(row));
  });

test("texts that are cut off anywhere, or longer than announced, are refused", () => {
  const source = packed("left-out");
  for (const end of [0, 3, 5, source.byteLength - 1])
    assert.throws(
      () =>
        unpackTexts(
          source.subarray(0, end),
          column.maxBytes,
          validity,
          "left-out",
          new Uint8Array(bytes.byteLength),
        ),
      { code: "format" },
    );
  const ended = Uint8Array.of(2, 0, 0, 0, 97, 0);
  assert.throws(() => unpackTexts(ended, 3, undefined, "empty", new Uint8Array(3)), /ends with a NUL/);
  const long = Uint8Array.of(4, 0, 0, 0, 97, 98, 99, 100);
  assert.throws(() => unpackTexts(long, 3, undefined, "empty", new Uint8Array(3)), /has 4 bytes, where 3/);
});
