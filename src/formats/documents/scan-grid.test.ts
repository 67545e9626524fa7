import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "../../documents/event.ts";
import type { RunStart } from "../../documents/run-start.ts";
import type { Batch } from "../../model/batch.ts";
import type { Column } from "../../model/stream-schema.ts";
import { ScanGrid } from "./scan-grid.ts";

const column = (name: string, more: Partial<Column> = {}): Column => ({
  name,
  dtype: "float64",
  shape: [],
  dims: [],
  ...more,
});
const columns = [
  column("seq_num"),
  column("x_setpoint", { unit: "mm" }),
  column("power", { unit: "mW" }),
  column("power_time_ns"),
  column("cam_frame", { dtype: "int64" }),
];
const start = (fields: Partial<RunStart>) => ({ uid: "run", time: 0, ...fields }) as RunStart;
const event = (number: number, data: Event["data"]): Event => ({
  uid: `${number}`,
  descriptor: "primary",
  seq_num: number,
  time: 0,
  data,
  timestamps: {},
});

const snaking = start({
  motors: ["y", "x"],
  shape: [2, 3],
  extents: [
    [0, 1],
    [-1, 1],
  ],
  snaking: [false, true],
  hints: {
    dimensions: [
      [["y"], "primary"],
      [["x"], "primary"],
    ],
  },
});

test("points of a scan that snakes come where they were measured, and those never taken have no value", () => {
  const scan = ScanGrid.of(snaking, columns, ["cam"])!;
  for (let number = 1; number <= 5; number++)
    scan.add(event(number, { power: number, cam_frame: number - 1, time_ns: BigInt(number) }));
  const { axes, quantities, frames } = scan.grid();
  assert.deepEqual(axes, [
    { name: "y", places: [0, 1] },
    { name: "x", unit: "mm", places: [-1, 0, 1] },
  ]);
  assert.deepEqual(
    quantities.map(({ name }) => name),
    ["x_setpoint", "power", "cam_frame", "time"],
  );
  assert.deepEqual(quantities.find(({ name }) => name === "power")!.values, [1, 2, 3, null, 5, 4]);
  assert.deepEqual(quantities.at(-1)!.values, [1n, 2n, 3n, null, 5n, 4n]);
  assert.deepEqual(frames, [{ stream: "cam", numbers: [0, 1, 2, null, 4, 3] }]);
});

test("an event that is measured again takes the place of the first one", () => {
  const scan = ScanGrid.of(snaking, columns, [])!;
  scan.add(event(1, { power: 1 }));
  scan.add(event(1, { power: 9 }));
  assert.deepEqual(scan.grid().quantities[1]!.values.slice(0, 2), [9, null]);
});

test("axes with uneven places have the set points that were read, and none where nothing was", () => {
  const uneven = {
    ...snaking,
    shape: [2, 4],
    extents: [
      [0, 1],
      [0, 9],
    ],
  };
  const scan = ScanGrid.of(uneven, columns, [])!;
  for (const [index, place] of [0, 2, 3].entries())
    scan.add(event(index + 1, { power: index, x_setpoint: place }));
  const { axes } = scan.grid();
  assert.deepEqual(axes[1], { name: "x", unit: "mm", places: [0, 2, 3, Number.NaN] });
  assert.deepEqual(axes[0], { name: "y", places: [0, 1] });
});

test("a line without extents has the set points that were read as its places", () => {
  const line = start({ motors: ["x"], num_points: 3, hints: { dimensions: [[["x"], "primary"]] } });
  const scan = ScanGrid.of(line, columns, [])!;
  scan.add(event(1, { x_setpoint: 5, power: 1 }));
  scan.add(event(2, { x_setpoint: 2, power: 2 }));
  assert.deepEqual(scan.grid().axes, [{ name: "x", unit: "mm", places: [5, 2, Number.NaN] }]);
});

test("a run that is no scan, or one that is too large, has no grid", () => {
  const dimensions = [[["time"], "primary"]];
  assert.equal(ScanGrid.of(start({ num_points: 3, hints: { dimensions } }), columns, []), undefined);
  assert.equal(ScanGrid.of({ ...snaking, shape: [100_000, 1000] }, columns, []), undefined);
});

test("rows are taken as the events that they were made of; a list and a missing value are none", () => {
  const mixed: readonly Column[] = [
    column("seq_num", { dtype: "int64" }),
    column("x_setpoint", { unit: "mm" }),
    column("shots", { dtype: "int64", nullable: true }),
    column("spectrum", { shape: [2], dims: ["bin"] }),
  ];
  const bytes = (values: BigInt64Array | Float64Array) =>
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const rows: Batch = {
    stream: { name: "primary", kind: "table", columns: mixed, source: "plan", clock: "system" },
    count: 3,
    timestampsNs: BigInt64Array.of(10n, 20n, 30n),
    sequences: BigInt64Array.of(0n, 1n, 2n),
    columns: [
      { bytes: bytes(BigInt64Array.of(1n, 4n, 2n)) },
      { bytes: bytes(Float64Array.of(-1, 1, 0)) },
      { bytes: bytes(BigInt64Array.of(7n, 8n, 0n)), validity: Uint8Array.of(1, 1, 0) },
      { bytes: bytes(new Float64Array(6)) },
    ],
  };
  const scan = ScanGrid.of(snaking, mixed, [])!;
  scan.addRows(rows);
  const { axes, quantities } = scan.grid();
  assert.deepEqual(axes[1]!.places, [-1, 0, 1]);
  assert.deepEqual(
    quantities.map(({ name, values }) => [name, values]),
    [
      ["x_setpoint", [-1, 0, null, null, null, 1]],
      ["shots", [7n, null, null, null, null, 8n]],
      ["time", [10n, 30n, null, null, null, 20n]],
    ],
  );
  const events = ScanGrid.of(snaking, [column("mode", { dtype: "uint16" })], [], {
    mode: { choices: ["cw", "pulsed"] },
  })!;
  for (const [row, mode] of ["pulsed", "cw", "unheard of"].entries()) events.add(event(row + 1, { mode }));
  assert.deepEqual(events.grid().quantities[0]!.values.slice(0, 3), [1, 0, null]);
});

test("a start document that another program has spoilt is that of no scan", () => {
  for (const spoilt of [
    { motors: "x" },
    { shape: [2] },
    { shape: ["2", 3] },
    { shape: [2, -3] },
    { extents: [[0, 1]] },
    { hints: null },
    { hints: { dimensions: [["y"], "x"] } },
  ])
    assert.equal(ScanGrid.of({ ...snaking, ...spoilt }, columns, []), undefined, JSON.stringify(spoilt));
});
