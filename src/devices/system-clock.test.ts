import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "./system-clock.ts";

test("agrees with the system time to within 5 ms and resolves less than a millisecond", () => {
  const differenceNs = systemClock.nowNs() - BigInt(Date.now()) * 1_000_000n;
  assert.ok(differenceNs > -5_000_000n && differenceNs < 5_000_000n, `${differenceNs}`);
  const times = Array.from({ length: 50 }, () => systemClock.nowNs());
  assert.ok(new Set(times).size > 10);
});

test("ends a sleep at once when the signal aborts, and does not begin one after it", async () => {
  const controller = new AbortController();
  const started = performance.now();
  setTimeout(() => controller.abort(), 20);
  await systemClock.sleep(10_000, controller.signal);
  await systemClock.sleep(10_000, controller.signal);
  assert.ok(performance.now() - started < 2000);
});
