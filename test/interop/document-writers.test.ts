import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleepMs } from "node:timers/promises";
import { createOpticalBench } from "../../src/devices/sim/optical-bench.ts";
import { gridScan, type Plan, RunEngine, sleep } from "../../src/engine/index.ts";
import { ArrowDocumentWriter } from "../../src/formats/arrow/index.ts";
import { CsvDocumentWriter } from "../../src/formats/csv/index.ts";
import { Hdf5DocumentWriter } from "../../src/formats/hdf5/index.ts";
import { ParquetDocumentWriter } from "../../src/formats/parquet/index.ts";
import { ZarrDocumentWriter } from "../../src/formats/zarr/index.ts";
import { RecordedDocuments } from "../../src/testing/recorded-documents.ts";

/** Which Python has the readers: `PYTHON`, or the one on the PATH. */
const python = process.env.PYTHON ?? "python3";

type Numbers = readonly (number | string | null)[];
type Table = {
  readonly columns: { readonly [name: string]: Numbers };
  readonly units?: { readonly [name: string]: string };
  readonly start?: unknown;
  readonly stop?: string;
  readonly sample?: string;
  readonly baseline?: Numbers;
};
type Scan = {
  readonly coordinates: { readonly [name: string]: Numbers };
  readonly variables: {
    readonly [name: string]: {
      readonly dims: readonly string[];
      readonly units: string | null;
      readonly values: Numbers;
    };
  };
};

const wavelengths = [700, 800, 900];
const places = [-1, -0.5, 0, 0.5, 1];
/** Where the stage is at each event. */
const path = wavelengths.flatMap((_, line) => (line % 2 === 1 ? places.toReversed() : places));

/** Rests after each event, so that a pause finds the plan behind one and before its next checkpoint. */
function* resting<Result>(plan: Plan<Result>): Plan<Result> {
  let step = plan.next();
  while (step.done !== true) {
    const answer: unknown = yield step.value;
    if (step.value.command === "save") yield* sleep(0.001);
    step = plan.next(answer);
  }
  return step.value;
}

