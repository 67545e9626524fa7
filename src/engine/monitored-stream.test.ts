import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleepMs } from "node:timers/promises";
import type { ChangeObserver, Exposing, Parameterised } from "../devices/capabilities.ts";
import { RecordedDocuments } from "../testing/recorded-documents.ts";
import { StandInAxis } from "../testing/stand-in-axis.ts";
import { StandInGauge, StandInMonitoredGauge } from "../testing/stand-in-gauge.ts";
import { dryRun } from "./dry-run.ts";
import { create } from "./messages/create.ts";
import { monitor } from "./messages/monitor.ts";
import { setExposure } from "./messages/set-exposure.ts";
import { sleep } from "./messages/sleep.ts";
import { unmonitor } from "./messages/unmonitor.ts";
import type { Plan } from "./plan.ts";
import { count } from "./plans/count.ts";
import { inRun } from "./plans/in-run.ts";
import { triggerAndRead } from "./plans/point.ts";
import { scan } from "./plans/scan.ts";
import { RunEngine } from "./run-engine.ts";
import type { RunEngineOptions } from "./run-engine-options.ts";

function prepared(options: RunEngineOptions = {}) {
  const warnings: string[] = [];
  const engine = new RunEngine({ warn: (text) => warnings.push(text), ...options });
  const documents = new RecordedDocuments();
  engine.subscribe(documents.take);
  return { engine, documents, warnings };
}

/** The events of a stream: number and value. */
function eventsOf(documents: RecordedDocuments, stream: string, key: string): string[] {
  const uids = new Set(
    documents
      .of("descriptor")
      .filter(({ name }) => name === stream)
      .map(({ uid }) => uid),
  );
  return documents
    .of("event")
    .filter(({ descriptor }) => uids.has(descriptor))
    .map(({ seq_num, data }) => `${seq_num}: ${data[key]}`);
}

