import assert from "node:assert/strict";
import { test } from "node:test";
import { fillFrames, frames8, frames16, makeSamples, sampleColumns } from "./generate-input.ts";

test("the same samples come out every time", () => {
  assert.deepEqual(makeSamples(500), makeSamples(500));
});

test("a longer input begins with the values of a shorter one", () => {
  const short = makeSamples(100);
  const long = makeSamples(300);
  for (const column of sampleColumns.keys())
    assert.deepEqual(
      long.subarray(column * 300, column * 300 + 100),
      short.subarray(column * 100, (column + 1) * 100),
    );
});

test("samples are volts in steps of a 16-bit converter, and time counts at 100 kHz", () => {
  const rows = 4000;
  const values = makeSamples(rows);
  assert.equal(values.length, rows * 5);
  assert.equal(values[1], 1 / 100_000);
  let largest = 0;
  for (const volts of values.subarray(rows)) {
    assert.ok(Number.isInteger(volts / (20 / 65_536)), `${volts} V is not a step of the converter`);
    largest = Math.max(largest, Math.abs(volts));
  }
  assert.ok(largest > 4.9 && largest < 5.1, `the largest is ${largest} V`);
});

test("channels differ", () => {
  const values = makeSamples(1000);
  assert.notDeepEqual(values.subarray(1000, 2000), values.subarray(2000, 3000));
});

test("frames show a bright spot in the middle of a dark floor, with noise, the same every time", () => {
  const shape = { ...frames16, count: 2, height: 64, width: 96, sigmaPixels: 5 };
  const pixels = new Uint16Array(2 * 64 * 96);
  fillFrames(pixels, shape);
  const again = new Uint16Array(pixels.length);
  fillFrames(again, shape);
  assert.deepEqual(pixels, again);
  const corner = pixels[0]!;
  const middle = pixels[34 * 96 + 48]!;
  assert.ok(corner > 80 && corner < 120, `the corner has ${corner} counts`);
  assert.ok(middle > 1500 && middle < 2200, `the middle has ${middle} counts`);
  assert.ok(new Set(pixels.subarray(0, 96)).size > 3, "a row of the floor has no noise");
  assert.notDeepEqual(pixels.subarray(0, 64 * 96), pixels.subarray(64 * 96));
});

test("no pixel leaves the range of the converter", () => {
  const pixels = new Uint8Array(64 * 96);
  fillFrames(pixels, { ...frames8, count: 1, height: 64, width: 96, peak: 400 });
  assert.equal(Math.max(...pixels), 255);
});
