import assert from "node:assert/strict";
import { test } from "node:test";
import { median, percentile, spread, spreads } from "./statistics.ts";

test("the median is the middle value, whatever the order", () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([10, 9, 100, 2, 1]), 9);
});

test("the median of an even number of values lies half way between the two in the middle", () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

test("numbers are ordered as numbers, not as text", () => {
  assert.deepEqual(spread([100, 20, 3]), { median: 20, min: 3, max: 100 });
});

test("a percentile is a value that occurred, by nearest rank", () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.equal(percentile(values, 50), 50);
  assert.equal(percentile(values, 99), 99);
  assert.equal(percentile(values, 100), 100);
  assert.equal(percentile(values, 0), 1);
  assert.equal(percentile([7], 99), 7);
});

test("statistics of nothing are refused", () => {
  assert.throws(() => median([]), RangeError);
  assert.throws(() => percentile([], 50), RangeError);
});

test("the values handed over keep their order", () => {
  const values = [3, 1, 2];
  spread(values);
  assert.deepEqual(values, [3, 1, 2]);
});

test("each quantity of a case has its own spread, in the order of the first run", () => {
  const found = spreads([
    { mb_per_s: 10, cpu_s: 3 },
    { cpu_s: 1, mb_per_s: 30 },
    { mb_per_s: 20, cpu_s: 2 },
  ]);
  assert.deepEqual([...found.keys()], ["mb_per_s", "cpu_s"]);
  assert.deepEqual(found.get("mb_per_s"), { median: 20, min: 10, max: 30 });
});

test("runs that measured different quantities are refused", () => {
  assert.throws(() => spreads([{ mb_per_s: 1 }, { records_per_s: 1 }]), RangeError);
  assert.throws(() => spreads([{ mb_per_s: 1 }, { mb_per_s: 1, cpu_s: 1 }]), RangeError);
});
