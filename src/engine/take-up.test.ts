import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleepMs } from "node:timers/promises";
import type { Readable } from "../devices/capabilities.ts";
import { createOpticalBench } from "../devices/sim/optical-bench.ts";
import type { NamedDocument } from "../documents/document.ts";
import { encodeDocumentLine, parseDocumentLine } from "../documents/document-line.ts";
import { DocumentOrder } from "../documents/document-order.ts";
import { RecordedDocuments } from "../testing/recorded-documents.ts";
import { StandInAxis } from "../testing/stand-in-axis.ts";
import { StandInGauge, StandInMonitoredGauge } from "../testing/stand-in-gauge.ts";
import { SteppingClock } from "../testing/stepping-clock.ts";
import { checkpoint } from "./messages/checkpoint.ts";
import { create } from "./messages/create.ts";
import { drop } from "./messages/drop.ts";
import { position } from "./messages/position.ts";
import { read } from "./messages/read.ts";
import { setOpen } from "./messages/set-open.ts";
import { setWavelength } from "./messages/set-wavelength.ts";
import type { Plan } from "./plan.ts";
import { adaptiveScan } from "./plans/adaptive-scan.ts";
import { gridScan } from "./plans/grid-scan.ts";
import { inRun } from "./plans/in-run.ts";
import { moveTo, point, triggerAndRead } from "./plans/point.ts";
import { relativeScan } from "./plans/relative-scan.ts";
import { scan } from "./plans/scan.ts";
import { timeSeries } from "./plans/time-series.ts";
import { RunEngine } from "./run-engine.ts";
import type { RunEngineOptions } from "./run-engine-options.ts";

/** An axis that says where it was sent, as those of a laboratory do. */
class SettingAxis extends StandInAxis {
  target = Number.NaN;

  override async describe() {
    const quantities = await super.describe();
    return { ...quantities, [`${this.id}_setpoint`]: quantities[this.id]! };
  }

  override async read() {
    const readings = await super.read();
    return { ...readings, [`${this.id}_setpoint`]: { ...readings[this.id]!, value: this.target } };
  }

  override async moveTo(target: number, signal: AbortSignal) {
    this.target = target;
    await super.moveTo(target, signal);
  }
}

/** A meter that depends on where an axis is, and on nothing else. */
function meterAt(axis: StandInAxis): StandInGauge {
  const meter = new StandInGauge("meter");
  meter.value = async () => Math.exp(-(((await axis.position()) - 5) ** 2));
  return meter;
}

async function uninterrupted(plan: Plan<unknown>, options: RunEngineOptions = {}): Promise<NamedDocument[]> {
  const engine = new RunEngine(options);
  const documents = new RecordedDocuments();
  engine.subscribe(documents.take);
  await engine.run(plan);
  return documents.all;
}

/** As a file has them: what was recorded comes back from JSON. */
function fromFile(documents: readonly NamedDocument[]): NamedDocument[] {
  return documents.map(({ name, doc }) => parseDocumentLine(encodeDocumentLine(name, doc), name));
}

/** What does not depend on when it was, or by chance. */
function timeless(documents: readonly NamedDocument[]): unknown[] {
  const names = new Map<unknown, string>();
  const named = (uid: unknown) => {
    if (!names.has(uid)) names.set(uid, `uid ${names.size}`);
    return names.get(uid);
  };
  return documents.map(({ name, doc }) =>
    JSON.parse(
      JSON.stringify({ name, doc }, (key, value: unknown) => {
        if (key === "uid" || key === "run_start" || key === "descriptor") return named(value);
        if (/(^|_)time(_ns)?$/.test(key)) return "a time";
        if (key === "timestamps") return Object.keys(value as object);
        return typeof value === "bigint" ? "a time" : value;
      }),
    ),
  );
}

async function takenUp(
  plan: Plan<unknown>,
  recorded: readonly NamedDocument[],
  options: RunEngineOptions = {},
): Promise<{ documents: NamedDocument[]; numbers: ReadonlyMap<string, number> | undefined }> {
  const engine = new RunEngine(options);
  const documents: NamedDocument[] = [];
  let numbers: ReadonlyMap<string, number> | undefined;
  engine.subscribe((name, doc) => {
    documents.push({ name, doc } as unknown as NamedDocument);
  });
  const outcome = await engine.takeUp(plan, fromFile(recorded), {
    onLive: (reached) => {
      numbers = reached;
    },
  });
  assert.equal(outcome.exitStatus, "success");
  assert.equal(outcome.runs[0], (recorded[0]!.doc as { uid: string }).uid);
  return { documents, numbers };
}

