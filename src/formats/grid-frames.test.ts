import assert from "node:assert/strict";
import { test } from "node:test";
import type { LostRange } from "../model/ledger.ts";
import { storedFrames } from "./grid-frames.ts";

const range = (first: number, count: number): LostRange => ({ first, count, reason: "device", atNs: "0" });
const ledger = (ranges: readonly LostRange[], stored: number) => ({
  complete: true,
  accounts: [{ stream: "cam", produced: 10, stored, lost: 10 - stored, ranges }],
});
const frames = { stream: "cam", numbers: [0, 2, 3, 4, null, 9] };

test("frames behind lost ones are in earlier rows, and lost ones in none", () => {
  assert.deepEqual(storedFrames(frames, ledger([], 10)), [0, 2, 3, 4, null, 9]);
  assert.deepEqual(storedFrames(frames, ledger([range(3, 1)], 9)), [0, 2, null, 3, null, 8]);
  assert.deepEqual(storedFrames(frames, ledger([range(4, 2), range(0, 1)], 7)), [null, 1, 2, null, null, 6]);
  assert.deepEqual(storedFrames(frames, ledger([range(5, 5)], 5)), [0, 2, 3, 4, null, null]);
});

test("where it is not known what was lost, no frame is said to be anywhere", () => {
  const more = { file: "cam.losses.csv", ranges: 1, lost: { device: 1 } };
  const [account] = ledger([], 9).accounts;
  assert.equal(storedFrames(frames, { complete: true, accounts: [{ ...account!, more }] }), undefined);
  assert.equal(storedFrames(frames, { complete: true, accounts: [] }), undefined);
});

test("frames behind those that were deleted from their rows are found at their own rows", () => {
  const ranges = [
    { first: 1, count: 1, reason: "device", atNs: "1" },
    { first: 3, count: 2, reason: "writer-failed", atNs: "1", detail: "deleted" },
  ] as const;
  const account = { stream: "cam", produced: 7, stored: 4, lost: 3, ranges };
  const rows = storedFrames(
    { stream: "cam", numbers: [0, 1, 2, 3, 4, 5, 6, 7] },
    { complete: true, accounts: [account] },
    ({ detail }) => detail === "deleted",
  );
  assert.deepEqual(rows, [0, null, 1, null, null, 4, 5, null]);
});
