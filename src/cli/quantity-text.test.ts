import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesText, countText, rateText, shapeText } from "./quantity-text.ts";

test("bytes go up to the next unit where three digits would round to four", () => {
  const texts = [0, 512, 999, 1000, 99_949, 99_951, 999_499, 999_600, 4.2e15].map(bytesText);
  assert.deepEqual(texts, [
    "0 bytes",
    "512 bytes",
    "999 bytes",
    "1.0 kB",
    "99.9 kB",
    "100 kB",
    "999 kB",
    "1.0 MB",
    "4200 TB",
  ]);
});

test("rates have four digits, counts their plural, shapes their product sign", () => {
  assert.deepEqual([29.9666, 100, 123_456.7, 0.0033333].map(rateText), [
    "29.97",
    "100",
    "123,457",
    "0.003333",
  ]);
  assert.deepEqual([countText(1, "record"), countText(2000, "record")], ["1 record", "2,000 records"]);
  assert.deepEqual([shapeText([]), shapeText([480, 640])], ["scalar", "480 × 640"]);
});
