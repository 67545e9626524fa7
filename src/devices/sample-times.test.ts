import assert from "node:assert/strict";
import { test } from "node:test";
import { fillSampleTimes, sampleOffsetNs } from "./sample-times.ts";

const startNs = 1_700_000_000_123_456_789n;

/** index × 10⁹ ⁄ rate in whole-number arithmetic, halves up. */
function exact(index: number, rateHz: number): bigint {
  return (2n * BigInt(index) * 1_000_000_000n + BigInt(rateHz)) / (2n * BigInt(rateHz));
}

for (const rateHz of [1, 3, 7, 30, 44_100, 48_000, 625_000, 999_983])
  test(`spaces samples at ${rateHz} Hz exactly, also after a day`, () => {
    for (const first of [0, 1, 1000, rateHz * 86_400 - 50, rateHz * 86_400 + 17]) {
      const times = new BigInt64Array(100);
      fillSampleTimes(times, startNs, first, 100, rateHz);
      for (let index = 0; index < 100; index++) {
        assert.equal(times[index], startNs + exact(first + index, rateHz));
        assert.equal(sampleOffsetNs(first + index, rateHz), exact(first + index, rateHz));
      }
    }
  });

test("spaces samples of a rate with a fraction", () => {
  const times = new BigInt64Array(3);
  fillSampleTimes(times, startNs, 0, 3, 0.5);
  assert.deepEqual([...times], [startNs, startNs + 2_000_000_000n, startNs + 4_000_000_000n]);
});

test("counts on from times before 1970", () => {
  const times = new BigInt64Array(2);
  fillSampleTimes(times, -1n, 0, 2, 1_000_000_000);
  assert.deepEqual([...times], [-1n, 0n]);
});
