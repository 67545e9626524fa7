import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleepMs } from "node:timers/promises";
import { createOpticalBench } from "../devices/sim/optical-bench.ts";
import { RecordedDocuments } from "../testing/recorded-documents.ts";
import { StandInAxis } from "../testing/stand-in-axis.ts";
import { checkpoint } from "./messages/checkpoint.ts";
import { closeRun } from "./messages/close-run.ts";
import { openRun } from "./messages/open-run.ts";
import { setExposure } from "./messages/set-exposure.ts";
import { sleep } from "./messages/sleep.ts";
import { stage } from "./messages/stage.ts";
import type { Plan } from "./plan.ts";
import { count } from "./plans/count.ts";
import { inRun } from "./plans/in-run.ts";
import { listScan } from "./plans/list-scan.ts";
import { moveTo, point, triggerAndRead } from "./plans/point.ts";
import { scan } from "./plans/scan.ts";
import { RunEngine } from "./run-engine.ts";
import type { RunEngineOptions } from "./run-engine-options.ts";

const never = () => new Promise<void>(() => {});

function prepared(options: RunEngineOptions = {}) {
  const warnings: string[] = [];
  const engine = new RunEngine({
    answerSeconds: 0.1,
    actionSeconds: 0.3,
    warn: (text) => warnings.push(text),
    ...options,
  });
  const documents = new RecordedDocuments();
  engine.subscribe(documents.take);
  return { engine, documents, warnings };
}

const atOnce = () => createOpticalBench({ speed: Number.POSITIVE_INFINITY });

describe("a plan that goes well", () => {
  test("gives documents in order, with set points, read-backs and a ledger", async () => {
    const { engine, documents } = prepared({ metadata: { operator: "Ada" } });
    const { laser, meter, shutter } = atOnce();
    const outcome = await engine.run(scan([meter, shutter], { axis: laser, start: 700, stop: 990 }, 30), {
      sample: "GaAs",
    });
    assert.equal(outcome.exitStatus, "success");
    assert.ok(documents.complete);
    const [start] = documents.of("start");
    assert.deepEqual(outcome.runs, [start!.uid]);
    assert.equal(outcome.result, start!.uid);
    assert.equal(start!.operator, "Ada");
    assert.equal(start!.sample, "GaAs");
    assert.deepEqual(
      documents.values("laser_setpoint"),
      Array.from({ length: 30 }, (_, index) => 700 + 10 * index),
    );
    for (const [index, readBack] of documents.values("laser").entries())
      assert.ok(Math.abs((readBack as number) - (700 + 10 * index)) < 0.2);
    assert.deepEqual(documents.values("shutter_open"), new Array(30).fill(true));
    assert.equal(shutter.open, false, "it was put away");
    const [stop] = documents.of("stop");
    assert.deepEqual(stop!.num_events, { primary: 30 });
    assert.deepEqual(stop!.ledger, {
      complete: true,
      accounts: [{ stream: "primary", produced: 30, stored: 30, lost: 0, ranges: [] }],
    });
    const [descriptor] = documents.of("descriptor");
    assert.equal(descriptor!.configuration!.meter!.data!.exposure, 0.1);
  });

  test("reads the baseline before the first and after the last event", async () => {
    const { stage, meter } = atOnce();
    const { engine, documents } = prepared({ baseline: [stage] });
    await engine.run(count([meter], { num: 2 }));
    const streams = new Map(documents.of("descriptor").map(({ uid, name }) => [uid, name]));
    assert.deepEqual(
      documents.of("event").map(({ descriptor, seq_num }) => `${streams.get(descriptor)} ${seq_num}`),
      ["baseline 1", "primary 1", "primary 2", "baseline 2"],
    );
  });

  test("gives a stream a new descriptor after a device was set differently", async () => {
    const { engine, documents } = prepared();
    const { meter } = atOnce();
    await engine.run(
      inRun(
        {},
        [],
        (function* (): Plan {
          for (const exposure of [0.1, 0.2]) {
            yield* setExposure(meter, exposure);
            yield* triggerAndRead([meter]);
          }
        })(),
      ),
    );
    assert.deepEqual(
      documents.of("descriptor").map(({ configuration }) => configuration!.meter!.data!.exposure),
      [0.1, 0.2],
    );
    assert.deepEqual(
      documents.of("event").map(({ seq_num }) => seq_num),
      [1, 2],
    );
  });

  test("keeps a value that a device did not have as null", async () => {
    const { engine, documents } = prepared();
    const { meter } = createOpticalBench({ speed: Number.POSITIVE_INFINITY, missEvery: 3 });
    await engine.run(count([meter], { num: 3 }));
    assert.deepEqual(
      documents.values("meter").map((value) => value === null),
      [false, false, true],
    );
  });

  test("is put together from others in plain TypeScript, and gets what they return", async () => {
    const { engine, documents } = prepared();
    const { laser, meter } = atOnce();
    const outcome = await engine.run(
      (function* (): Plan<number> {
        const uids = [];
        for (const nanometres of [780, 820]) {
          yield* moveTo([[laser, nanometres]]);
          uids.push(yield* count([meter], { num: 2 }));
        }
        return new Set(uids).size;
      })(),
    );
    assert.equal(outcome.result, 2);
    assert.equal(outcome.runs.length, 2);
    assert.equal(documents.of("stop").length, 2);
  });
});

