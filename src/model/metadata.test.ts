import assert from "node:assert/strict";
import { test } from "node:test";
import { toJson } from "./metadata.ts";
import { parseJson } from "./parse-json.ts";

test("what JSON has no number for is not dropped: it becomes text", () => {
  const text = toJson({ a: Number.NaN, b: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], c: 1.5 });
  assert.equal(text, '{"a":"NaN","b":["Infinity","-Infinity"],"c":1.5}');
});

test("integers beyond doubles come back with all of their digits", () => {
  const value = { big: 2n ** 63n - 1n, list: [-(2n ** 60n)], plain: 7 };
  assert.deepEqual(parseJson(toJson(value)), value);
});
