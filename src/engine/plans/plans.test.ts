import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RecordedDocuments } from "../../testing/recorded-documents.ts";
import { StandInAxis } from "../../testing/stand-in-axis.ts";
import { SteppingClock } from "../../testing/stepping-clock.ts";
import { dryRun } from "../dry-run.ts";
import { read } from "../messages/read.ts";
import type { Plan } from "../plan.ts";
import { RunEngine } from "../run-engine.ts";
import { count } from "./count.ts";
import { gridScan } from "./grid-scan.ts";
import { listGridScan } from "./list-grid-scan.ts";
import { listScan } from "./list-scan.ts";
import { moveTo } from "./point.ts";
import { relativeGridScan } from "./relative-grid-scan.ts";
import { relativeListScan } from "./relative-list-scan.ts";
import { relativeScan } from "./relative-scan.ts";
import { scan } from "./scan.ts";
import { timeSeries } from "./time-series.ts";

async function carriedOut(plan: Plan<unknown>, clock?: SteppingClock): Promise<RecordedDocuments> {
  const engine = new RunEngine(clock === undefined ? {} : { clock });
  const documents = new RecordedDocuments();
  engine.subscribe(documents.take);
  await engine.run(plan);
  assert.ok(documents.complete);
  return documents;
}

const axes = () => [new StandInAxis("x"), new StandInAxis("y"), new StandInAxis("z")] as const;

function places(documents: RecordedDocuments, ...ids: readonly string[]): unknown[] {
  return documents.of("event").map(({ data }) => ids.map((id) => data[id]).join(","));
}

describe("the places of", () => {
  test("a scan are even, with both ends, for axes that move together", async () => {
    const [x, y] = axes();
    const documents = await carriedOut(
      scan(
        [],
        [
          { axis: x, start: 0, stop: 1 },
          { axis: y, start: 8, stop: 0 },
        ],
        5,
      ),
    );
    assert.deepEqual(places(documents, "x", "y"), ["0,8", "0.25,6", "0.5,4", "0.75,2", "1,0"]);
    assert.deepEqual(documents.of("start")[0]!.motors, ["x", "y"]);
  });

  test("a scan end exactly where they were meant to, however many there are", async () => {
    const [x] = axes();
    const documents = await carriedOut(scan([], { axis: x, start: 0.1, stop: 0.7 }, 101));
    assert.equal(documents.values("x").at(-1), 0.7);
  });

  test("a list scan are those of the lists", async () => {
    const [x, y] = axes();
    const documents = await carriedOut(
      listScan([], { axis: x, places: [3, 1] }, { axis: y, places: [7, 9] }),
    );
    assert.deepEqual(places(documents, "x", "y"), ["3,7", "1,9"]);
  });

  test("a relative scan lie round where the axis was, and it goes back there", async () => {
    const [x] = axes();
    await x.moveTo(10, new AbortController().signal);
    const documents = await carriedOut(relativeScan([], { axis: x, start: -1, stop: 1 }, 3));
    assert.deepEqual(places(documents, "x"), ["9", "10", "11"]);
    assert.equal(x.told.at(-1), "move 10");
  });

  test("a grid are all combinations, the last axis fastest", async () => {
    const [x, y] = axes();
    const grid = gridScan([], { axis: x, start: 0, stop: 1, num: 2 }, { axis: y, start: 0, stop: 2, num: 3 });
    const documents = await carriedOut(grid);
    assert.deepEqual(places(documents, "x", "y"), ["0,0", "0,1", "0,2", "1,0", "1,1", "1,2"]);
    assert.deepEqual(x.told, ["move 0", "move 1"], "the slow axis stays for a line");
    assert.deepEqual(documents.of("start")[0]!.shape, [2, 3]);
  });

  test("a grid that snakes are as near to one another as they can be", async () => {
    const [x, y, z] = axes();
    const snake = { start: 0, stop: 1, num: 2, snake: true };
    const grid = gridScan(
      [],
      { axis: x, start: 0, stop: 2, num: 3 },
      { axis: y, ...snake },
      { axis: z, ...snake },
    );
    const documents = await carriedOut(grid);
    const seen = places(documents, "x", "y", "z");
    assert.deepEqual(seen, [
      "0,0,0",
      "0,0,1",
      "0,1,1",
      "0,1,0",
      "1,1,0",
      "1,1,1",
      "1,0,1",
      "1,0,0",
      "2,0,0",
      "2,0,1",
      "2,1,1",
      "2,1,0",
    ]);
  });
});

describe("round where the axes were, and back there afterwards, go", () => {
  const away = async () => {
    const [x, y] = axes();
    await x.moveTo(10, new AbortController().signal);
    await y.moveTo(20, new AbortController().signal);
    return [x, y] as const;
  };

  test("a relative list scan", async () => {
    const [x, y] = await away();
    const documents = await carriedOut(
      relativeListScan([], { axis: x, places: [-1, 2] }, { axis: y, places: [0, 5] }),
    );
    assert.deepEqual(places(documents, "x", "y"), ["9,20", "12,25"]);
    assert.deepEqual([x.told.at(-1), y.told.at(-1)], ["move 10", "move 20"]);
    assert.deepEqual(documents.of("start")[0]!.plan_args!.origins, { x: 10, y: 20 });
  });

  test("a relative grid scan", async () => {
    const [x, y] = await away();
    const documents = await carriedOut(
      relativeGridScan(
        [],
        { axis: x, start: -1, stop: 1, num: 2 },
        { axis: y, start: 0, stop: 1, num: 2, snake: true },
      ),
    );
    assert.deepEqual(places(documents, "x", "y"), ["9,20", "9,21", "11,21", "11,20"]);
    assert.deepEqual([x.told.at(-1), y.told.at(-1)], ["move 10", "move 20"]);
    assert.deepEqual(documents.of("start")[0]!.extents, [
      [9, 11],
      [20, 21],
    ]);
  });
});