describe("a device that", () => {
  test("never answers a reading ends the run, and nothing stands for its value", async () => {
    const { engine, documents } = prepared();
    const axis = new StandInAxis("stage");
    axis.behaviour = { read: (call) => (call === 3 ? never() : Promise.resolve()) };
    await assert.rejects(engine.run(scan([], { axis, start: 0, stop: 4 }, 5)), {
      code: "device",
      message: "stage did not answer: waited 0.1 s for a reading.",
    });
    assert.deepEqual(documents.values("stage"), [0, 1]);
    const [stop] = documents.of("stop");
    assert.equal(stop!.exit_status, "fail");
    assert.equal(stop!.reason, "stage did not answer: waited 0.1 s for a reading.");
    assert.deepEqual(stop!.num_events, { primary: 2 });
  });

  test("never arrives is stopped, and the error says where it was sent and how long that took", async () => {
    const { engine, documents, warnings } = prepared();
    const axis = new StandInAxis("stage");
    axis.behaviour = { moveTo: never };
    await assert.rejects(engine.run(scan([], { axis, start: 2, stop: 4 }, 2)), {
      message: "stage did not answer: waited 0.3 s for the move to 2 mm.",
    });
    assert.deepEqual(axis.told, ["move 2", "stop"]);
    assert.equal(documents.of("stop")[0]!.exit_status, "fail");
    assert.deepEqual(warnings, ["stage did not answer: waited 0.1 s for the stop."]);
  });

  test("fails in the middle is named, with what it said", async () => {
    const { engine, documents } = prepared();
    const axis = new StandInAxis("stage");
    axis.behaviour = { moveTo: async (_, call) => assert.ok(call < 3, "stalled") };
    await assert.rejects(engine.run(scan([], { axis, start: 0, stop: 4 }, 5)), {
      message: 'stage failed: the move to 2 mm ended with "stalled".',
    });
    assert.match(documents.of("stop")[0]!.reason!, /stalled/);
    assert.equal(documents.of("event").length, 2);
  });

  test("answers late is waited for, but no longer than its step allows", async () => {
    const { engine, documents } = prepared({ answerSeconds: 0.2 });
    const axis = new StandInAxis("stage");
    axis.behaviour = { read: () => sleepMs(60) };
    await engine.run(scan([], { axis, start: 0, stop: 1 }, 2));
    assert.equal(documents.of("event").length, 2);
  });

  test("is told to go outside its limits is not told at all", async () => {
    const { engine } = prepared();
    const axis = new StandInAxis("stage");
    await assert.rejects(engine.run(listScan([], { axis, places: [1, 101] })), {
      message: "stage cannot be moved to 101 mm: its limits are -100 to 100 mm.",
    });
    assert.deepEqual(axis.told, ["move 1"]);
  });
});

