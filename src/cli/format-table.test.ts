import assert from "node:assert/strict";
import { test } from "node:test";
import { formatTable } from "./format-table.ts";

test("aligns columns under the header, with no blanks at the ends of lines", () => {
  assert.deepEqual(
    formatTable(
      [
        ["a", "1", ""],
        ["long", "22", "x"],
      ],
      ["key", "n", "doc"],
    ),
    ["key   n   doc", "----  --  ---", "a     1", "long  22  x"],
  );
  assert.deepEqual(formatTable([]), []);
});

test("a last column wider than the screen goes on below itself", () => {
  const text = "one two three four five six seven eight nine ten";
  const lines = formatTable([["key", text]], ["k", "meaning"], 32);
  assert.deepEqual(lines.slice(2), ["key  one two three four five six", "     seven eight nine ten"]);
  assert.ok(lines.every((line) => line.length <= 32));
  // A screen that has no room for it gets whole lines: they wrap by themselves.
  assert.deepEqual(formatTable([["key", text]], undefined, 20), [`key  ${text}`]);
});