function assertInOrder(documents: readonly NamedDocument[]): void {
  const order = new DocumentOrder();
  for (const { name, doc } of documents) order.accept(name, doc);
  assert.ok(order.complete);
}

describe("a run that was interrupted after any of its documents", () => {
  const makeGrid = () => {
    const [x, y] = [new SettingAxis("x"), new SettingAxis("y")];
    return {
      x,
      y,
      plan: () =>
        gridScan(
          [meterAt(y)],
          { axis: x, start: 0, stop: 2, num: 3 },
          { axis: y, start: 3, stop: 7, num: 4, snake: true },
        ),
    };
  };

  test("and is taken up again has the documents of one that was not, without repeating a point", async () => {
    const whole = await uninterrupted(makeGrid().plan());
    const events = (documents: readonly NamedDocument[]) =>
      documents.filter(({ name }) => name === "event").length;
    for (let cut = 1; cut < whole.length; cut++) {
      const recorded = whole.slice(0, cut);
      const { x, y, plan } = makeGrid();
      const { documents } = await takenUp(plan(), recorded);
      const both = [...recorded, ...documents];
      assertInOrder(both);
      assert.deepEqual(timeless(both), timeless(whole), `cut after ${cut} documents`);
      const left = 12 - events(recorded);
      const moves = y.told.length + x.told.length;
      assert.ok(moves <= 2 + 2 * left, `${moves} moves for ${left} points`);
    }
  });

  test("moves no axis but to where it was at the checkpoint, and then on", async () => {
    const whole = await uninterrupted(makeGrid().plan());
    const { x, y, plan } = makeGrid();
    // The sixth point: second line, on its way back.
    const cut = whole.findIndex(({ name, doc }) => name === "event" && doc.seq_num === 6);
    const { numbers } = await takenUp(plan(), whole.slice(0, cut + 1));
    assert.deepEqual(x.told, ["move 1", "move 2"]);
    assert.deepEqual(y.told.slice(0, 2), ["move 5.666666666666667", "move 4.333333333333333"]);
    assert.equal(numbers?.get("primary"), 6);
  });

  test("after its last point moves to that point, and takes nothing again", async () => {
    const whole = await uninterrupted(makeGrid().plan());
    const { x, y, plan } = makeGrid();
    const { documents } = await takenUp(plan(), whole.slice(0, -1));
    assert.deepEqual([x.told, y.told], [["move 2"], ["move 7"]]);
    assert.deepEqual(
      documents.map(({ name }) => name),
      ["stop"],
    );
  });

  test("with a point that was taken again after a pause goes on as one without", async () => {
    const whole = await uninterrupted(makeGrid().plan());
    const cut = whole.findIndex(({ name, doc }) => name === "event" && doc.seq_num === 4);
    const recorded = whole.slice(0, cut);
    const last = recorded.at(-1)!;
    assert.equal(last.name, "event");
    recorded.push({ ...last, doc: { ...last.doc, uid: "taken again" } } as NamedDocument);
    const { documents } = await takenUp(makeGrid().plan(), recorded);
    assertInOrder([...recorded, ...documents]);
    assert.deepEqual(
      documents.flatMap(({ name, doc }) => (name === "event" ? [doc.seq_num] : [])),
      [4, 5, 6, 7, 8, 9, 10, 11, 12],
    );
  });

  test("with baseline and monitor goes on with their numbers", async () => {
    const devices = () => {
      const axis = new SettingAxis("x");
      const current = new StandInMonitoredGauge("current");
      return { axis, current, options: { baseline: [new StandInGauge("room")], monitors: [current] } };
    };
    const first = devices();
    const plan = (axis: SettingAxis) => scan([], { axis, start: 0, stop: 3 }, 4);
    const whole = await uninterrupted(plan(first.axis), first.options);
    for (let cut = 1; cut < whole.length; cut++) {
      const { axis, options } = devices();
      const recorded = whole.slice(0, cut);
      const { documents } = await takenUp(plan(axis), recorded, options);
      const both = [...recorded, ...documents];
      assertInOrder(both);
      const stop = both.at(-1)!.doc as { num_events: Record<string, number> };
      assert.deepEqual([stop.num_events.primary, stop.num_events.baseline], [4, 2], `cut after ${cut}`);
    }
  });

  test("decides by what was recorded: an adaptive scan finds the same places", async () => {
    const make = () => {
      const axis = new SettingAxis("x");
      return adaptiveScan(
        [meterAt(axis)],
        { axis, start: 0, stop: 10 },
        { quantity: "meter", change: 0.1, minStep: 0.05, maxStep: 2, backstep: true },
      );
    };
    const whole = await uninterrupted(make());
    assert.ok(whole.length > 15);
    for (let cut = 3; cut < whole.length; cut += 4) {
      const { documents } = await takenUp(make(), whole.slice(0, cut));
      assert.deepEqual(timeless([...whole.slice(0, cut), ...documents]), timeless(whole));
    }
  });

  test("is a relative scan: it goes back to where the axis was before all", async () => {
    const axis = new SettingAxis("x");
    await axis.moveTo(10, new AbortController().signal);
    const whole = await uninterrupted(relativeScan([], { axis, start: -1, stop: 1 }, 3));
    const again = new SettingAxis("x");
    await again.moveTo(9.5, new AbortController().signal);
    const { documents } = await takenUp(
      relativeScan([], { axis: again, start: -1, stop: 1 }, 3),
      whole.slice(0, 4),
    );
    assert.deepEqual(timeless([...whole.slice(0, 4), ...documents]), timeless(whole));
    assert.equal(again.told.at(-1), "move 10");
  });

  test("makes devices ready and sets them as they were, each once, before the axes move", async () => {
    const steps = (bench: ReturnType<typeof createOpticalBench>) =>
      (function* (): Plan {
        for (const nanometres of [700, 710, 720]) {
          yield* checkpoint();
          yield* moveTo([[bench.laser, nanometres]]);
          yield* setWavelength(bench.meter, nanometres);
          yield* triggerAndRead([bench.laser, bench.meter, bench.shutter]);
        }
        yield* setOpen(bench.shutter, false);
      })();
    const bench = () => createOpticalBench({ speed: Number.POSITIVE_INFINITY });
    const make = (all: ReturnType<typeof bench>) => inRun({ plan_name: "mine" }, [all.shutter], steps(all));
    const whole = await uninterrupted(make(bench()));
    const cut = whole.findIndex(({ name, doc }) => name === "event" && doc.seq_num === 2);
    const all = bench();
    const told: string[] = [];
    for (const [device, method] of [
      [all.shutter, "stage"],
      [all.meter, "setWavelength"],
      [all.laser, "moveTo"],
    ] as const) {
      const call = (device as unknown as Record<string, (...args: unknown[]) => unknown>)[method]!.bind(
        device,
      );
      Object.assign(device, {
        [method]: (...args: unknown[]) => {
          told.push(args[0] instanceof AbortSignal ? method : `${method} ${String(args[0])}`);
          return call(...args);
        },
      });
    }
    const { documents } = await takenUp(make(all), whole.slice(0, cut + 1));
    assert.deepEqual(told, ["stage", "setWavelength 710", "moveTo 710", "moveTo 720", "setWavelength 720"]);
    const opened = documents.flatMap(({ name, doc }) => (name === "event" ? [doc.data.shutter_open] : []));
    assert.deepEqual(opened, [true]);
  });

  test("is a time series: it keeps its period, and does not make up for the time between", async () => {
    const clock = new SteppingClock();
    const meter = new StandInGauge("meter");
    const make = () => timeSeries([meter], { num: 5, periodSeconds: 2 });
    const whole = await uninterrupted(make(), { clock });
    const cut = whole.findIndex(({ name, doc }) => name === "event" && doc.seq_num === 3);
    clock.advance(3_600_000);
    clock.slept.length = 0;
    await takenUp(make(), whole.slice(0, cut + 1), { clock });
    assert.deepEqual(
      clock.slept.map((ms) => Math.round(ms)),
      [2000, 2000],
    );
  });

  test("takes a point of two events again when only the first was recorded, with the old number", async () => {
    const make = () => {
      const axis = new SettingAxis("x");
      const [first, second] = [new StandInGauge("first"), new StandInGauge("second")];
      const steps = function* (): Plan {
        for (const place of [1, 2, 3]) {
          yield* point([first], [[axis, place]]);
          yield* triggerAndRead([second], "late");
        }
      };
      return { axis, plan: inRun({}, [], steps()) };
    };
    const whole = await uninterrupted(make().plan);
    const cut = whole.findLastIndex(({ name, doc }) => name === "event" && doc.seq_num === 3);
    const again = make();
    const { documents } = await takenUp(again.plan, whole.slice(0, cut));
    const events = documents.filter(({ name }) => name === "event");
    assert.deepEqual(
      events.map(({ doc }) => (doc as { seq_num: number }).seq_num),
      [3, 3],
    );
    assert.deepEqual(again.axis.told, ["move 2", "move 3"]);
    assertInOrder([...whole.slice(0, cut), ...documents]);
  });
});