describe("a plan that fails", () => {
  test("cleans up, puts devices away, and what fails meanwhile does not hide the first failure", async () => {
    const { engine, documents, warnings } = prepared();
    const { shutter } = atOnce();
    const axis = new StandInAxis("stage");
    const places: string[] = [];
    const plan = function* (): Plan {
      try {
        yield* inRun(
          {},
          [shutter],
          (function* (): Plan {
            yield* triggerAndRead([shutter]);
            throw new Error("the sample is gone");
          })(),
        );
      } finally {
        places.push("cleaned up");
        axis.behaviour = { moveTo: () => Promise.reject(new Error("stalled")) };
        yield* moveTo([[axis, 1]]);
      }
    };
    await assert.rejects(engine.run(plan()), { message: /stalled|the sample is gone/ });
    assert.deepEqual(places, ["cleaned up"]);
    assert.equal(shutter.open, false);
    assert.equal(documents.of("stop")[0]!.exit_status, "fail");
    assert.deepEqual(warnings, []);
  });

  test("by a device, and then in its clean-up, is told by its first failure", async () => {
    const { engine, documents, warnings } = prepared();
    const [first, second] = ["first", "second"].map((id) => new StandInAxis(id)) as [
      StandInAxis,
      StandInAxis,
    ];
    first.behaviour = { moveTo: () => Promise.reject(new Error("stalled")) };
    second.behaviour = first.behaviour;
    const steps = function* (): Plan {
      try {
        yield* moveTo([[first, 1]]);
      } finally {
        yield* moveTo([[second, 1]]);
      }
    };
    await assert.rejects(engine.run(inRun({}, [], steps())), { message: /^first failed/ });
    assert.match(documents.of("stop")[0]!.reason!, /^first failed/);
    assert.match(warnings.join(), /second failed/);
  });

  test("may mend it and go on", async () => {
    const { engine, documents } = prepared();
    const axis = new StandInAxis("stage");
    axis.behaviour = { moveTo: async (_, call) => assert.notEqual(call, 2, "stalled") };
    const steps = function* (): Plan {
      for (const place of [1, 2, 3])
        try {
          yield* point([], [[axis, place]]);
        } catch {
          // That place is left out.
        }
    };
    const { exitStatus } = await engine.run(inRun({}, [], steps()));
    assert.equal(exitStatus, "success");
    assert.deepEqual(documents.values("stage"), [1, 3]);
  });

  test("is refused before it starts when its metadata take a name of the run", async () => {
    const { engine, documents } = prepared();
    const { meter, shutter } = atOnce();
    const told: boolean[] = [];
    shutter.setOpen = async (open) => {
      told.push(open);
    };
    await assert.rejects(engine.run(count([meter, shutter]), { plan_name: "mine" }), {
      code: "usage",
      message: /"plan_name"/,
    });
    assert.equal(documents.all.length, 0);
    assert.ok(!told.includes(true), "the shutter stayed closed");
    assert.equal(engine.state, "idle");
  });

  test("because a device does not get ready says so in its stop document", async () => {
    const { engine, documents } = prepared();
    const { meter } = atOnce();
    const shutter = Object.assign(new StandInAxis("shutter"), {
      stage: () => Promise.reject(new Error("no power")),
      unstage: async () => {},
    });
    await assert.rejects(engine.run(count([meter, shutter])), {
      message: /^shutter failed: being made ready/,
    });
    assert.match(documents.of("stop")[0]!.reason!, /no power/);
    assert.equal(documents.of("event").length, 0);
  });
});

