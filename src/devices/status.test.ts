import assert from "node:assert/strict";
import { test } from "node:test";
import { answerOf, Status } from "./status.ts";

const never = new Promise<void>(() => {});
const signal = new AbortController().signal;

test("a device that never answers is an error that names it, what was waited for, and how long", async () => {
  await assert.rejects(new Status("laser", "the move to 800 nm", never).wait({ timeoutMs: 20, signal }), {
    code: "device",
    message: "laser did not answer: waited 0.02 s for the move to 800 nm.",
  });
  await assert.rejects(
    answerOf("meter", "a reading", () => never, { timeoutMs: 20, signal }),
    { code: "device", message: "meter did not answer: waited 0.02 s for a reading." },
  );
});

test("an abort ends the waiting at once, with its reason", async () => {
  const abort = new AbortController();
  const waiting = new Status("laser", "the move", never).wait({ timeoutMs: 60_000, signal: abort.signal });
  const startedMs = performance.now();
  abort.abort(new Error("enough"));
  await assert.rejects(waiting, { message: "enough" });
  assert.ok(performance.now() - startedMs < 50);
  await assert.rejects(
    answerOf("meter", "a reading", async () => 1, { timeoutMs: 1000, signal: abort.signal }),
    { message: "enough" },
  );
});

test("a failure that is not ours is told with the device's name and the cause", async () => {
  const status = new Status("stage", "the move to 3 mm", Promise.reject(new Error("stalled")));
  await assert.rejects(status.wait({ timeoutMs: 1000, signal }), {
    code: "device",
    message: 'stage failed: the move to 3 mm ended with "stalled".',
  });
  assert.equal(status.state, "failed");
  const thrown = () => {
    throw new TypeError("broken driver");
  };
  await assert.rejects(answerOf("meter", "a reading", thrown, { timeoutMs: 1000, signal }), {
    code: "device",
  });
});

test("nobody has to wait for a failure", async () => {
  const status = new Status("stage", "the move", Promise.reject(new Error("stalled")));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(status.state, "failed");
});

test("an answer is handed on, and leaves no timer behind", async () => {
  const answer = await answerOf("meter", "a reading", async () => 4.7, { timeoutMs: 1_000_000, signal });
  assert.equal(answer, 4.7);
  assert.deepEqual(
    process.getActiveResourcesInfo().filter((name) => name === "Timeout"),
    [],
  );
});
