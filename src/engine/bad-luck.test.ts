import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleepMs } from "node:timers/promises";
import type { Readings } from "../model/reading.ts";
import { StandInAxis } from "../testing/stand-in-axis.ts";
import { StandInGauge } from "../testing/stand-in-gauge.ts";
import { watchedEngine } from "../testing/watched-engine.ts";
import { dryRun } from "./dry-run.ts";
import { addMetadata } from "./messages/add-metadata.ts";
import { beginMove } from "./messages/begin-move.ts";
import { beginTrigger } from "./messages/begin-trigger.ts";
import { checkpoint } from "./messages/checkpoint.ts";
import { create } from "./messages/create.ts";
import { openRun } from "./messages/open-run.ts";
import { read } from "./messages/read.ts";
import { retryRead } from "./messages/retry-read.ts";
import { save } from "./messages/save.ts";
import { sleep } from "./messages/sleep.ts";
import { stage } from "./messages/stage.ts";
import { wait } from "./messages/wait.ts";
import type { Plan } from "./plan.ts";
import { count } from "./plans/count.ts";
import { gridScan } from "./plans/grid-scan.ts";
import { inRun } from "./plans/in-run.ts";
import { listScan } from "./plans/list-scan.ts";
import { moveTo, point, triggerAndRead } from "./plans/point.ts";
import { scan } from "./plans/scan.ts";
import type { RunEngineOptions } from "./run-engine-options.ts";
import { withTimeout } from "./with-timeout.ts";

const never = () => new Promise<never>(() => {});

const prepared = (options: RunEngineOptions = {}) =>
  watchedEngine({ answerSeconds: 0.05, actionSeconds: 0.2, ...options });

describe("a late answer", () => {
  test("of a reading is never taken for that of a later question", async () => {
    const { engine, documents } = prepared();
    const meter = new StandInGauge("meter");
    meter.value = () => (meter.reads === 2 ? sleepMs(80).then(() => 666) : meter.reads);
    const steps = function* (): Plan {
      for (let attempt = 1; attempt <= 4; attempt++)
        try {
          yield* triggerAndRead([meter]);
        } catch {
          yield* sleep(0.02);
        }
      yield* sleep(0.1);
      yield* triggerAndRead([meter]);
    };
    await engine.run(inRun({}, [], steps()));
    assert.deepEqual(documents.values("meter"), [1, 3, 4, 5]);
  });

  test("to a question before a pause is not taken for that after it", async () => {
    const { engine, documents } = prepared({ answerSeconds: 5 });
    const meter = new StandInGauge("meter");
    const late: ((value: number) => void)[] = [];
    meter.value = () =>
      meter.reads === 1 ? new Promise<number>((resolve) => late.push(resolve)) : sleepMs(30).then(() => 2);
    const running = engine.run(count([meter]));
    while (late.length === 0) await sleepMs(1);
    engine.pause();
    while (engine.state !== "paused") await sleepMs(1);
    engine.resume();
    while (meter.reads < 2) await sleepMs(1);
    late[0]!(666);
    await running;
    assert.deepEqual(documents.values("meter"), [2]);
  });

  test("of a move that was given up does not end the wait for the next one", async () => {
    const { engine, documents } = prepared({ actionSeconds: 0.1 });
    const axis = new StandInAxis("stage");
    const moves: (() => void)[] = [];
    axis.behaviour = {
      moveTo: (_, call) => new Promise((resolve) => moves.push(call < 3 ? resolve : () => {})),
    };
    const steps = function* (): Plan {
      for (const place of [1, 2])
        try {
          yield* point([], [[axis, place]]);
        } catch {
          // The next place, then.
        }
    };
    const running = engine.run(inRun({}, [], steps()));
    while (moves.length < 2) await sleepMs(1);
    moves[0]!();
    await sleepMs(20);
    assert.equal(documents.of("event").length, 0, "the second move goes on");
    moves[1]!();
    await running;
    assert.deepEqual(documents.values("stage"), [2]);
  });

  test("of a move that a pause interrupted does not end the wait for it afterwards", async () => {
    const { engine, documents } = prepared({ actionSeconds: 5 });
    const axis = new StandInAxis("stage");
    const arrive = new Map<number, () => void>();
    axis.behaviour = {
      moveTo: (_, call) =>
        call === 2 ? Promise.resolve() : new Promise((resolve) => arrive.set(call, resolve)),
    };
    const running = engine.run(scan([], { axis, start: 4, stop: 4 }, 1));
    while (!arrive.has(1)) await sleepMs(1);
    engine.pause();
    while (engine.state !== "paused") await sleepMs(1);
    engine.resume();
    while (!arrive.has(3)) await sleepMs(1);
    arrive.get(1)!();
    await sleepMs(20);
    assert.equal(documents.of("event").length, 0);
    arrive.get(3)!();
    await running;
    assert.equal(documents.of("event").length, 1);
  });
});