describe("a subscriber that fails", () => {
  test("ends the run, and the others get a stop document that says why", async () => {
    const { engine, documents } = prepared();
    const { meter, shutter } = atOnce();
    let events = 0;
    engine.subscribe((name) => {
      if (name === "event" && ++events === 3) throw new Error("the disk is full");
    }, "the file");
    await assert.rejects(engine.run(count([meter, shutter], { num: 10 })), {
      code: "io",
      message: "the file could not take the event document: the disk is full",
    });
    assert.equal(documents.of("event").length, 3);
    assert.equal(
      documents.of("stop")[0]!.reason,
      "the file could not take the event document: the disk is full",
    );
    assert.equal(shutter.open, false);
  });

  test("in a plan that would go on, ends it all the same", async () => {
    const { engine, documents } = prepared();
    const { meter } = atOnce();
    engine.subscribe((name) => {
      if (name === "event") throw new Error("the disk is full");
    }, "the file");
    const steps = function* (): Plan {
      for (let attempt = 0; attempt < 5; attempt++)
        try {
          yield* triggerAndRead([meter]);
        } catch {
          // As if nothing had happened.
        }
    };
    await assert.rejects(engine.run(inRun({}, [], steps())), { message: /the disk is full/ });
    assert.equal(documents.of("event").length, 1);
  });

  test("because it never settles is an error after its time", async () => {
    const { engine } = prepared({ subscriberSeconds: 0.05 });
    engine.subscribe(never, "the file");
    await assert.rejects(engine.run(count([atOnce().meter])), {
      message: /^the file could not take the start document: the file did not answer: waited 0\.05 s/,
    });
  });
});

/** Resolves when the axis was told this. */
async function told(axis: StandInAxis, text: string): Promise<void> {
  while (!axis.told.includes(text)) await sleepMs(1);
}