describe("a monitored device", () => {
  test("has its changes in a stream of its own, with the times of the changes, while the plan goes on", async () => {
    const current = new StandInMonitoredGauge("current");
    const { engine, documents } = prepared({ monitors: [current] });
    const axis = new StandInAxis("stage");
    let changes = 0;
    axis.behaviour = {
      moveTo: async () => {
        current.change(++changes);
        await sleepMs(2);
      },
    };
    const startedNs = BigInt(Date.now()) * 1_000_000n;
    await engine.run(scan([], { axis, start: 0, stop: 2 }, 3));
    assert.ok(documents.complete);
    assert.deepEqual(eventsOf(documents, "current_monitor", "current"), ["1: 0", "2: 1", "3: 2", "4: 3"]);
    assert.deepEqual(eventsOf(documents, "primary", "stage"), ["1: 0", "2: 1", "3: 2"]);
    assert.deepEqual(documents.of("stop")[0]!.num_events, { current_monitor: 4, primary: 3 });
    for (const { data } of documents.of("event"))
      if ("current" in data) assert.ok((data.current_time_ns as bigint) >= startedNs);
  });

  test("comes before the first point, and after the baseline", async () => {
    const current = new StandInMonitoredGauge("current");
    const room = new StandInGauge("room");
    const { engine, documents } = prepared({ monitors: [current], baseline: [room] });
    await engine.run(count([new StandInGauge("meter")]));
    assert.deepEqual(
      documents.of("descriptor").map(({ name }) => name),
      ["baseline", "current_monitor", "primary"],
    );
  });

  for (const how of ["success", "abort", "fail", "halt"] as const)
    test(`is let go when the run ends with ${how}, and what it tells later is in no run`, async () => {
      const current = new StandInMonitoredGauge("current");
      const { engine, documents } = prepared({ monitors: [current] });
      const heard: ChangeObserver[] = [];
      const names: string[] = [];
      engine.subscribe((name) => {
        names.push(name);
      });
      const steps = function* (): Plan {
        yield* sleep(0.02);
        current.change(7);
        heard.push(...current.observers);
        if (how === "fail") throw new Error("the sample is gone");
        if (how !== "success") yield* sleep(1000);
      };
      const running = engine.run(inRun({}, [], steps()));
      if (how === "abort" || how === "halt") {
        while (current.value !== 7) await sleepMs(1);
        engine[how]();
      }
      if (how === "fail") await assert.rejects(running, { message: "the sample is gone" });
      else await running;
      assert.equal(current.observers.size, 0);
      current.change(8);
      // Also a device that does not listen when it is let go.
      for (const { changed } of heard) changed({ current: { value: 9, timestampNs: 1n } });
      await sleepMs(5);
      assert.equal(names.at(-1), "stop");
      assert.ok(documents.complete);
      assert.deepEqual(eventsOf(documents, "current_monitor", "current"), ["1: 0", "2: 7"]);
    });

  test("is monitored from one message to another", async () => {
    const current = new StandInMonitoredGauge("current");
    const { engine, documents } = prepared();
    const steps = function* (): Plan {
      current.change(1);
      yield* monitor(current, "beam");
      current.change(2);
      yield* unmonitor(current);
      current.change(3);
      yield* monitor(current, "beam");
    };
    await engine.run(inRun({}, [], steps()));
    assert.deepEqual(eventsOf(documents, "beam", "current"), ["1: 1", "2: 2", "3: 3"]);
    assert.equal(documents.of("descriptor").length, 1);
  });

  test("keeps its numbers over a pause, in which it is still heard", async () => {
    const current = new StandInMonitoredGauge("current");
    const { engine, documents } = prepared({ monitors: [current] });
    const axis = new StandInAxis("stage");
    axis.behaviour = {
      moveTo: async (_, call) => {
        if (call !== 2) return;
        engine.pause();
        await sleepMs(1000);
      },
    };
    const running = engine.run(scan([], { axis, start: 1, stop: 3 }, 3));
    while (engine.state !== "paused") await sleepMs(1);
    current.change(5);
    engine.resume();
    await running;
    assert.deepEqual(eventsOf(documents, "current_monitor", "current"), ["1: 0", "2: 5"]);
    assert.deepEqual(documents.values("stage"), [1, 2, 3]);
  });

  test("that fails ends the run, and is named", async () => {
    const current = new StandInMonitoredGauge("current");
    const { engine, documents } = prepared({ monitors: [current] });
    const running = engine.run(inRun({}, [], sleep(1000)));
    await sleepMs(10);
    for (const { failed } of current.observers) failed(new Error("connection lost"));
    await assert.rejects(running, {
      code: "device",
      message: "current told no more changes: connection lost",
    });
    assert.equal(documents.of("stop")[0]!.exit_status, "fail");
    assert.match(documents.of("stop")[0]!.reason!, /connection lost/);
    assert.equal(current.observers.size, 0);
  });

  test("that fails while it is being subscribed to is let go", async () => {
    const current = new StandInMonitoredGauge("current");
    let ended = 0;
    current.subscribe = ({ failed }) => {
      failed(new Error("no such channel"));
      return () => ended++;
    };
    const { engine } = prepared({ monitors: [current] });
    await assert.rejects(engine.run(inRun({}, [], sleep(1000))), { message: /no such channel/ });
    assert.equal(ended, 1);
  });

  test("that fails may be mended by the plan, which goes on without it", async () => {
    const current = new StandInMonitoredGauge("current");
    const { engine, documents } = prepared({ monitors: [current] });
    const steps = function* (): Plan {
      try {
        yield* sleep(1000);
      } catch {
        yield* triggerAndRead([new StandInGauge("meter")]);
      }
    };
    const running = engine.run(inRun({}, [], steps()));
    await sleepMs(10);
    for (const { failed } of current.observers) failed(new Error("connection lost"));
    assert.equal((await running).exitStatus, "success");
    assert.equal(documents.of("stop")[0]!.num_events!.primary, 1);
  });

  test("that is monitored twice has each change once", async () => {
    const current = new StandInMonitoredGauge("current");
    const { engine, documents } = prepared();
    const steps = function* (): Plan {
      yield* monitor(current);
      yield* monitor(current);
      current.change(9);
    };
    await engine.run(inRun({}, [], steps()));
    assert.deepEqual(eventsOf(documents, "current_monitor", "current"), ["1: 0", "2: 0", "3: 9"]);
  });

  test("whose changes a writer cannot take ends the run, also while nothing else happens", async () => {
    const current = new StandInMonitoredGauge("current");
    const { engine, documents } = prepared({ monitors: [current] });
    engine.subscribe((name, doc) => {
      if (name === "event" && (doc as { seq_num: number }).seq_num === 2) throw new Error("the disk is full");
    }, "the file");
    const running = engine.run(inRun({}, [], sleep(1000)));
    await sleepMs(10);
    current.change(1);
    await assert.rejects(running, { code: "io", message: /the disk is full/ });
    assert.equal(documents.of("stop")[0]!.exit_status, "fail");
  });

  test("that changes faster than can be written is an error, and what was heard is written", async () => {
    const current = new StandInMonitoredGauge("current");
    const { engine, documents } = prepared({ monitors: [current] });
    const running = engine.run(inRun({}, [], sleep(1000)));
    await sleepMs(10);
    for (let change = 1; change <= 10_002; change++) current.change(change);
    await assert.rejects(running, { code: "device", message: /current changes faster/ });
    const written = eventsOf(documents, "current_monitor", "current");
    assert.ok(written.length >= 10_000, `${written.length}`);
    assert.ok(documents.complete);
  });

  test("does not mix its documents with those of the plan for a writer that takes its time", async () => {
    const current = new StandInMonitoredGauge("current");
    const { engine, documents } = prepared({ monitors: [current] });
    let taking = 0;
    engine.subscribe(async () => {
      assert.equal(++taking, 1, "one document at a time");
      await sleepMs(1);
      taking--;
    }, "the file");
    const meter = new StandInGauge("meter");
    meter.value = () => {
      current.change(meter.reads);
      return 1;
    };
    await engine.run(count([meter], { num: 5 }));
    assert.equal(eventsOf(documents, "current_monitor", "current").length, 6);
  });

  test("gets a new descriptor after it was set differently", async () => {
    const settings = { exposure: 1 };
    const current: StandInMonitoredGauge & Exposing & Parameterised = Object.assign(
      new StandInMonitoredGauge("current"),
      {
        exposureLimits: [0, 10] as const,
        setExposure: async (seconds: number) => {
          settings.exposure = seconds;
        },
        describeParameters: async () => ({
          exposure: { dtype: "float64", unit: "s", source: "stand-in" } as const,
        }),
        readParameters: async () => ({ exposure: { value: settings.exposure, timestampNs: 1n } }),
      },
    );
    const { engine, documents } = prepared({ monitors: [current] });
    const steps = function* (): Plan {
      yield* setExposure(current, 2);
      current.change(1);
      yield* sleep(0.01);
    };
    await engine.run(inRun({}, [], steps()));
    assert.deepEqual(
      documents.of("descriptor").map(({ configuration }) => configuration!.current!.data!.exposure),
      [1, 2],
    );
    assert.deepEqual(eventsOf(documents, "current_monitor", "current"), ["1: 0", "2: 1"]);
  });
});

test("a plan cannot write into the stream of a monitor, nor a monitor into that of a plan", async () => {
  const current = new StandInMonitoredGauge("current");
  const meter = new StandInGauge("meter");
  const into = function* (): Plan {
    yield* monitor(current, "beam");
    yield* triggerAndRead([meter], "beam");
  };
  await assert.rejects(prepared().engine.run(inRun({}, [], into())), {
    message: /stream beam, which a device/,
  });
  const over = function* (): Plan {
    yield* triggerAndRead([meter], "beam");
    yield* monitor(current, "beam");
  };
  await assert.rejects(prepared().engine.run(inRun({}, [], over())), { message: /cannot hold the changes/ });
  await assert.rejects(prepared().engine.run(monitor(current)), { message: /No run is open/ });
  await assert.rejects(prepared().engine.run(create("beam")), { message: /No run is open/ });
});

test("a dry run says what would be monitored", () => {
  const steps: string[] = [];
  const plan = inRun({}, [], monitor(new StandInMonitoredGauge("current")));
  dryRun(plan, { onStep: (words) => steps.push(words) });
  assert.deepEqual(steps, ["open a run", "monitor current in stream current_monitor", "close the run"]);
});