describe("what a plan left behind in a group", () => {
  test("when a step failed is not waited for in a later step of the same group", async () => {
    const { engine, documents } = prepared({ actionSeconds: 0.2 });
    const [good, bad] = [new StandInAxis("good"), new StandInAxis("bad")];
    good.behaviour = { moveTo: (_, call) => (call === 1 ? never() : Promise.resolve()) };
    bad.behaviour = {};
    const steps = function* (): Plan {
      try {
        yield* beginMove(good, 1, "axes");
        yield* beginMove(bad, 1000, "axes");
      } catch {
        // Outside its limits. The good one was sent off, and stopped.
      }
      yield* moveTo([[good, 2]]);
      yield* triggerAndRead([good]);
    };
    await engine.run(inRun({}, [], steps()));
    assert.deepEqual(good.told, ["move 1", "stop", "move 2"]);
    assert.deepEqual(documents.values("good"), [2]);
  });

  test("before a pause is not waited for after it", async () => {
    const { engine } = prepared({ actionSeconds: 0.2 });
    const axis = new StandInAxis("stage");
    axis.behaviour = { moveTo: (_, call) => (call === 1 ? never() : Promise.resolve()) };
    const steps = function* (): Plan {
      yield* checkpoint();
      yield* beginMove(axis, 1, "axes");
      yield* sleep(0.03);
      yield* wait("axes");
    };
    const running = engine.run(inRun({}, [], steps()));
    while (axis.told.length === 0) await sleepMs(1);
    engine.pause();
    while (engine.state !== "paused") await sleepMs(1);
    engine.resume();
    assert.equal((await running).exitStatus, "success");
  });
});

describe("what a device gives wrongly", () => {
  for (const [what, readings, message] of [
    ["too few values", { meter: [1, 2] }, /meter: expected 3 values, found 2/],
    ["too many values", { meter: [1, 2, 3, 4] }, /meter: expected 3 values, found 4/],
    ["a single value for a list", { meter: 1 }, /meter: expected a list, found 1/],
    ["another quantity", { meter: [1, 2, 3], other: 1 }, /a value for "other"/],
    ["no value", {}, /no value for "meter"/],
  ] as const)
    test(`${what}, ends the run with its name, and is in no event`, async () => {
      const { engine, documents } = prepared();
      const stamped = (values: object): Readings =>
        Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, timestampNs: 1n }]));
      let reads = 0;
      const meter = {
        id: "meter",
        describe: async () => ({
          meter: { dtype: "float64", shape: [3], unit: null, source: "stand-in" } as const,
        }),
        read: async () => stamped(++reads === 2 ? readings : { meter: [1, 2, 3] }),
      };
      await assert.rejects(engine.run(count([meter], { num: 3 })), { code: "device", message });
      assert.equal(documents.of("event").length, 1);
      assert.match(documents.of("stop")[0]!.reason!, message);
    });

  test("NaN is kept as NaN, and is not a value that is missing", async () => {
    const { engine, documents } = prepared();
    const meter = new StandInGauge("meter");
    meter.value = () => [Number.NaN, null, Number.POSITIVE_INFINITY][meter.reads - 1]!;
    await engine.run(count([meter], { num: 3 }));
    assert.deepEqual(documents.values("meter"), [Number.NaN, null, Number.POSITIVE_INFINITY]);
    assert.equal(documents.of("stop")[0]!.exit_status, "success");
  });
});

