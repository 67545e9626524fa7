import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleepMs } from "node:timers/promises";
import { RecordedDocuments } from "../testing/recorded-documents.ts";
import { StandInAxis } from "../testing/stand-in-axis.ts";
import { StandInGauge, StandInMonitoredGauge } from "../testing/stand-in-gauge.ts";
import { checkpoint } from "./messages/checkpoint.ts";
import { sleep } from "./messages/sleep.ts";
import type { Plan } from "./plan.ts";
import { inRun } from "./plans/in-run.ts";
import { scan } from "./plans/scan.ts";
import { RunEngine } from "./run-engine.ts";
import type { EngineState, RunEngineOptions } from "./run-engine-options.ts";
import { suspendWhen } from "./suspend-when.ts";

function prepared(options: RunEngineOptions = {}) {
  const warnings: string[] = [];
  const engine = new RunEngine({
    answerSeconds: 0.1,
    actionSeconds: 5,
    warn: (text) => warnings.push(text),
    ...options,
  });
  const documents = new RecordedDocuments();
  engine.subscribe(documents.take);
  return { engine, documents, warnings };
}

async function reach(engine: RunEngine, state: EngineState): Promise<void> {
  const startedMs = performance.now();
  while (engine.state !== state) {
    assert.ok(performance.now() - startedMs < 2000, `${engine.state}, not ${state}`);
    await sleepMs(1);
  }
}

/** An axis that takes `milliseconds` for each move, and gives up when it is told to. */
function slowAxis(milliseconds: number): StandInAxis {
  const axis = new StandInAxis("stage");
  axis.behaviour = {
    moveTo: (_, __, signal) => sleepMs(milliseconds, undefined, { signal }).then(() => {}),
  };
  return axis;
}

const fast = { everySeconds: 0.005 };

