import assert from "node:assert/strict";
import { test } from "node:test";
import { alignedRow, type CaseReport, jsonLine, reaches, rounded, tableRows } from "./report.ts";

const report: CaseReport = {
  name: "ring/copy/frames-8MiB",
  runs: 5,
  quick: false,
  quantities: new Map([
    ["mb_per_s", { median: 8912.34, min: 8000, max: 9100.9 }],
    ["ratio", { median: 0.97654321, min: 0.9, max: 1.01 }],
  ]),
  goals: [{ quantity: "ratio", atLeast: 0.8 }],
};

test("a JSON line has the peers' keys, and the spread beside each quantity", () => {
  assert.deepEqual(JSON.parse(jsonLine(report)), {
    case: "ring/copy/frames-8MiB",
    peer: "daq-storage",
    runs: 5,
    mb_per_s: 8912,
    mb_per_s_min: 8000,
    mb_per_s_max: 9101,
    ratio: 0.9765,
    ratio_min: 0.9,
    ratio_max: 1.01,
    ratio_reached: true,
  });
});

test("a line of a quick run says so", () => {
  assert.equal(JSON.parse(jsonLine({ ...report, quick: true })).quick, true);
});

test("the table names the case once and says whether the goal was reached", () => {
  assert.deepEqual(tableRows(report), [
    ["ring/copy/frames-8MiB", "mb_per_s", "8,912", "(8,000–9,101)", ""],
    ["", "ratio", "0.9765", "(0.9–1.01)", "at least 0.8: reached"],
  ]);
});

test("a goal that was missed is called missed, in both directions", () => {
  const missed = { ...report, goals: [{ quantity: "mb_per_s", atLeast: 9000 }] };
  assert.equal(tableRows(missed)[0]!.at(-1), "at least 9,000: missed");
  assert.equal(JSON.parse(jsonLine(missed)).mb_per_s_reached, false);
  assert.ok(reaches({ quantity: "p50_us", atMost: 20 }, 20));
  assert.ok(!reaches({ quantity: "p50_us", atMost: 20 }, 20.1));
});

test("small values keep four digits, large ones lose their fraction", () => {
  assert.equal(rounded(0.000123456), 0.0001235);
  assert.equal(rounded(1234567.8), 1234568);
  assert.equal(rounded(12), 12);
});

test("cells stand below each other, and lines have no blanks at their end", () => {
  assert.equal(alignedRow(["a", "b", ""], [3, 2, 4]), "a    b");
});
