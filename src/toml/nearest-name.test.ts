import assert from "node:assert/strict";
import { test } from "node:test";
import { nearestName, suggestion } from "./nearest-name.ts";

const names = ["format", "output_path", "compression", "compression_level", "chunk_size"];

test("a slip of the fingers finds the name that was meant", () => {
  const slips: [string, string][] = [
    ["fromat", "format"],
    ["compresion", "compression"],
    ["compression-level", "compression_level"],
    ["outputPath", "output_path"],
    ["CHUNK_SIZE", "chunk_size"],
    ["chunksiz", "chunk_size"],
  ];
  for (const [typed, meant] of slips) assert.equal(nearestName(typed, names), meant);
});

test("what is like no name finds none", () => {
  for (const typed of ["", "x", "banana", "path", "farmer", "comparator", "🙂", "x".repeat(100_000)])
    assert.equal(nearestName(typed, names), undefined, typed.slice(0, 20));
});

test("the suggestion is the nearest name, else all of them", () => {
  const plain = (name: string): string => name;
  assert.equal(suggestion("fromat", names, plain), "did you mean format?");
  assert.equal(suggestion("zzz", ["a", "b"], plain), "choose from: a, b");
  assert.equal(suggestion("zzz", [], plain), "there are none");
});
