import assert from "node:assert/strict";
import { test } from "node:test";
import { printable } from "./printable.ts";

test("spells out what would steer a terminal, and leaves all else", () => {
  assert.equal(printable("\u001b[2Jgone\nnew\tline\u009b"), "\\x1b[2Jgone\\nnew\\tline\\x9b");
  assert.equal(printable("µW – 温度 ▂▃ \\n"), "µW – 温度 ▂▃ \\n");
});
