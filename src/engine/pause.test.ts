import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleepMs } from "node:timers/promises";
import { createOpticalBench } from "../devices/sim/optical-bench.ts";
import { StandInAxis } from "../testing/stand-in-axis.ts";
import { watchedEngine } from "../testing/watched-engine.ts";
import { checkpoint } from "./messages/checkpoint.ts";
import { sleep } from "./messages/sleep.ts";
import { stage } from "./messages/stage.ts";
import type { Plan } from "./plan.ts";
import { inRun } from "./plans/in-run.ts";
import { moveTo } from "./plans/point.ts";
import { scan } from "./plans/scan.ts";

const never = () => new Promise<void>(() => {});

const atOnce = () => createOpticalBench({ speed: Number.POSITIVE_INFINITY });

describe("pause", () => {
  test("stops the move, and resume takes the point again from where the axes were", async () => {
    const { engine, documents } = watchedEngine({ actionSeconds: 10 });
    const axis = new StandInAxis("stage");
    axis.behaviour = {
      moveTo: (_, call, signal) =>
        call === 3 ? new Promise((_, reject) => signal.addEventListener("abort", reject)) : Promise.resolve(),
    };
    const running = engine.run(scan([], { axis, start: 1, stop: 4 }, 4));
    await axis.whenTold("move 3");
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
    const { engine, documents } = watchedEngine({ answerSeconds: 10 });
    const [axis, slow] = [new StandInAxis("stage"), new StandInAxis("slow")];
    slow.behaviour = { read: (call) => (call === 2 ? never() : Promise.resolve()) };
    const running = engine.run(scan([slow], { axis, start: 1, stop: 3 }, 3));
    await axis.whenTold("move 2");
    await sleepMs(10);
    engine.pause();
    while (engine.state !== "paused") await sleepMs(1);
    engine.resume();
    await running;
    assert.deepEqual(documents.values("stage"), [1, 2, 3]);
    assert.deepEqual(axis.told, ["move 1", "move 2", "move 1", "move 2", "move 3"]);
  });

  test("twice at the same point, and in the middle of going back, still gives each point once", async () => {
    const { engine, documents } = watchedEngine({ actionSeconds: 10 });
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
    const { engine, documents } = watchedEngine();
    const axis = new StandInAxis("stage");
    axis.behaviour = { moveTo: () => sleepMs(10) };
    const running = engine.run(scan([], { axis, start: 1, stop: 4 }, 4));
    await axis.whenTold("move 2");
    engine.pause("at checkpoint");
    while (engine.state !== "paused") await sleepMs(1);
    assert.equal(documents.of("event").length, 2);
    engine.resume();
    await running;
    assert.deepEqual(documents.values("stage"), [1, 2, 3, 4]);
  });

  test("goes back to where an axis was before the plan moved it", async () => {
    const { engine } = watchedEngine({ actionSeconds: 10 });
    const axis = new StandInAxis("stage");
    await axis.moveTo(-7, new AbortController().signal);
    axis.behaviour = { moveTo: (_, call) => (call === 1 ? never() : Promise.resolve()) };
    const running = engine.run(scan([], { axis, start: 1, stop: 1 }, 1));
    await axis.whenTold("move 1");
    engine.pause();
    while (engine.state !== "paused") await sleepMs(1);
    engine.resume();
    await running;
    assert.deepEqual(axis.told, ["move -7", "move 1", "stop", "move -7", "move 1"]);
  });

  test("goes back there also when the plan moved it twice before its first checkpoint", async () => {
    const { engine } = watchedEngine({ actionSeconds: 10 });
    const axis = new StandInAxis("stage");
    await axis.moveTo(-7, new AbortController().signal);
    axis.behaviour = { moveTo: (_, call) => (call === 2 ? never() : Promise.resolve()) };
    const steps = function* (): Plan {
      yield* moveTo([[axis, 1]]);
      yield* moveTo([[axis, 2]]);
    };
    const running = engine.run(inRun({}, [], steps()));
    await axis.whenTold("move 2");
    engine.pause();
    while (engine.state !== "paused") await sleepMs(1);
    engine.resume();
    await running;
    assert.deepEqual(axis.told.slice(1), ["move 1", "move 2", "stop", "move -7", "move 1", "move 2"]);
  });

  test("goes back no further than to what is never done twice, with the axes as they were then", async () => {
    const { engine } = watchedEngine({ actionSeconds: 10 });
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
    const { engine } = watchedEngine();
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
    const { engine } = watchedEngine();
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
    const { engine } = watchedEngine();
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
    const { engine, documents } = watchedEngine();
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
    const { engine, documents } = watchedEngine();
    const running = engine.run(inRun({}, [], sleep(1000)));
    await sleepMs(20);
    engine.pause();
    while (engine.state !== "paused") await sleepMs(1);
    engine.abort("enough");
    assert.equal((await running).reason, "enough");
    assert.equal(documents.of("stop")[0]!.reason, "enough");
  });
});
