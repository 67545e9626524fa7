import assert from "node:assert/strict";
import { test } from "node:test";
import { parseUnixSeconds } from "./decimal-time.ts";

const cases: readonly (readonly [string, bigint])[] = [
  ["0", 0n],
  ["1700000000", 1_700_000_000_000_000_000n],
  ["1700000000.123456789", 1_700_000_000_123_456_789n],
  ["1700000000.1", 1_700_000_000_100_000_000n],
  ["1700000000.000000001", 1_700_000_000_000_000_001n],
  ["1700000000.0000000004", 1_700_000_000_000_000_000n],
  ["1700000000.0000000005", 1_700_000_000_000_000_001n],
  ["1.700000000123456789e9", 1_700_000_000_123_456_789n],
  ["1700000000123456789E-9", 1_700_000_000_123_456_789n],
  ["+5.", 5_000_000_000n],
  [".5", 500_000_000n],
  ["-0.25", -250_000_000n],
  ["5e-10", 1n],
  ["4e-10", 0n],
  ["9e-11", 0n],
  ["0e999", 0n],
  ["9223372036.854775807", 2n ** 63n - 1n],
];

for (const [text, ns] of cases)
  test(`reads ${text} s as ${ns} ns`, () => {
    assert.equal(parseUnixSeconds(text), ns);
  });

for (const text of [
  "",
  ".",
  "-",
  "e9",
  "nan",
  "12:30",
  "0x10",
  "1,5",
  "9223372036.854775808",
  "1e30",
  "1".repeat(100),
  " 1",
])
  test(`does not take ${JSON.stringify(text.slice(0, 20))} for a time`, () => {
    assert.equal(parseUnixSeconds(text), undefined);
  });
