import assert from "node:assert/strict";
import { test } from "node:test";
import { sparkline } from "./sparkline.ts";

test("draws the smallest value lowest and the largest highest", () => {
  assert.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7]), "▁▂▃▄▅▆▇█");
  assert.equal(sparkline([3, -3]), "█▁");
});

test("leaves a blank where a value is missing, and draws equal values in the middle", () => {
  assert.equal(sparkline([1, undefined, Number.NaN, 2]), "▁  █");
  assert.equal(sparkline([5, 5]), "▄▄");
  assert.equal(sparkline([]), "");
});

test("stays in range for the largest doubles", () => {
  assert.equal(sparkline([-Number.MAX_VALUE, 0, Number.MAX_VALUE]), "▁▅█");
});