test("a limit exceeded at point 9,000 is found before the start, and no device was touched", async () => {
  const { engine, documents } = prepared();
  const axis = new StandInAxis("stage");
  const places = Array.from({ length: 10_000 }, (_, index) =>
    index === 8_999 ? 100.001 : (index % 100) / 2,
  );
  const make = () => listScan([], { axis, places });
  const refusal = {
    code: "device",
    message: /100\.001 mm.*That is point 9000 of the plan; nothing was moved/,
  };
  assert.throws(() => dryRun(make()), refusal);
  await assert.rejects(engine.run(make()), refusal);
  assert.deepEqual([axis.told, documents.all], [[], []]);
});

test("a limit that a plan of its own exceeds at its ninth point is found dry; else the run fails there, with the points before", async () => {
  const { engine, documents } = prepared();
  const axis = new StandInAxis("stage");
  function* steps(): Plan {
    for (let point = 1; point <= 20; point++) {
      yield* moveTo([[axis, point === 9 ? 100.001 : point]]);
      yield* triggerAndRead([axis]);
    }
  }
  const make = () => inRun({ plan_name: "mine" }, [], steps());
  assert.throws(() => dryRun(make()), { code: "device", message: /100\.001 mm.*at point 9 of/ });
  assert.deepEqual([axis.told, documents.all], [[], []]);
  await assert.rejects(engine.run(make()), { message: /100\.001 mm/ });
  assert.equal(documents.of("event").length, 8);
  assert.equal(documents.of("stop")[0]!.exit_status, "fail");
  assert.equal(axis.told.filter((told) => told !== "stop").at(-1), "move 8");
});

test("a limit that a fast axis of a grid exceeds is found at the first line, that of a slow one where it comes", () => {
  const [slow, fast] = [new StandInAxis("slow"), new StandInAxis("fast")];
  const grid = (slowStop: number, fastStop: number) =>
    gridScan(
      [],
      { axis: slow, start: 0, stop: slowStop, num: 11 },
      { axis: fast, start: 0, stop: fastStop, num: 6, snake: true },
    );
  assert.throws(() => dryRun(grid(100, 110)), { message: /fast cannot be moved to 110 mm.*point 6 of/ });
  assert.throws(() => dryRun(grid(110, 100)), { message: /slow cannot be moved to 110 mm.*point 61 of/ });
  assert.throws(() => dryRun(grid(110, 110)), { message: /fast cannot be moved/ });
});

test("metadata that a plan adds with a key of the run are refused where it adds them, and it may go on", async () => {
  const { engine, documents } = prepared();
  const refused: unknown[] = [];
  function* adding(): Plan {
    for (const metadata of [{ plan_name: "mine" }, { "a/b": 1 }, { sample: 3 }])
      try {
        yield* addMetadata(metadata);
      } catch (error) {
        refused.push((error as Error).message);
      }
    yield* addMetadata({ sample: "GaAs" });
    yield* inRun({ plan_name: "good" }, [], (function* (): Plan {})());
  }
  await engine.run(adding());
  assert.match(refused.join("\n"), /"plan_name" is taken.*"a\/b".*sample: expected text/s);
  const [start] = documents.of("start");
  assert.deepEqual([start!.plan_name, start!.sample], ["good", "GaAs"]);
});

for (const key of ["uid", "time", "plan_name", "num_points", "snaking"])
  test(`metadata with the key "${key}" of the run or its plan are refused before a device is touched`, async () => {
    const { engine, documents } = prepared();
    const axis = new StandInAxis("stage");
    const plan = inRun({ plan_name: "mine", ...{ snaking: [false] } }, [], moveTo([[axis, 1]]));
    await assert.rejects(engine.run(plan, { [key]: "x" }), {
      code: "usage",
      message: new RegExp(`"${key}"`),
    });
    assert.deepEqual([axis.told, documents.all], [[], []]);
  });

