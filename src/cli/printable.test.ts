import assert from "node:assert/strict";
import { test } from "node:test";
import { printable } from "./printable.ts";

test("spells out what would steer a terminal, and leaves all else", () => {
  assert.equal(printable("\u001b[2Jgone\nnew\tline\u009b"), "\\x1b[2Jgone\\nnew\\tline\\x9b");
  assert.equal(printable("a\u202etxt.h5\u2028b\u200f"), "a\\u202etxt.h5\\u2028b\\u200f");
  assert.equal(printable("µW – 温度 ▂▃ \\n"), "µW – 温度 ▂▃ \\n");
});