describe("a condition that fails", () => {
  test("in a move stops the axis; the plan waits, goes back to the checkpoint and gives each point once", async () => {
    const { engine, documents, warnings } = prepared();
    const current = new StandInGauge("current");
    current.value = 100;
    engine.install(suspendWhen(current, { below: 50, hysteresis: 10, ...fast }));
    const axis = slowAxis(40);
    const running = engine.run(scan([], { axis, start: 1, stop: 4 }, 4));
    while (axis.told.length < 3) await sleepMs(1);
    current.value = 3;
    await reach(engine, "suspended");
    assert.equal(axis.told.at(-1), "stop");
    const told = axis.told.length;
    current.value = 55;
    await sleepMs(60);
    assert.equal(engine.state, "suspended", "inside its hysteresis");
    assert.equal(axis.told.length, told, "nothing moves");
    current.value = 60;
    assert.equal((await running).exitStatus, "success");
    assert.deepEqual(documents.values("stage"), [1, 2, 3, 4]);
    assert.deepEqual(axis.told, ["move 1", "move 2", "move 3", "stop", "move 2", "move 3", "move 4"]);
    assert.deepEqual(warnings, ["The plan waits: current is 3 mA, below 50 mA.", "current is good again."]);
  });

  test("has to be good for its time before the plan goes on, from the start again when it fails meanwhile", async () => {
    const { engine } = prepared();
    const current = new StandInGauge("current");
    current.value = 1;
    engine.install(suspendWhen(current, { above: 50, resumeSeconds: 0.08, ...fast }));
    current.value = 99;
    const running = engine.run(inRun({}, [], checkpoint()));
    await reach(engine, "suspended");
    const seen = async (value: number) => {
      current.value = value;
      const { reads } = current;
      while (current.reads < reads + 3) await sleepMs(1);
    };
    await seen(1);
    await seen(99);
    current.value = 1;
    const goodMs = performance.now();
    await running;
    const waitedMs = performance.now() - goodMs;
    assert.ok(waitedMs >= 70, `${waitedMs} ms`);
  });

  test("before the plan begins keeps it from beginning", async () => {
    const { engine, documents } = prepared();
    const current = new StandInGauge("current");
    engine.install(suspendWhen(current, { below: 50, ...fast }));
    const axis = new StandInAxis("stage");
    const running = engine.run(scan([], { axis, start: 1, stop: 2 }, 2));
    await reach(engine, "suspended");
    assert.deepEqual([axis.told, documents.all], [[], []]);
    current.value = 80;
    await running;
    assert.deepEqual(documents.values("stage"), [1, 2]);
  });

  for (const [what, value, words] of [
    ["is NaN", Number.NaN, "current is NaN"],
    ["is missing", null, "current has no value"],
    [
      "cannot be read",
      () => {
        throw new Error("no power");
      },
      'current failed: its condition ended with "no power".',
    ],
    ["does not answer", () => new Promise<never>(() => {}), "current did not answer"],
  ] as const)
    test(`because its value ${what} is not known to be good`, async () => {
      const { engine, warnings } = prepared();
      const current = new StandInGauge("current");
      current.value = 80;
      engine.install(suspendWhen(current, { below: 50, ...fast }));
      const running = engine.run(inRun({}, [], sleep(0.4)));
      await sleepMs(20);
      current.value = value;
      await reach(engine, "suspended");
      assert.ok(warnings[0]!.startsWith(`The plan waits: ${words}`), warnings[0]);
      current.value = 80;
      assert.equal((await running).exitStatus, "success");
    });

  for (const end of ["abort", "halt"] as const)
    test(`can be waited for no longer: ${end} ends it at once`, async () => {
      const { engine, documents } = prepared();
      const current = new StandInGauge("current");
      current.value = 80;
      engine.install(suspendWhen(current, { below: 50, resumeSeconds: 1000, ...fast }));
      const running = engine.run(inRun({}, [], sleep(1000)));
      await sleepMs(20);
      current.value = 1;
      await reach(engine, "suspended");
      const startedMs = performance.now();
      engine[end]("enough");
      assert.equal((await running).exitStatus, "abort");
      assert.ok(performance.now() - startedMs < 200);
      assert.equal(documents.of("stop")[0]!.reason, "enough");
      const { reads } = current;
      await sleepMs(30);
      assert.equal(current.reads, reads, "nobody looks any more");
    });

  test("can be removed, and the plan goes on; installed in the middle, it holds", async () => {
    const { engine } = prepared();
    const current = new StandInGauge("current");
    const running = engine.run(inRun({}, [], sleep(0.1)));
    await sleepMs(10);
    const remove = engine.install(suspendWhen(current, { below: 50, ...fast }));
    await reach(engine, "suspended");
    remove();
    assert.equal((await running).exitStatus, "success");
  });

  test("is heard at once from a device that tells its changes", async () => {
    const { engine, documents } = prepared();
    const current = new StandInMonitoredGauge("current");
    current.value = 80;
    engine.install(suspendWhen(current, { below: 50, everySeconds: 1000, resumeSeconds: 0.02 }));
    const axis = slowAxis(40);
    const running = engine.run(scan([], { axis, start: 1, stop: 2 }, 2));
    await sleepMs(20);
    current.change(1);
    await reach(engine, "suspended");
    current.change(80);
    await running;
    assert.deepEqual([current.reads, current.observers.size], [0, 0]);
    assert.deepEqual(documents.values("stage"), [1, 2]);
  });

  test("together with a pause: both have to be over", async () => {
    const { engine } = prepared();
    const current = new StandInGauge("current");
    current.value = 80;
    engine.install(suspendWhen(current, { below: 50, ...fast }));
    const running = engine.run(inRun({}, [], sleep(0.05)));
    await sleepMs(10);
    current.value = 1;
    await reach(engine, "suspended");
    engine.pause();
    await reach(engine, "paused");
    current.value = 80;
    await sleepMs(30);
    assert.equal(engine.state, "paused");
    current.value = 1;
    await sleepMs(20);
    engine.resume();
    await reach(engine, "suspended");
    engine.resume();
    await sleepMs(20);
    assert.equal(engine.state, "suspended", "resume does not make a beam");
    current.value = 80;
    assert.equal((await running).exitStatus, "success");
  });

  test("while a device is made ready lets that end first, and it is not done twice", async () => {
    const { engine } = prepared();
    const current = new StandInGauge("current");
    current.value = 80;
    engine.install(suspendWhen(current, { below: 50, ...fast }));
    const staged: string[] = [];
    const shutter = Object.assign(new StandInGauge("shutter"), {
      stage: async () => {
        staged.push("begun");
        current.value = 1;
        await sleepMs(40);
        staged.push("ready");
      },
      unstage: async () => {},
    });
    const running = engine.run(inRun({}, [shutter], checkpoint()));
    await reach(engine, "suspended");
    assert.deepEqual(staged, ["begun", "ready"]);
    current.value = 80;
    await running;
    assert.deepEqual(staged, ["begun", "ready"]);
  });
});