describe("documents out of order: a plan that", () => {
  const meter = new StandInGauge("meter");
  for (const [what, steps, message] of [
    ["saves what it never created", () => save(), /saved that was never created/],
    [
      "creates an event inside another",
      function* () {
        yield* create("a");
        yield* create("b");
      },
      /event of stream b was created inside one of a/,
    ],
    ["closes the run with an event open", () => create("a"), /closed with an event that was not saved/],
    [
      "makes a checkpoint inside an event",
      function* () {
        yield* create("a");
        yield* checkpoint();
      },
      /checkpoint was made while an event was open/,
    ],
    [
      "reads a device twice for one event",
      function* () {
        yield* create("a");
        yield* read(meter);
        yield* read(meter);
      },
      /meter was read twice for one event/,
    ],
    [
      "reads other devices for a later event",
      function* () {
        yield* triggerAndRead([meter]);
        yield* triggerAndRead([new StandInGauge("other")]);
      },
      /no value for "meter"/,
    ],
    ["opens a run inside a run", () => inRun({}, [], sleep(0)), /opened inside another one/],
  ] as const)
    test(`${what} is refused, and its run ends properly`, async () => {
      const { engine, documents } = prepared();
      await assert.rejects(engine.run(inRun({}, [], (steps as () => Plan<unknown>)())), { message });
      assert.ok(documents.complete);
      assert.equal(documents.of("stop")[0]!.exit_status, "fail");
    });
});

describe("an abort takes effect within 200 ms", () => {
  const stubborn = () => {
    const axis = new StandInAxis("stage");
    axis.behaviour = { moveTo: never, stop: never, read: never };
    return axis;
  };
  const hanging = Object.assign(new StandInGauge("shutter"), { stage: never, unstage: async () => {} });
  const triggered = Object.assign(new StandInGauge("meter"), { trigger: never });
  const silent = new StandInGauge("room");
  silent.value = never;
  for (const [what, plan] of [
    ["during a move", () => inRun({}, [], moveTo([[stubborn(), 1]]))],
    ["during a trigger", () => inRun({}, [], triggerAndRead([triggered]))],
    ["during a reading", () => count([silent])],
    ["during a sleep", () => inRun({}, [], sleep(1000))],
    ["while a device is made ready", () => inRun({}, [], stage(hanging))],
    ["while a stream is described", () => count([{ id: "mute", describe: never, read: never }])],
  ] as const)
    test(what, async () => {
      const { engine, documents } = prepared({ answerSeconds: 1000, actionSeconds: 1000 });
      const running = engine.run(plan());
      await sleepMs(20);
      const startedMs = performance.now();
      engine.abort("enough");
      assert.equal((await running).exitStatus, "abort");
      assert.ok(performance.now() - startedMs < 200, `${performance.now() - startedMs} ms`);
      assert.equal(documents.of("stop")[0]!.reason, "enough");
    });

  test("while a baseline is read that is not answered", async () => {
    const { engine, documents } = prepared({ answerSeconds: 1000, baseline: [silent] });
    const running = engine.run(count([new StandInGauge("meter")]));
    await sleepMs(20);
    const startedMs = performance.now();
    engine.abort("enough");
    assert.equal((await running).exitStatus, "abort");
    assert.ok(performance.now() - startedMs < 200);
    assert.ok(documents.complete);
  });

  test("after a pause that is still stopping the axis, and is not forgotten", async () => {
    const { engine, documents } = prepared({ actionSeconds: 1000 });
    const axis = stubborn();
    const running = engine.run(scan([], { axis, start: 1, stop: 2 }, 2));
    while (axis.told.length === 0) await sleepMs(1);
    engine.pause();
    await sleepMs(20);
    assert.equal(engine.state, "pausing");
    const startedMs = performance.now();
    engine.abort("enough");
    const outcome = await Promise.race([running, sleepMs(1000)]);
    assert.equal(outcome?.reason, "enough");
    assert.ok(performance.now() - startedMs < 300);
    assert.ok(documents.complete);
  });

  test("of the devices while a writer takes its time, and of the plan when that has taken its document", async () => {
    const { engine, documents } = prepared();
    const axis = new StandInAxis("stage");
    axis.behaviour = { moveTo: never };
    let taking: (() => void) | undefined;
    engine.subscribe((name) => {
      if (name !== "event") return undefined;
      return new Promise<void>((resolve) => {
        taking = resolve;
      });
    }, "the file");
    const steps = function* (): Plan {
      yield* beginMove(axis, 1);
      yield* triggerAndRead([new StandInGauge("meter")]);
    };
    const running = engine.run(inRun({}, [], steps()));
    while (taking === undefined) await sleepMs(1);
    engine.abort("enough");
    await sleepMs(5);
    assert.deepEqual(axis.told, ["move 1", "stop"], "at once");
    assert.equal(documents.of("stop").length, 0, "the writer is not torn out of its document");
    taking();
    assert.equal((await running).exitStatus, "abort");
    assert.equal(documents.of("event").length, 1);
    assert.ok(documents.complete);
  });

  test("of the plan at once when it is a halt, also while a writer takes its time", async () => {
    const { engine, documents } = prepared();
    engine.subscribe((name) => (name === "event" ? never() : undefined), "the file");
    const running = engine.run(count([new StandInGauge("meter")]));
    while (documents.of("event").length === 0) await sleepMs(1);
    const startedMs = performance.now();
    engine.halt("enough");
    assert.equal((await running).exitStatus, "abort");
    assert.ok(performance.now() - startedMs < 200);
    assert.equal(documents.of("stop")[0]!.reason, "enough");
  });
});