describe("a plan that does not do what was recorded is refused, and nothing is emitted:", () => {
  const make = (stop: number, num: number, detectors: readonly Readable[] = []) => {
    const axis = new SettingAxis("x");
    return { axis, plan: scan(detectors, { axis, start: 0, stop }, num) };
  };
  const strange = (places: readonly number[], before?: (axis: SettingAxis) => Plan<unknown>) => {
    const axis = new SettingAxis("x");
    const steps = function* (): Plan {
      for (const place of places) {
        if (before !== undefined) yield* before(axis);
        yield* point([], [[axis, place]]);
      }
    };
    return { axis, plan: inRun({ plan_name: "strange" }, [], steps()) };
  };
  const recordedScan = async () => (await uninterrupted(make(3, 4).plan)).slice(0, -2);
  const recordedStrange = async () => (await uninterrupted(strange([1, 2, 3]).plan)).slice(0, -2);

  for (const [what, recorded, again, message] of [
    ["another plan", recordedScan, () => strange([0]), /plan_name is "strange", recorded was "scan"/],
    ["other arguments", recordedScan, () => make(5, 4), /plan_args is/],
    [
      "other places",
      recordedStrange,
      () => strange([1, 5, 3]),
      /x goes to 5 for event 2 of primary, recorded was 2/,
    ],
    [
      "fewer points",
      recordedStrange,
      () => strange([1]),
      /it closes the run, but event 2 of primary was recorded/,
    ],
    [
      "other devices at a point",
      recordedStrange,
      () => {
        const { axis } = strange([]);
        const steps = point([new StandInGauge("meter")], [[axis, 1]]);
        return { axis, plan: inRun({ plan_name: "strange" }, [], steps) };
      },
      /it reads meter for event 1 of primary/,
    ],
    [
      "fewer devices at a point",
      recordedStrange,
      () => {
        const { axis } = strange([]);
        return { axis, plan: inRun({ plan_name: "strange" }, [], triggerAndRead([])) };
      },
      /it does not read x for event 1/,
    ],
    [
      "another stream",
      recordedStrange,
      () => {
        const { axis } = strange([]);
        return { axis, plan: inRun({ plan_name: "strange" }, [], triggerAndRead([axis], "other")) };
      },
      /it takes event 1 of other, recorded was event 1 of primary/,
    ],
    [
      "a point that is left out",
      recordedStrange,
      () => {
        const { axis } = strange([]);
        const steps = function* (): Plan {
          yield* create();
          yield* drop();
        };
        return { axis, plan: inRun({ plan_name: "strange" }, [], steps()) };
      },
      /it forgets event 1 of primary, which was recorded/,
    ],
    [
      "a reading that was never recorded",
      recordedStrange,
      () => strange([1, 2, 3], (axis) => read(axis)),
      /it reads x outside an event, which was not recorded, but event 1 of primary/,
    ],
    [
      "a position that was never recorded",
      recordedStrange,
      () => strange([1, 2, 3], (axis) => position(axis)),
      /it asks where x is, which was not recorded/,
    ],
  ] as const)
    test(what, async () => {
      const { axis, plan } = again();
      const engine = new RunEngine();
      const emitted: string[] = [];
      engine.subscribe((name) => {
        emitted.push(name);
      });
      await assert.rejects(engine.takeUp(plan as Plan<unknown>, await recorded()), {
        code: "usage",
        message,
      });
      assert.deepEqual([emitted, axis.told, engine.state], [[], [], "idle"]);
    });

  test("a device that gives something else than before", async () => {
    const recorded = await recordedScan();
    const { axis, plan } = make(3, 4);
    axis.describe = async () => ({
      x: { dtype: "float64", unit: "deg", limits: [-100, 100], source: "stand-in" },
      x_setpoint: { dtype: "float64", unit: "deg", source: "stand-in" },
    });
    const engine = new RunEngine();
    const emitted: string[] = [];
    engine.subscribe((name) => {
      emitted.push(name);
    });
    await assert.rejects(engine.takeUp(plan, recorded), { code: "usage", message: /x is not what it was/ });
    assert.deepEqual(emitted, [], "no stop document: it can be taken up with the right one");
  });

  test("a run that is over, and one of which there is nothing", async () => {
    const whole = await uninterrupted(make(3, 4).plan);
    await assert.rejects(new RunEngine().takeUp(make(3, 4).plan, whole), {
      code: "usage",
      message: /is over: it ended with success/,
    });
    await assert.rejects(new RunEngine().takeUp(make(3, 4).plan, []), { message: /nothing recorded/ });
  });

  test("documents that are damaged", async () => {
    const recorded = await recordedScan();
    recorded.splice(2, 1);
    await assert.rejects(new RunEngine().takeUp(make(3, 4).plan, recorded), { code: "format" });
  });
});