describe("a grid scan with a pause, written by every document writer in the process of the engine", () => {
  const folder = mkdtempSync(join(tmpdir(), "daq-document-writers-"));
  const documents = new RecordedDocuments();
  let seen: { readonly [kind: string]: unknown } = {};

  before(async () => {
    const { laser, stage, meter } = createOpticalBench({ speed: Number.POSITIVE_INFINITY, missEvery: 5 });
    const engine = new RunEngine({ baseline: [stage], metadata: { sample: "GaAs" } });
    const place = (name: string) => join(folder, name);
    engine.subscribe(documents.take);
    const hdf5 = Hdf5DocumentWriter.create(place("run.h5"), { rowsPerBatch: 4 });
    engine.subscribe(hdf5.take, "run.h5", hdf5);
    for (const writer of [
      ZarrDocumentWriter.create(place("run.zarr"), { zarr: { zarrFormat: 2 } }),
      ArrowDocumentWriter.create(place("run.arrow"), { rowsPerBatch: 3 }),
      ParquetDocumentWriter.create(place("run.parquet")),
      CsvDocumentWriter.create(place("run.csv"), { rowsPerBatch: 2 }),
    ])
      engine.subscribe((name, doc) => writer.take(name, doc));
    let events = 0;
    engine.subscribe((name, doc) => {
      if (name !== "event" || !("stage_setpoint" in (doc as { data: object }).data)) return;
      if (++events === 7) engine.pause();
    });
    const running = engine.run(
      resting(
        gridScan(
          [meter],
          { axis: laser, start: 700, stop: 900, num: 3 },
          { axis: stage, start: -1, stop: 1, num: 5, snake: true },
        ),
      ),
    );
    while (engine.state !== "paused") await sleepMs(1);
    engine.resume();
    await running;
    const files = [
      ["hdf5", "run.h5"],
      ["hdf5-scan", "run.h5"],
      ["zarr", "run.zarr"],
      ["zarr-scan", "run.zarr"],
      ["arrow", "run.primary.arrow"],
      ["parquet", "run.primary.parquet"],
      ["csv", "run.primary.csv"],
    ].flatMap(([kind, name]) => [kind!, place(name!)]);
    try {
      const args = [join(import.meta.dirname, "document_writers.py"), ...files];
      seen = JSON.parse(execFileSync(python, args, { encoding: "utf8", maxBuffer: 2 ** 28 }));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const without = (kind: string) => `${python} cannot read ${kind}; set PYTHON to one that can`;
  const primary = () => {
    const name = documents.of("descriptor").find((descriptor) => descriptor.name === "primary")!.uid;
    const events = documents.of("event").filter(({ descriptor }) => descriptor === name);
    return [...new Map(events.map((event) => [event.seq_num, event])).values()];
  };
  /** As Python gives them: digits for what has 64 bits. */
  const values = (key: string): Numbers =>
    primary().map(({ data }) =>
      typeof data[key] === "bigint" ? String(data[key]) : (data[key] as number | null),
    );

  test("the pause took a point again, under its old number", () => {
    const numbers = documents.of("event").map(({ seq_num: number }) => number);
    assert.equal(primary().length, 15);
    assert.equal(numbers.length, 15 + 2 + 1, "15 points, 2 of the baseline, 1 that was taken again");
  });

  for (const kind of ["hdf5", "zarr", "arrow", "parquet", "csv"])
    test(`${kind} has each point once, with set point, read-back, value and their times`, (t) => {
      const table = seen[kind] as Table | undefined;
      if (table === undefined) return t.skip(without(kind));
      const { columns, units } = table;
      assert.deepEqual(
        columns.seq_num,
        path.map((_, index) => `${index + 1}`),
      );
      assert.deepEqual(columns.stage_setpoint, path);
      const expected = ["stage", "laser", "laser_setpoint", "stage_time_ns", "meter_time_ns"];
      for (const name of expected) assert.deepEqual(columns[name], values(name), name);
      const valid = columns.meter_valid;
      const read = columns.meter!.map((value, row) => (valid?.[row] === "0" ? null : value));
      assert.deepEqual(read, values("meter"));
      assert.ok(read.includes(null), "a value that the meter did not have is missing");
      if (units !== undefined)
        assert.deepEqual([units.stage, units.laser_setpoint, units.meter], ["mm", "nm", "mW"]);
      if (kind !== "csv") assert.equal(table.start, "grid_scan");
    });

  for (const kind of ["hdf5", "zarr"])
    test(`${kind} has the start and the stop document`, (t) => {
      const table = seen[kind] as Table | undefined;
      if (table === undefined) return t.skip(without(kind));
      assert.deepEqual([table.start, table.stop], ["grid_scan", "success"]);
      if (kind === "hdf5") assert.equal(table.sample, "GaAs");
      if (kind === "hdf5") assert.equal(table.baseline!.length, 2);
    });

  for (const kind of ["hdf5-scan", "zarr-scan"])
    test(`${kind}: xarray opens the grid with both axes as coordinates, each point at its place`, (t) => {
      const scan = seen[kind] as Scan | undefined;
      if (scan === undefined) return t.skip(without(kind));
      const { laser, stage } = scan.coordinates;
      assert.deepEqual([laser, stage], [wavelengths, places]);
      const inGrid = (name: string) => {
        const rows = values(name);
        return wavelengths.flatMap((_, line) => {
          const part = rows.slice(5 * line, 5 * line + 5);
          return line % 2 === 1 ? part.toReversed() : part;
        });
      };
      const { meter, stage_readback: readBack } = scan.variables;
      assert.deepEqual([meter!.dims, meter!.units], [["laser", "stage"], "mW"]);
      assert.deepEqual(meter!.values, inGrid("meter"));
      assert.deepEqual(readBack!.values, inGrid("stage"));
    });
});