for (const [what, begin] of [
  ["moved", (axis: StandInAxis) => moveTo([[axis, 1]])],
  ["triggered", (axis: StandInAxis) => beginTrigger(Object.assign(axis, { trigger: never }))],
  ["read", (axis: StandInAxis) => read(axis)],
] as const)
  test(`a halt makes a device safe that was only ${what}, and none that the plan did not touch`, async () => {
    const { engine } = prepared();
    const safe: string[] = [];
    const guarded = (id: string) =>
      Object.assign(new StandInAxis(id), {
        makeSafe: async () => {
          safe.push(id);
        },
      });
    const [touched, other] = [guarded("touched"), guarded("other")];
    const steps = function* (): Plan {
      yield* begin(touched);
      yield* sleep(1000);
    };
    const running = engine.run(inRun({}, [], steps()));
    await sleepMs(20);
    engine.halt();
    await running;
    assert.deepEqual(safe, ["touched"]);
    assert.deepEqual(other.told, []);
  });

test("a halt gives the stop document to a writer that takes its time", async () => {
  const { engine } = prepared();
  const taken: string[] = [];
  engine.subscribe(async (name) => {
    await sleepMs(5);
    taken.push(name);
  }, "the file");
  const running = engine.run(inRun({}, [], sleep(1000)));
  while (taken.length === 0) await sleepMs(1);
  engine.halt();
  await running;
  assert.deepEqual(taken, ["start", "stop"]);
});

test("a device is put away once, also when the plan does it itself", async () => {
  const { engine } = prepared();
  let times = 0;
  const shutter = Object.assign(new StandInGauge("shutter"), {
    stage: async () => {},
    unstage: async () => {
      times++;
    },
  });
  await engine.run(count([shutter]));
  assert.equal(times, 1);
});

test("what moves stays stopped: a stop that an abort said comes before the way back of the clean-up", async () => {
  const { engine } = prepared({ actionSeconds: 1000 });
  const axis = new StandInAxis("stage");
  axis.behaviour = {
    moveTo: (_, call) => (call === 1 ? never() : Promise.resolve()),
    stop: async () => {
      await sleepMs(30);
      axis.told.push("stands");
    },
  };
  const steps = function* (): Plan {
    try {
      yield* moveTo([[axis, 1]]);
    } finally {
      yield* moveTo([[axis, 0]]);
    }
  };
  const running = engine.run(inRun({}, [], steps()));
  while (axis.told.length === 0) await sleepMs(1);
  engine.abort();
  await running;
  assert.deepEqual(axis.told, ["move 1", "stop", "stands", "move 0"]);
});

