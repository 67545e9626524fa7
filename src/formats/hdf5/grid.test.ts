import assert from "node:assert/strict";
import { test } from "node:test";
import { frameSources } from "./grid.ts";

test("frames in the order of the axes are one source a line, those of a line that goes back one each", () => {
  const sources = frameSources([0, 1, 2, 5, 4, 3, 6, null, 7], [3, 3], "/entry/cam/frame", [24, 32]);
  const words = sources.map(({ from, to }) => [
    from.start[0],
    from.count[0],
    ...to.start.slice(0, 2),
    ...to.count,
  ]);
  assert.deepEqual(words, [
    [0, 3, 0, 0, 1, 3, 24, 32],
    [5, 1, 1, 0, 1, 1, 24, 32],
    [4, 1, 1, 1, 1, 1, 24, 32],
    [3, 1, 1, 2, 1, 1, 24, 32],
    [6, 1, 2, 0, 1, 1, 24, 32],
    [7, 1, 2, 2, 1, 1, 24, 32],
  ]);
  assert.deepEqual(sources[0]!.from.start, [0, 0, 0]);
});
