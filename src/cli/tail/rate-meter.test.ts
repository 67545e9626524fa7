import assert from "node:assert/strict";
import { test } from "node:test";
import { RateMeter } from "./rate-meter.ts";

test("gives the rate of the last seconds, not of the whole run", () => {
  const meter = new RateMeter();
  assert.equal(meter.perSecond, undefined);
  for (let second = 0; second <= 10; second++) meter.add(second * 100, second * 1000);
  assert.equal(meter.perSecond, 100);
  for (let second = 11; second <= 20; second++) meter.add(1000, second * 1000);
  assert.equal(meter.perSecond, 0);
});

test("works when samples are further apart than its window", () => {
  const meter = new RateMeter();
  for (const atMs of [0, 10_000, 20_000]) meter.add(atMs / 100, atMs);
  assert.equal(meter.perSecond, 10);
});