describe("abort", () => {
  for (const [what, stop] of [
    ["obeys", async () => {}],
    ["does not answer a stop either", never],
  ] as const)
    test(`takes effect within 200 ms during a move that never ends, of a device that ${what}`, async () => {
      const { engine, documents } = prepared({ actionSeconds: 1000 });
      const axis = new StandInAxis("stage");
      axis.behaviour = { moveTo: never, stop };
      const running = engine.run(scan([], { axis, start: 1, stop: 4 }, 2));
      await told(axis, "move 1");
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
    const { engine } = prepared();
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
    const { engine, documents } = prepared();
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
    const { engine } = prepared();
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
    const { engine, warnings } = prepared();
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
    const { engine, documents, warnings } = prepared();
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
    const { engine, warnings } = prepared();
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
    const { engine, warnings } = prepared();
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
  const { engine, documents } = prepared();
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

describe("pause", () => {
  test("stops the move, and resume takes the point again from where the axes were", async () => {
    const { engine, documents } = prepared({ actionSeconds: 10 });
    const axis = new StandInAxis("stage");
    axis.behaviour = {
      moveTo: (_, call, signal) =>
        call === 3 ? new Promise((_, reject) => signal.addEventListener("abort", reject)) : Promise.resolve(),
    };
    const running = engine.run(scan([], { axis, start: 1, stop: 4 }, 4));
    await told(axis, "move 3");
    engine.pause();
    while (engine.state !== "paused") await sleepMs(1);
    assert.deepEqual(axis.told, ["move 1", "move 2", "move 3", "stop"]);
    await sleepMs(30);
    assert.equal(documents.of("event").length, 2, "nothing goes on");
    engine.resume();
    assert.equal((await running).exitStatus, "success");
    assert.deepEqual(axis.told.slice(4), ["move 2", "move 3", "move 4"], "first back, then on");
    assert.deepEqual(documents.values("stage"), [1, 2, 3, 4]);
    assert.deepEqual(
      documents.of("event").map(({ seq_num }) => seq_num),
      [1, 2, 3, 4],
    );
  });

  test("during a reading takes the whole point again, with the same number", async () => {
    const { engine, documents } = prepared({ answerSeconds: 10 });
    const [axis, slow] = [new StandInAxis("stage"), new StandInAxis("slow")];
    slow.behaviour = { read: (call) => (call === 2 ? never() : Promise.resolve()) };
    const running = engine.run(scan([slow], { axis, start: 1, stop: 3 }, 3));
    await told(axis, "move 2");
    await sleepMs(10);
    engine.pause();
    while (engine.state !== "paused") await sleepMs(1);
    engine.resume();
    await running;
    assert.deepEqual(documents.values("stage"), [1, 2, 3]);
    assert.deepEqual(axis.told, ["move 1", "move 2", "move 1", "move 2", "move 3"]);
  });

  test("twice at the same point, and in the middle of going back, still gives each point once", async () => {
    const { engine, documents } = prepared({ actionSeconds: 10 });
    const axis = new StandInAxis("stage");
    axis.behaviour = {
      moveTo: (_, call, signal) =>
        call === 2 || call === 3
          ? new Promise((_, reject) => signal.addEventListener("abort", reject))
          : Promise.resolve(),
    };
    const running = engine.run(scan([], { axis, start: 1, stop: 3 }, 3));
    for (const moves of [2, 3]) {
      while (axis.told.filter((text) => text.startsWith("move")).length < moves) await sleepMs(1);
      engine.pause();
      while (engine.state !== "paused") await sleepMs(1);
      engine.resume();
    }
    await running;
    assert.deepEqual(documents.values("stage"), [1, 2, 3]);
  });

  test("at a checkpoint does nothing twice", async () => {
    const { engine, documents } = prepared();
    const axis = new StandInAxis("stage");
    axis.behaviour = { moveTo: () => sleepMs(10) };
    const running = engine.run(scan([], { axis, start: 1, stop: 4 }, 4));
    await told(axis, "move 2");
    engine.pause("at checkpoint");
    while (engine.state !== "paused") await sleepMs(1);
    assert.equal(documents.of("event").length, 2);
    engine.resume();
    await running;
    assert.deepEqual(documents.values("stage"), [1, 2, 3, 4]);
  });

  test("goes back to where an axis was before the plan moved it", async () => {
    const { engine } = prepared({ actionSeconds: 10 });
    const axis = new StandInAxis("stage");
    await axis.moveTo(-7, new AbortController().signal);
    axis.behaviour = { moveTo: (_, call) => (call === 1 ? never() : Promise.resolve()) };
    const running = engine.run(scan([], { axis, start: 1, stop: 1 }, 1));
    await told(axis, "move 1");
    engine.pause();
    while (engine.state !== "paused") await sleepMs(1);
    engine.resume();
    await running;
    assert.deepEqual(axis.told, ["move -7", "move 1", "stop", "move -7", "move 1"]);
  });

  test("goes back there also when the plan moved it twice before its first checkpoint", async () => {
    const { engine } = prepared({ actionSeconds: 10 });
    const axis = new StandInAxis("stage");
    await axis.moveTo(-7, new AbortController().signal);
    axis.behaviour = { moveTo: (_, call) => (call === 2 ? never() : Promise.resolve()) };
    const steps = function* (): Plan {
      yield* moveTo([[axis, 1]]);
      yield* moveTo([[axis, 2]]);
    };
    const running = engine.run(inRun({}, [], steps()));
    await told(axis, "move 2");
    engine.pause();
    while (engine.state !== "paused") await sleepMs(1);
    engine.resume();
    await running;
    assert.deepEqual(axis.told.slice(1), ["move 1", "move 2", "stop", "move -7", "move 1", "move 2"]);
  });

  test("goes back no further than to what is never done twice, with the axes as they were then", async () => {
    const { engine } = prepared({ actionSeconds: 10 });
    const axis = new StandInAxis("stage");
    const { shutter } = atOnce();
    const steps = function* (): Plan {
      yield* moveTo([[axis, 1]]);
      yield* stage(shutter);
      yield* sleep(0.05);
    };
    const running = engine.run(inRun({}, [], steps()));
    while (!shutter.open) await sleepMs(1);
    await sleepMs(5);
    engine.pause();
    while (engine.state !== "paused") await sleepMs(1);
    engine.resume();
    await running;
    assert.deepEqual(axis.told, ["move 1", "move 1"]);
  });

  test("just before what is never done twice does again what came before it", async () => {
    const { engine } = prepared();
    const axis = new StandInAxis("stage");
    const { shutter } = atOnce();
    const steps = function* (): Plan {
      yield* moveTo([[axis, 1]]);
      engine.pause();
      yield* stage(shutter);
      yield* sleep(0);
    };
    const running = engine.run(inRun({}, [], steps()));
    while (engine.state !== "paused") await sleepMs(1);
    assert.equal(shutter.open, false);
    engine.resume();
    await running;
    assert.deepEqual(axis.told, ["move 1", "move 0", "move 1"]);
  });

  test("at a checkpoint begins at a checkpoint only, and brings back an axis that somebody moved meanwhile", async () => {
    const { engine } = prepared();
    const axis = new StandInAxis("stage");
    const { shutter } = atOnce();
    const steps = function* (): Plan {
      yield* moveTo([[axis, 1]]);
      engine.pause("at checkpoint");
      yield* stage(shutter);
      yield* moveTo([[axis, 2]]);
      yield* checkpoint();
      yield* sleep(0);
    };
    const running = engine.run(inRun({}, [], steps()));
    while (engine.state !== "paused") await sleepMs(1);
    assert.deepEqual(axis.told, ["move 1", "move 2"]);
    await axis.moveTo(50, new AbortController().signal);
    engine.resume();
    await running;
    assert.deepEqual(axis.told, ["move 1", "move 2", "move 50", "move 2"]);
  });

  test("while a device is made ready begins when it is ready", async () => {
    const { engine } = prepared();
    const axis = new StandInAxis("stage");
    const staged: string[] = [];
    const shutter = Object.assign(new StandInAxis("shutter"), {
      stage: async () => {
        staged.push("begun");
        await sleepMs(30);
        staged.push("ready");
      },
      unstage: async () => {},
    });
    const running = engine.run(inRun({}, [shutter], moveTo([[axis, 1]])));
    while (staged.length === 0) await sleepMs(1);
    engine.pause();
    engine.pause();
    while (engine.state !== "paused") await sleepMs(1);
    assert.deepEqual([staged, axis.told], [["begun", "ready"], []]);
    engine.resume();
    await running;
    assert.deepEqual([staged, axis.told], [["begun", "ready"], ["move 1"]]);
  });

  test("that comes while a writer takes the event of a point does not take that point again", async () => {
    const { engine, documents } = prepared();
    const axis = new StandInAxis("stage");
    let paused = false;
    engine.subscribe(async (name) => {
      if (name !== "event" || paused) return;
      paused = true;
      engine.pause();
      await sleepMs(10);
    });
    const running = engine.run(scan([], { axis, start: 1, stop: 3 }, 3));
    while (engine.state !== "paused") await sleepMs(1);
    assert.equal(documents.of("event").length, 1);
    engine.resume();
    await running;
    assert.deepEqual(documents.values("stage"), [1, 2, 3]);
  });

  test("can be ended by an abort", async () => {
    const { engine, documents } = prepared();
    const running = engine.run(inRun({}, [], sleep(1000)));
    await sleepMs(20);
    engine.pause();
    while (engine.state !== "paused") await sleepMs(1);
    engine.abort("enough");
    assert.equal((await running).reason, "enough");
    assert.equal(documents.of("stop")[0]!.reason, "enough");
  });
});

test("a run that the plan leaves open is closed with success", async () => {
  const { engine, documents } = prepared();
  const { exitStatus } = await engine.run(openRun());
  assert.equal(exitStatus, "success");
  assert.equal(documents.of("stop")[0]!.exit_status, "success");
});

test("one engine carries out one plan at a time", async () => {
  const { engine } = prepared();
  const running = engine.run(inRun({}, [], sleep(0.05)));
  await assert.rejects(engine.run(inRun({}, [], sleep(0))), { code: "usage" });
  assert.equal((await running).exitStatus, "success");
  assert.equal((await engine.run(inRun({}, [], sleep(0)))).exitStatus, "success");
});

test("times that no timer can wait are refused", () => {
  for (const answerSeconds of [0, -1, Number.NaN, 3_000_000])
    assert.throws(() => new RunEngine({ answerSeconds }), { code: "usage" });
});
