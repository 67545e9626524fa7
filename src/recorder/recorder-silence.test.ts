import assert from "node:assert/strict";
import { test } from "node:test";
import { RecorderSilence } from "./recorder-silence.ts";

test("silence adds up from look to look, and ends with a sign of life", () => {
  let nowMs = 0;
  const silence = new RecorderSilence(() => nowMs);
  nowMs = 900;
  assert.equal(silence.look(1000), 900);
  nowMs = 1800;
  assert.equal(silence.look(1000), 1800);
  silence.heard();
  nowMs = 2000;
  assert.equal(silence.look(1000), 200);
});

test("hours in which this process was stopped itself are not the other one's silence", () => {
  let nowMs = 0;
  const silence = new RecorderSilence(() => nowMs);
  nowMs = 7_200_000;
  assert.equal(silence.look(1000), 1000);
});
