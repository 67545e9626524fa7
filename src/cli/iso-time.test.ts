import assert from "node:assert/strict";
import { test } from "node:test";
import { isoTime } from "./iso-time.ts";

test("keeps every nanosecond", () => {
  assert.equal(isoTime(1_700_000_000_123_456_789n), "2023-11-14T22:13:20.123456789Z");
  assert.equal(isoTime("1700000000000000001"), "2023-11-14T22:13:20.000000001Z");
});

test("counts back from 1970 as well, and says what no calendar can", () => {
  assert.equal(isoTime(-1n), "1969-12-31T23:59:59.999999999Z");
  assert.equal(isoTime(2n ** 80n), `${2n ** 80n} ns`);
});