test("the places of a list grid are all combinations of the lists", async () => {
  const [x, y] = axes();
  const documents = await carriedOut(
    listGridScan([], { axis: x, places: [1, 5] }, { axis: y, places: [3, 1, 2], snake: true }),
  );
  assert.deepEqual(places(documents, "x", "y"), ["1,3", "1,1", "1,2", "5,2", "5,1", "5,3"]);
  const [start] = documents.of("start");
  assert.deepEqual(start!.shape, [2, 3]);
  assert.deepEqual(start!.extents, [
    [1, 5],
    [3, 1],
  ]);
});

test("a relative scan that fails brings the axis back, too", async () => {
  const [x] = axes();
  await x.moveTo(10, new AbortController().signal);
  x.behaviour = { read: async (call) => assert.ok(call < 2, "no light") };
  await assert.rejects(carriedOut(relativeScan([], { axis: x, start: -1, stop: 1 }, 3)), {
    message: /no light/,
  });
  assert.equal(x.told.at(-1), "move 10");
});

test("count waits between its readings, and a time series keeps to its period whatever a reading takes", async () => {
  const clock = new SteppingClock();
  const startedNs = clock.nowNs();
  const [x] = axes();
  x.behaviour = { read: async () => clock.advance(300) };
  const seconds = (documents: RecordedDocuments) =>
    documents
      .of("event")
      .map(({ data }) => Math.round(Number((data.time_ns as bigint) - startedNs) / 1e8) / 10);
  assert.deepEqual(
    seconds(await carriedOut(timeSeries([x], { num: 4, periodSeconds: 2 }), clock)),
    [0.3, 2.3, 4.3, 6.3],
  );
  assert.deepEqual(
    seconds(await carriedOut(count([x], { num: 3, delaySeconds: 1 }), clock)),
    [6.6, 7.9, 9.2],
  );
});

describe("what cannot be is refused:", () => {
  const [x, y] = axes();
  for (const [what, plan] of [
    ["no points", () => count([x], { num: 0 })],
    ["half a point", () => scan([], { axis: x, start: 0, stop: 1 }, 2.5)],
    ["a scan to nowhere", () => scan([], { axis: x, start: 0, stop: Number.NaN }, 2)],
    ["lists of different lengths", () => listScan([], { axis: x, places: [1, 2] }, { axis: y, places: [1] })],
    ["an empty list", () => listScan([], { axis: x, places: [] })],
    ["an empty list of a grid", () => listGridScan([], { axis: x, places: [1] }, { axis: y, places: [] })],
    ["a place that is no number", () => listScan([], { axis: x, places: [1, Number.NaN] })],
    [
      "a slowest axis of a list grid that snakes",
      () => listGridScan([], { axis: x, places: [1, 2], snake: true }),
    ],
    ["a slowest axis that snakes", () => gridScan([], { axis: x, start: 0, stop: 1, num: 2, snake: true })],
  ] as const)
    test(what, async () => {
      await assert.rejects(carriedOut(plan()), { code: "usage" });
      assert.deepEqual(x.told, []);
    });
});

describe("a dry run", () => {
  test("finds a limit at point 9,001 without touching a device", () => {
    const [x] = axes();
    const scanned = Array.from({ length: 10_000 }, (_, index) => (index === 9000 ? 100.5 : index / 1000));
    assert.throws(() => dryRun(listScan([x], { axis: x, places: scanned })), {
      code: "device",
      message: /x cannot be moved to 100\.5 mm: its limits are -100 to 100 mm\. That is point 9001 of/,
    });
    assert.deepEqual(x.told, []);
  });

  test("counts steps and points, and says each step", () => {
    const [x] = axes();
    const steps: string[] = [];
    const result = dryRun(scan([], { axis: x, start: 0, stop: 1 }, 2), {
      onStep: (words) => steps.push(words),
    });
    assert.deepEqual(result, { steps: 15, points: 2 });
    assert.deepEqual(steps.slice(0, 5), [
      "open a run",
      "declare stream primary of x",
      "checkpoint",
      "move x to 0 mm",
      "wait for axes",
    ]);
    assert.deepEqual(x.told, []);
  });

  test("goes through a grid of 24,700 points in four axes", () => {
    const [x, y, z] = axes();
    const grid = gridScan(
      [],
      { axis: new StandInAxis("w"), start: 0, stop: 1, num: 13 },
      { axis: x, start: 0, stop: 1, num: 10 },
      { axis: y, start: 0, stop: 1, num: 10, snake: true },
      { axis: z, start: 0, stop: 1, num: 19, snake: true },
    );
    assert.equal(dryRun(grid).points, 24_700);
  });

  test("asks where an axis starts when the plan depends on it", () => {
    const [x] = axes();
    const plan = () => relativeScan([], { axis: x, start: -1, stop: 1 }, 3);
    assert.throws(() => dryRun(plan()), { code: "usage", message: /does not know where x is/ });
    assert.equal(dryRun(plan(), { positions: new Map([[x, 5]]) }).points, 3);
    assert.throws(() => dryRun(plan(), { positions: new Map([[x, 99.5]]) }), {
      message: /moved to 100\.5 mm/,
    });
  });

  test("does not invent a reading for a plan that decides by one", () => {
    const [x] = axes();
    const plan = function* (): Plan {
      const readings = yield* read(x);
      if ((readings.x!.value as number) > 0) yield* moveTo([[x, 0]]);
    };
    assert.throws(() => dryRun(plan()), { code: "usage", message: /no reading of x/ });
  });
});
