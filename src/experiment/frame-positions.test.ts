import assert from "node:assert/strict";
import { test } from "node:test";
import { FramePositions } from "./frame-positions.ts";

test("a lost frame has no position, and those behind it are one nearer to the beginning for each", () => {
  const positions = new FramePositions();
  const first = positions.take(10);
  assert.equal(first, 0);
  positions.lose(6, 2);
  positions.lose(1, 1);
  assert.deepEqual(
    Array.from({ length: 10 }, (_, frame) => positions.positionOf(frame)),
    [0, undefined, 1, 2, 3, 4, undefined, undefined, 5, 6],
  );
  assert.equal(positions.take(1), 10);
  assert.equal(positions.positionOf(10), 7);
});