describe("a condition between points", () => {
  const full = (limit: () => boolean) => ({
    name: "the storage",
    when: "between points" as const,
    everySeconds: 0.005,
    resumeSeconds: 0,
    condition: () => (limit() ? "the ring is 90 % full" : undefined),
  });

  test("holds the plan at its next checkpoint, and nothing is done twice", async () => {
    const { engine, documents, warnings } = prepared();
    let isFull = false;
    engine.install(full(() => isFull));
    const axis = new StandInAxis("stage");
    axis.behaviour = {
      moveTo: async (_, call) => {
        if (call === 2) isFull = true;
      },
    };
    const running = engine.run(scan([], { axis, start: 1, stop: 4 }, 4));
    await reach(engine, "suspended");
    assert.deepEqual(documents.values("stage"), [1, 2], "the point was ended");
    await sleepMs(30);
    assert.deepEqual(documents.values("stage"), [1, 2]);
    isFull = false;
    assert.equal((await running).exitStatus, "success");
    assert.deepEqual(axis.told, ["move 1", "move 2", "move 3", "move 4"]);
    assert.deepEqual(warnings, ["The plan waits: the ring is 90 % full.", "the storage is good again."]);
  });

  for (const end of ["abort", "pause"] as const)
    test(`${end} is heard while the plan waits`, async () => {
      const { engine, documents } = prepared();
      let isFull = true;
      engine.install(full(() => isFull));
      const axis = new StandInAxis("stage");
      const running = engine.run(scan([], { axis, start: 1, stop: 2 }, 2));
      await reach(engine, "suspended");
      engine[end]();
      if (end === "pause") {
        await reach(engine, "paused");
        engine.resume();
        await reach(engine, "suspended");
        isFull = false;
        assert.equal((await running).exitStatus, "success");
        assert.deepEqual(documents.values("stage"), [1, 2]);
      } else assert.equal((await running).exitStatus, "abort");
    });

  test("that is removed while the plan waits for it lets the plan go on", async () => {
    const { engine } = prepared();
    const remove = engine.install(full(() => true));
    const running = engine.run(inRun({}, [], checkpoint()));
    await reach(engine, "suspended");
    remove();
    assert.equal((await running).exitStatus, "success");
  });

  test("is asked at every checkpoint, however fast they come", async () => {
    const { engine } = prepared();
    let asked = 0;
    engine.install({ ...full(() => false), condition: () => void asked++ });
    const steps = function* (): Plan {
      for (let point = 0; point < 100; point++) yield* checkpoint();
    };
    await engine.run(inRun({}, [], steps()));
    assert.equal(asked, 101, "once before the plan begins");
  });
});

test("bounds that no value can meet are refused", () => {
  const current = new StandInGauge("current");
  for (const options of [
    {},
    { below: 5, above: 4 },
    { below: 4, above: 5, hysteresis: 1 },
    { below: Number.NaN },
  ])
    assert.throws(() => suspendWhen(current, options), { code: "usage" });
});
