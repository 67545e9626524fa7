import assert from "node:assert/strict";
import { test } from "node:test";
import type { Setting } from "../model/setting.ts";
import { metadataValueOf } from "../toml/metadata-value.ts";
import { rawValueOf } from "./raw-value.ts";

const origin = { kind: "environment", variable: "DAQ_X" } as const;

function read(raw: string, kind: Setting["kind"]): unknown {
  return metadataValueOf({ value: rawValueOf(raw, kind, origin), origin }, () => assert.fail());
}

test("text is taken as it stands where a string is wanted", () => {
  assert.equal(read(" 5 ", "string"), " 5 ");
  assert.equal(read("true", "string"), "true");
});

test("numbers and booleans are read as TOML writes them; anything else stays text for the check to name", () => {
  assert.equal(read("1_000", "integer"), 1000);
  assert.equal(read("2.5e3", "number"), 2500);
  assert.equal(read("true", "boolean"), true);
  assert.equal(read("yes", "boolean"), "yes");
  assert.equal(read("1s", "integer"), "1s");
  assert.equal(read("", "integer"), "");
  assert.equal(read('"5"', "integer"), '"5"');
});

test("lists are written with commas or as TOML", () => {
  assert.deepEqual(read("640, 480", "integers"), [640, 480]);
  assert.deepEqual(read("[640, 480]", "integers"), [640, 480]);
  assert.deepEqual(read("a", "strings"), ["a"]);
  assert.deepEqual(read('["a,b", "c"]', "strings"), ["a,b", "c"]);
  assert.deepEqual(read("arrow,csv", "string-or-strings"), ["arrow", "csv"]);
  assert.equal(read("arrow", "string-or-strings"), "arrow");
});

test("free metadata is a number only when nothing of its spelling would be lost", () => {
  assert.equal(read("293.15", "any"), 293.15);
  assert.equal(read("-7", "any"), -7);
  assert.equal(read("9007199254740993", "any"), 9_007_199_254_740_993n);
  for (const name of ["1.10", "007", "+5", "1e5", "0x10", "1_000", "Prime BSI", "", "a = 1"])
    assert.equal(read(name, "any"), name);
  assert.deepEqual(read('["a", 1]', "any"), ["a", 1]);
  assert.equal(read("1979-05-27", "any"), "1979-05-27");
});
