import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleepMs } from "node:timers/promises";
import { createOpticalBench } from "../devices/sim/optical-bench.ts";
import { StandInAxis } from "../testing/stand-in-axis.ts";
import { watchedEngine } from "../testing/watched-engine.ts";
import { checkpoint } from "./messages/checkpoint.ts";
import { closeRun } from "./messages/close-run.ts";
import { openRun } from "./messages/open-run.ts";
import { sleep } from "./messages/sleep.ts";
import { stage } from "./messages/stage.ts";
import type { Plan } from "./plan.ts";
import { inRun } from "./plans/in-run.ts";
import { moveTo, point } from "./plans/point.ts";
import { scan } from "./plans/scan.ts";

const never = () => new Promise<void>(() => {});

const atOnce = () => createOpticalBench({ speed: Number.POSITIVE_INFINITY });

describe("abort", () => {
  for (const [what, stop] of [
    ["obeys", async () => {}],
    ["does not answer a stop either", never],
  ] as const)
    test(`takes effect within 200 ms during a move that never ends, of a device that ${what}`, async () => {
      const { engine, documents } = watchedEngine({ actionSeconds: 1000 });
      const axis = new StandInAxis("stage");
      axis.behaviour = { moveTo: never, stop };
      const running = engine.run(scan([], { axis, start: 1, stop: 4 }, 2));
      await axis.whenTold("move 1");
      const startedMs = performance.now();
      engine.abort("the sample burns");
      assert.equal((await running).exitStatus, "abort");
      assert.ok(performance.now() - startedMs < 200, `${performance.now() - startedMs} ms`);
      assert.deepEqual(axis.told, ["move 1", "stop"]);
      const [stopDocument] = documents.of("stop");
      assert.equal(stopDocument!.exit_status, "abort");
      assert.equal(stopDocument!.reason, "the sample burns");
    });

  test("lets the plan clean up and puts devices away", async () => {
    const { engine } = watchedEngine();
    const { shutter } = atOnce();
    const places: string[] = [];
    const steps = function* (): Plan {
      try {
        yield* sleep(1000);
      } finally {
        places.push(`shutter ${shutter.open ? "open" : "closed"}`);
      }
    };
    const running = engine.run(inRun({}, [shutter], steps()));
    await sleepMs(20);
    engine.abort();
    await running;
    assert.deepEqual(places, ["shutter open"]);
    assert.equal(shutter.open, false);
  });

  test("takes effect in a plan whose devices answer at once", async () => {
    const { engine, documents } = watchedEngine();
    const axis = new StandInAxis("stage");
    const endless = function* (): Plan {
      for (;;) yield* checkpoint();
    };
    const running = engine.run(inRun({}, [], endless()));
    await sleepMs(30);
    const startedMs = performance.now();
    engine.abort();
    await running;
    assert.ok(performance.now() - startedMs < 200);
    assert.ok(documents.complete);
    assert.deepEqual(axis.told, []);
  });

  test("cannot be caught by a plan that mends every error", async () => {
    const { engine } = watchedEngine();
    const axis = new StandInAxis("stage");
    const stubborn = function* (): Plan {
      for (let place = 0; ; place = (place + 1) % 100)
        try {
          yield* point([], [[axis, place]]);
        } catch {
          // As if nothing had happened.
        }
    };
    const running = engine.run(inRun({}, [], stubborn()));
    await sleepMs(30);
    const startedMs = performance.now();
    engine.abort();
    const moves = axis.told.length;
    await running;
    assert.ok(performance.now() - startedMs < 200);
    assert.ok(axis.told.length <= moves + 1, "at most a stop was said");
  });

  test("tries each clean-up, also when one of them fails", async () => {
    const { engine, warnings } = watchedEngine();
    const axis = new StandInAxis("stage");
    const steps = function* (): Plan {
      try {
        try {
          yield* sleep(1000);
        } finally {
          axis.behaviour = { moveTo: () => Promise.reject(new Error("stalled")) };
          yield* moveTo([[axis, 1]]);
        }
      } finally {
        axis.behaviour = {};
        yield* moveTo([[axis, 2]]);
      }
    };
    const running = engine.run(inRun({}, [], steps()));
    await sleepMs(20);
    engine.abort();
    await running;
    assert.deepEqual(axis.told, ["move 1", "move 2"]);
    assert.match(warnings.join(), /stalled/);
  });

  test("lets no clean-up open or close a run", async () => {
    const { engine, documents, warnings } = watchedEngine();
    const steps = function* (): Plan {
      try {
        yield* sleep(1000);
      } finally {
        yield* openRun();
        yield* closeRun();
      }
    };
    const running = engine.run(inRun({}, [], steps()));
    await sleepMs(20);
    engine.abort();
    await running;
    assert.deepEqual(warnings, []);
    assert.equal(documents.of("start").length, 1);
    assert.equal(documents.of("stop").length, 1);
  });

  test("at the moment when the plan fails still puts devices away", async () => {
    const { engine, warnings } = watchedEngine();
    const { shutter } = atOnce();
    const steps = function* (): Plan {
      yield* sleep(0);
      engine.abort();
      throw new Error("the sample is gone");
    };
    const plan = function* (): Plan<unknown> {
      yield* openRun();
      yield* stage(shutter);
      return yield* steps();
    };
    await assert.rejects(engine.run(plan()), { message: "the sample is gone" });
    assert.deepEqual([shutter.open, warnings], [false, []]);
  });

  test("a second time ends a clean-up that takes too long", async () => {
    const { engine, warnings } = watchedEngine();
    const steps = function* (): Plan {
      try {
        yield* sleep(1000);
      } finally {
        yield* sleep(1000);
      }
    };
    const running = engine.run(inRun({}, [], steps()));
    await sleepMs(20);
    engine.abort();
    await sleepMs(20);
    assert.equal(engine.state, "ending");
    engine.abort();
    assert.equal((await running).exitStatus, "abort");
    assert.deepEqual(warnings, []);
  });
});

test("halt brings devices into their safe state and leaves out the plan's clean-up", async () => {
  const { engine, documents } = watchedEngine();
  const { laser, shutter } = createOpticalBench();
  const places: string[] = [];
  const steps = function* (): Plan {
    try {
      yield* moveTo([[laser, 1000]]);
    } finally {
      places.push("cleaned up");
    }
  };
  const running = engine.run(inRun({}, [laser, shutter], steps()));
  await sleepMs(100);
  engine.halt();
  const { exitStatus, reason } = await running;
  assert.deepEqual([exitStatus, reason, places], ["abort", "halted by the user", []]);
  assert.deepEqual([laser.emission, shutter.open], [false, false]);
  assert.ok(laser.wavelengthNm < 900, "it was stopped on its way");
  assert.ok(documents.complete);
});
