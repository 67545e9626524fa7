import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { AttemptTime, AttemptTimeout } from "./attempt-time.ts";

test("ends an attempt that does not answer, also one that does not heed its signal", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const time = new AttemptTime(20_000);
  let signal: AbortSignal | undefined;
  const attempt = time.run(0, (given) => {
    signal = given;
    return new Promise<never>(() => {});
  });
  mock.timers.tick(19_999);
  assert.equal(signal?.aborted, false);
  mock.timers.tick(1);
  await assert.rejects(attempt, AttemptTimeout);
  assert.equal(signal?.aborted, true);
  mock.timers.reset();
});

test("gives large objects longer, and on a slow line twice as long the next time", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const time = new AttemptTime(20_000);
  const bytes = 8 << 20; // 32 s at 256 KiB/s
  for (const limitMs of [52_000, 84_000, 148_000]) {
    let isOver = false;
    const attempt = time.run(bytes, () => new Promise<never>(() => {}));
    const ended = attempt.catch(() => {
      isOver = true;
    });
    mock.timers.tick(limitMs - 1);
    await Promise.resolve();
    assert.equal(isOver, false, `${limitMs}`);
    mock.timers.tick(1);
    await ended;
    assert.equal(isOver, true);
  }
  mock.timers.reset();
});

test("leaves no timer behind an attempt that ended", async () => {
  const before = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  assert.equal(await new AttemptTime(60_000).run(0, async () => 5), 5);
  await assert.rejects(
    new AttemptTime(60_000).run(0, () => Promise.reject(new Error("no"))),
    /no/,
  );
  const after = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  assert.equal(after, before);
});