describe("withTimeout", () => {
  test("ends each wait of its plan after its own time, and those of others after theirs", async () => {
    const { engine, documents } = prepared({ answerSeconds: 1000, actionSeconds: 1000 });
    const axis = new StandInAxis("stage");
    axis.behaviour = { moveTo: (target) => (target === 2 ? never() : Promise.resolve()) };
    const places: string[] = [];
    const steps = function* (): Plan {
      try {
        yield* withTimeout(0.05, moveTo([[axis, 2]]));
      } catch (error) {
        places.push((error as Error).message);
      }
      axis.behaviour = { moveTo: () => sleepMs(100) };
      yield* point([], [[axis, 3]]);
    };
    await engine.run(inRun({}, [], steps()));
    assert.deepEqual(places, ["stage did not answer: waited 0.05 s for the move to 2 mm."]);
    assert.deepEqual(documents.values("stage"), [3]);
  });

  test("leaves a step the time that it says itself, and the inner of two the last word", async () => {
    const { engine } = prepared({ actionSeconds: 1000 });
    const axis = new StandInAxis("stage");
    axis.behaviour = { moveTo: () => sleepMs(60) };
    const own = function* (): Plan {
      yield* beginMove(axis, 1);
      yield* wait("moves", 5);
    };
    await engine.run(withTimeout(0.02, own()));
    await engine.run(withTimeout(0.02, withTimeout(5, moveTo([[axis, 1]]))));
  });

  test("is not for the way back after a pause, nor for putting devices away", async () => {
    const { engine, documents } = prepared({ actionSeconds: 5 });
    const axis = new StandInAxis("stage");
    axis.behaviour = {
      moveTo: (_, call) => (call === 1 ? never() : call === 2 ? sleepMs(100) : Promise.resolve()),
    };
    let isAway = false;
    const shutter = Object.assign(new StandInGauge("shutter"), {
      stage: async () => {},
      unstage: async () => {
        await sleepMs(100);
        isAway = true;
      },
    });
    const steps = function* (): Plan {
      yield* stage(shutter);
      yield* point([], [[axis, 1]]);
    };
    const opened = function* (): Plan {
      yield* openRun();
      yield* withTimeout(0.05, steps());
    };
    const running = engine.run(opened());
    while (axis.told.length === 0) await sleepMs(1);
    engine.pause();
    while (engine.state !== "paused") await sleepMs(1);
    engine.resume();
    assert.equal((await running).exitStatus, "success");
    assert.deepEqual([documents.values("stage"), isAway], [[1], true]);
  });

  test("gives answers, results and errors through, and the plan inside cleans up", async () => {
    const { engine } = prepared();
    const meter = new StandInGauge("meter");
    meter.value = 4;
    const places: string[] = [];
    const inner = function* (): Plan<number> {
      try {
        const { meter: reading } = yield* read(meter);
        yield* sleep(1000);
        return reading!.value as number;
      } finally {
        places.push("cleaned up");
        yield* sleep(0);
        places.push("to the end");
      }
    };
    const running = engine.run(withTimeout(1, inner()));
    await sleepMs(20);
    engine.abort();
    await running;
    assert.deepEqual(places, ["cleaned up", "to the end"]);
    const value = function* (): Plan<number> {
      return (yield* read(meter)).meter!.value as number;
    };
    assert.equal((await engine.run(withTimeout(1, value()))).result, 4);
    await assert.rejects(engine.run(withTimeout(0, sleep(0))), { code: "usage" });
  });
});

describe("retryRead", () => {
  test("reads again after a failure, says so, and takes the answer of that question only", async () => {
    const { engine, documents, warnings } = prepared();
    const meter = new StandInGauge("meter");
    meter.value = () => {
      if (meter.reads === 1) throw new Error("garbled");
      return meter.reads === 2 ? sleepMs(70).then(() => 666) : meter.reads;
    };
    const steps = function* (): Plan {
      yield* create();
      yield* retryRead(meter, 3);
      yield* save();
    };
    await engine.run(inRun({}, [], steps()));
    await sleepMs(80);
    assert.deepEqual(documents.values("meter"), [3]);
    assert.equal(warnings.length, 2);
    assert.match(warnings[0]!, /garbled.*\(2 of 3\)/);
  });

  test("gives up after its attempts, and stops no axis between them", async () => {
    const { engine } = prepared();
    const axis = new StandInAxis("stage");
    axis.behaviour = { moveTo: () => sleepMs(50) };
    const meter = new StandInGauge("meter");
    meter.value = () => {
      assert.ok(!axis.told.includes("stop"));
      throw new Error("garbled");
    };
    const steps = function* (): Plan {
      yield* beginMove(axis, 1);
      yield* retryRead(meter, 3);
    };
    await assert.rejects(engine.run(inRun({}, [], steps())), { message: /garbled/ });
    assert.equal(meter.reads, 3);
  });

  test("does not go on after an abort", async () => {
    const { engine } = prepared({ answerSeconds: 1000 });
    const meter = new StandInGauge("meter");
    meter.value = never;
    const running = engine.run(retryRead(meter, 5));
    await sleepMs(10);
    engine.abort();
    assert.equal((await running).exitStatus, "abort");
    assert.equal(meter.reads, 1);
  });
});
