import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ReadingValue } from "../../model/reading.ts";
import { RecordedDocuments } from "../../testing/recorded-documents.ts";
import { StandInAxis } from "../../testing/stand-in-axis.ts";
import { StandInGauge } from "../../testing/stand-in-gauge.ts";
import { dryRun } from "../dry-run.ts";
import { RunEngine } from "../run-engine.ts";
import { type AdaptiveScanOptions, adaptiveScan } from "./adaptive-scan.ts";

const usual: AdaptiveScanOptions = { quantity: "meter", change: 0.1, minStep: 0.02, maxStep: 1 };

/** Where the axis went, for a signal that depends on where it is. */
async function gone(
  signal: (at: number) => ReadingValue,
  options: Partial<AdaptiveScanOptions> = {},
  [start, stop] = [0, 10],
): Promise<number[]> {
  const axis = new StandInAxis("x");
  const meter = new StandInGauge("meter");
  meter.value = async () => signal(await axis.position());
  const engine = new RunEngine();
  const documents = new RecordedDocuments();
  engine.subscribe(documents.take);
  await engine.run(adaptiveScan([meter], { axis, start, stop }, { ...usual, ...options }));
  assert.ok(documents.complete);
  return documents.values("x") as number[];
}

const steps = (places: readonly number[]) => places.slice(1).map((place, index) => place - places[index]!);
/** An edge at 5. */
const edge = (at: number) => 1 / (1 + Math.exp(-8 * (at - 5)));

describe("an adaptive scan", () => {
  test("goes in small steps where the signal changes, in large ones elsewhere, and ends where it was meant to", async () => {
    const places = await gone(edge);
    assert.equal(places[0], 0);
    assert.equal(places.at(-1), 10);
    const before = steps(places.filter((place) => place < 4));
    const on = steps(places.filter((place) => place > 4.8 && place < 5.4));
    assert.ok(Math.max(...on) < Math.max(...before) / 4, `${on} on the edge, ${before} before it`);
    assert.ok(Math.max(...steps(places)) <= 1 + 1e-12);
  });

  test("with a backstep goes back over an edge that it stepped over", async () => {
    const without = await gone(edge);
    const places = await gone(edge, { backstep: true });
    assert.ok(steps(without).every((step) => step > 0));
    assert.ok(steps(places).some((step) => step < 0));
    const sorted = [...places].sort((a, b) => a - b);
    const changes = steps(sorted.map(edge));
    assert.ok(Math.max(...changes) < 0.3, `the largest change between neighbours is ${Math.max(...changes)}`);
  });

  test("goes down as well as up", async () => {
    const places = await gone(edge, {}, [10, 0]);
    assert.deepEqual([places[0], places.at(-1)], [10, 0]);
    assert.ok(steps(places).every((step) => step < 0));
  });

  test("of a signal that does not change takes the largest steps, and of one that jumps never less than the smallest", async () => {
    const flat = await gone(() => 1);
    assert.ok(flat.length < 16, `${flat.length} points`);
    const jumping = await gone((at) => Math.sin(1e6 * at) * 1e6, { backstep: true, minStep: 0.5 });
    assert.ok(jumping.length < 60, `${jumping.length} points`);
    for (const step of steps(jumping).slice(0, -1)) assert.ok(step > 0.5 - 1e-9 || step < 0);
  });

  test("lets a point without a value decide nothing", async () => {
    for (const nothing of [null, Number.NaN]) {
      let readings = 0;
      const places = await gone((at) => (++readings % 3 === 0 ? nothing : edge(at)), { backstep: true });
      assert.equal(places.at(-1), 10);
      assert.ok(steps(places.filter((place) => place > 4.8 && place < 5.2)).length > 2);
    }
    const blind = await gone(() => null);
    assert.equal(blind.at(-1), 10);
  });

  test("of no length is one point", async () => {
    assert.deepEqual(await gone(edge, {}, [3, 3]), [3]);
  });

  test("says that it cannot be tried dry", () => {
    const axis = new StandInAxis("x");
    const plan = adaptiveScan([new StandInGauge("meter")], { axis, start: 0, stop: 1 }, usual);
    assert.throws(() => dryRun(plan), {
      code: "usage",
      message: /no reading of x, and the plan decides by it/,
    });
    assert.deepEqual(axis.told, []);
  });

  test("by a quantity that no detector gives is refused at its first point", async () => {
    await assert.rejects(
      gone(() => 1, { quantity: "other" }),
      { code: "usage", message: /decides by other, which no detector gives/ },
    );
  });

  for (const [what, options, range] of [
    ["no change", { change: 0 }, [0, 1]],
    ["a smallest step of 0", { minStep: 0 }, [0, 1]],
    ["a smallest step above the largest", { minStep: 2 }, [0, 1]],
    ["an end that is no number", {}, [0, Number.NaN]],
  ] as const)
    test(`with ${what} is refused`, async () => {
      await assert.rejects(
        gone(() => 1, options, [...range]),
        { code: "usage" },
      );
    });
});
