import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleepMs } from "node:timers/promises";
import { createOpticalBench } from "../devices/sim/optical-bench.ts";
import { StandInAxis } from "../testing/stand-in-axis.ts";
import { watchedEngine } from "../testing/watched-engine.ts";
import { openRun } from "./messages/open-run.ts";
import { setExposure } from "./messages/set-exposure.ts";
import { sleep } from "./messages/sleep.ts";
import type { Plan } from "./plan.ts";
import { count } from "./plans/count.ts";
import { inRun } from "./plans/in-run.ts";
import { moveTo, point, triggerAndRead } from "./plans/point.ts";
import { scan } from "./plans/scan.ts";
import { RunEngine } from "./run-engine.ts";

const never = () => new Promise<void>(() => {});

const atOnce = () => createOpticalBench({ speed: Number.POSITIVE_INFINITY });

describe("a plan that goes well", () => {
  test("gives documents in order, with set points, read-backs and a ledger", async () => {
    const { engine, documents } = watchedEngine({ metadata: { operator: "Ada" } });
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
    const { engine, documents } = watchedEngine({ baseline: [stage] });
    await engine.run(count([meter], { num: 2 }));
    const streams = new Map(documents.of("descriptor").map(({ uid, name }) => [uid, name]));
    assert.deepEqual(
      documents.of("event").map(({ descriptor, seq_num }) => `${streams.get(descriptor)} ${seq_num}`),
      ["baseline 1", "primary 1", "primary 2", "baseline 2"],
    );
  });

  test("gives a stream a new descriptor after a device was set differently", async () => {
    const { engine, documents } = watchedEngine();
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
    const { engine, documents } = watchedEngine();
    const { meter } = createOpticalBench({ speed: Number.POSITIVE_INFINITY, missEvery: 3 });
    await engine.run(count([meter], { num: 3 }));
    assert.deepEqual(
      documents.values("meter").map((value) => value === null),
      [false, false, true],
    );
  });

  test("is put together from others in plain TypeScript, and gets what they return", async () => {
    const { engine, documents } = watchedEngine();
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
    const { engine, documents } = watchedEngine();
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
    const { engine, documents, warnings } = watchedEngine();
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
    const { engine, documents } = watchedEngine();
    const axis = new StandInAxis("stage");
    axis.behaviour = { moveTo: async (_, call) => assert.ok(call < 3, "stalled") };
    await assert.rejects(engine.run(scan([], { axis, start: 0, stop: 4 }, 5)), {
      message: 'stage failed: the move to 2 mm ended with "stalled".',
    });
    assert.match(documents.of("stop")[0]!.reason!, /stalled/);
    assert.equal(documents.of("event").length, 2);
  });

  test("answers late is waited for, but no longer than its step allows", async () => {
    const { engine, documents } = watchedEngine({ answerSeconds: 0.2 });
    const axis = new StandInAxis("stage");
    axis.behaviour = { read: () => sleepMs(60) };
    await engine.run(scan([], { axis, start: 0, stop: 1 }, 2));
    assert.equal(documents.of("event").length, 2);
  });

  test("is told to go outside its limits is not told at all", async () => {
    const { engine } = watchedEngine();
    const axis = new StandInAxis("stage");
    const toAndOut = inRun({ plan_name: "mine" }, [], moves(axis, 1, 101));
    await assert.rejects(engine.run(toAndOut), {
      message: "stage cannot be moved to 101 mm: its limits are -100 to 100 mm.",
    });
    assert.deepEqual(axis.told, ["move 1"]);
  });
});

function* moves(axis: StandInAxis, ...places: readonly number[]): Plan {
  for (const place of places) yield* moveTo([[axis, place]]);
}

describe("a plan that fails", () => {
  test("cleans up, puts devices away, and what fails meanwhile does not hide the first failure", async () => {
    const { engine, documents, warnings } = watchedEngine();
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
    const { engine, documents, warnings } = watchedEngine();
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
    const { engine, documents } = watchedEngine();
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
    const { engine, documents } = watchedEngine();
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
    const { engine, documents } = watchedEngine();
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
    const { engine, documents } = watchedEngine();
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
    const { engine, documents } = watchedEngine();
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
    const { engine } = watchedEngine({ subscriberSeconds: 0.05 });
    engine.subscribe(never, "the file");
    await assert.rejects(engine.run(count([atOnce().meter])), {
      message: /^the file could not take the start document: the file did not answer: waited 0\.05 s/,
    });
  });
});

test("a run that the plan leaves open is closed with success", async () => {
  const { engine, documents } = watchedEngine();
  const { exitStatus } = await engine.run(openRun());
  assert.equal(exitStatus, "success");
  assert.equal(documents.of("stop")[0]!.exit_status, "success");
});

test("one engine carries out one plan at a time", async () => {
  const { engine } = watchedEngine();
  const running = engine.run(inRun({}, [], sleep(0.05)));
  await assert.rejects(engine.run(inRun({}, [], sleep(0))), { code: "usage" });
  assert.equal((await running).exitStatus, "success");
  assert.equal((await engine.run(inRun({}, [], sleep(0)))).exitStatus, "success");
});

test("times that no timer can wait are refused", () => {
  for (const answerSeconds of [0, -1, Number.NaN, 3_000_000])
    assert.throws(() => new RunEngine({ answerSeconds }), { code: "usage" });
});
