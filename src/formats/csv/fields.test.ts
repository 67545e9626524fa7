import assert from "node:assert/strict";
import { test } from "node:test";
import type { Column, StreamSchema } from "../../model/stream-schema.ts";
import { fieldNames, headerLine, refusal } from "./fields.ts";

function table(...columns: readonly Partial<Column>[]): StreamSchema {
  return {
    name: "adc",
    kind: "table",
    columns: columns.map((column) => ({ name: "a", dtype: "float64", shape: [], dims: [], ...column })),
    source: "test",
    clock: "system",
  };
}

test("spreads a column with a shape over one field for each element, slowest dimension first", () => {
  assert.deepEqual(fieldNames(table({ name: "s", shape: [2, 2], dims: ["y", "x"] })).slice(2), [
    "s[0][0]",
    "s[0][1]",
    "s[1][0]",
    "s[1][1]",
  ]);
});

test("quotes header fields that hold a comma, a quote, a line end or outer blanks, and no others", () => {
  const names = ["plain", "a,b", 'say "x"', "two\nlines", " padded", "µ (°C)"];
  assert.equal(
    headerLine(table(...names.map((name) => ({ name })))),
    'timestamp,sequence,plain,"a,b","say ""x""","two\nlines"," padded",µ (°C)\r\n',
  );
});

test("refuses what would be cut off or mixed up by readers, and says which column it is", () => {
  assert.equal(refusal(table({ shape: [1024], dims: ["x"] })), undefined);
  assert.match(refusal(table({ shape: [1025], dims: ["x"] }))!, /adc\.a: a record has 1025 elements.*arrow/);
  const wide = Array.from({ length: 16 }, (_, i) => ({ name: `s${i}`, shape: [1024], dims: ["x"] }));
  assert.match(refusal(table(...wide))!, /16386 fields.*16384.*arrow/);
  assert.match(
    refusal(table({ name: "s", shape: [2], dims: ["x"] }, { name: "s[1]" }))!,
    /both be called "s\[1\]"/,
  );
  assert.match(refusal(table({ name: "\ud800" }))!, /not valid text/);
  const text = { dtype: "string", maxBytes: 65_535 } as const;
  const texts = (count: number) =>
    table(...Array.from({ length: count }, (_, i) => ({ ...text, name: `t${i}` })));
  assert.equal(refusal(texts(127)), undefined);
  assert.match(refusal(texts(129))!, /a row would take 169\d{5} bytes, 16777216 at most.*smaller maxBytes/);
  assert.match(refusal({ ...table({}), kind: "array" })!, /frames of adc: use arrow, hdf5 or zarr/);
});