test("an abort while the record is gone through, or while axes go back, leaves the run to be taken up again", async () => {
  const make = () => {
    const axis = new SettingAxis("x");
    return { axis, plan: scan([], { axis, start: 0, stop: 3 }, 4) };
  };
  const recorded = (await uninterrupted(make().plan)).slice(0, 4);
  const { axis, plan } = make();
  axis.behaviour = { moveTo: () => new Promise(() => {}) };
  const withCleanUp = function* (): Plan<unknown> {
    try {
      return yield* plan;
    } finally {
      yield* moveTo([[axis, 0]]);
    }
  };
  const engine = new RunEngine();
  const emitted: string[] = [];
  engine.subscribe((name) => {
    emitted.push(name);
  });
  const running = engine.takeUp(withCleanUp(), recorded);
  while (axis.told.length === 0) await sleepMs(1);
  engine.abort();
  assert.equal((await running).exitStatus, "abort");
  assert.deepEqual(emitted, []);
  assert.deepEqual(axis.told, ["move 1", "stop"]);
  const again = make();
  const { documents } = await takenUp(again.plan, recorded);
  assertInOrder([...recorded, ...documents]);
});

test("an abort in the middle of the record is heard there", async () => {
  const make = () => {
    const axis = new SettingAxis("x");
    return { axis, plan: scan([], { axis, start: 0, stop: 9 }, 10) };
  };
  const recorded = (await uninterrupted(make().plan)).slice(0, -1);
  const { axis, plan } = make();
  const engine = new RunEngine();
  const read = function* () {
    for (const [index, document] of recorded.entries()) {
      if (index === 5) engine.abort("enough");
      yield document;
    }
  };
  let isLive = false;
  const outcome = await engine.takeUp(plan, read(), {
    onLive: () => {
      isLive = true;
    },
  });
  assert.deepEqual([outcome.reason, isLive, axis.told], ["enough", false, []]);
});

test("a pause while axes go back is a pause: then they go back again, and the run goes on", async () => {
  const make = () => {
    const axis = new SettingAxis("x");
    return { axis, plan: scan([], { axis, start: 0, stop: 3 }, 4) };
  };
  const recorded = (await uninterrupted(make().plan)).slice(0, 4);
  const { axis, plan } = make();
  axis.behaviour = { moveTo: (_, call) => (call === 1 ? new Promise(() => {}) : Promise.resolve()) };
  const engine = new RunEngine();
  const running = engine.takeUp(plan, recorded);
  while (axis.told.length === 0) await sleepMs(1);
  engine.pause();
  while (engine.state !== "paused") await sleepMs(1);
  engine.resume();
  const outcome = await running;
  assert.deepEqual([outcome.exitStatus, outcome.runs.length], ["success", 1]);
  assert.deepEqual(axis.told, ["move 1", "stop", "move 1", "move 2", "move 3"]);
});
