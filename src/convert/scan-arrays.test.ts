import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openFileSink } from "../bytes/file-sink.ts";
import type { DataKey } from "../documents/data-key.ts";
import type { Event } from "../documents/event.ts";
import type { EventDescriptor } from "../documents/event-descriptor.ts";
import type { FormatName } from "../formats/contract.ts";
import { EventTable } from "../formats/documents/event-table.ts";
import { ScanGrid } from "../formats/documents/scan-grid.ts";
import { loadFormat } from "../formats/registry.ts";
import type { Batch } from "../model/batch.ts";
import type { Ledger } from "../model/ledger.ts";
import type { Run } from "../model/run.ts";
import { writeRunIndex } from "../recorder/run-index.ts";
import { temporaryFolder } from "../testing/format-contract/recording.ts";
import { camera, ledgerOf, sampleRun } from "../testing/format-contract/sample-streams.ts";
import { convert } from "./convert.ts";

const cam = { ...camera, name: "cam" };
const key = (dtype: DataKey["dtype"], more: Partial<DataKey> = {}): DataKey => ({
  dtype,
  shape: [],
  source: "bench",
  ...more,
});
const descriptor: EventDescriptor = {
  uid: "d",
  run_start: "r",
  time: 0,
  name: "primary",
  data_keys: {
    y: key("number", { units: "mm" }),
    x: key("number", { units: "mm" }),
    x_setpoint: key("number", { units: "mm" }),
    power: key("number", { units: "mW", dtype_numpy: "<f4" }),
    shots: key("integer"),
    isOpen: key("boolean"),
    mode: key("string", { choices: ["cw", "pulsed"] }),
    cam_frame: key("integer"),
    time_ns: key("integer", { time_of: "event" }),
  },
};
const start = {
  uid: "r",
  time: 0,
  motors: ["y", "x"],
  shape: [3, 4],
  extents: [
    [0, 2],
    [-1.5, 1.5],
  ],
  snaking: [false, true],
  hints: {
    dimensions: [
      [["y"], "primary"],
      [["x"], "primary"],
    ],
  },
};

/** Frames of events 1 to 9, of which the third was lost. */
const lostFrame = 2;

/** Nine points of twelve, the fifth of them measured twice, the seventh without a power. */
const events: readonly Event[] = [1, 2, 3, 4, 5, 5, 6, 7, 8, 9].map((number, row) => ({
  uid: `${row}`,
  descriptor: "d",
  seq_num: number,
  time: row,
  data: {
    y: number / 4,
    x: number + 0.1,
    x_setpoint: number,
    power: number === 7 ? null : row + 0.3,
    shots: 10 * row,
    isOpen: row % 2 === 0,
    mode: row % 3 === 0 ? "pulsed" : "cw",
    cam_frame: number - 1,
    time_ns: 1_764_000_000_000_000_001n + BigInt(row),
  },
  timestamps: {},
}));

const table = new EventTable(descriptor);
const run: Run = { info: { ...sampleRun, start }, streams: [table.schema, cam] };
const ledger: Ledger = ledgerOf([
  { schema: table.schema, stored: events.length, ranges: [] },
  {
    schema: cam,
    stored: 8,
    ranges: [{ first: lostFrame, count: 1, reason: "device", atNs: "5" }],
  },
]);

function rows(): Batch {
  for (const event of events) table.add(event);
  const { count, timestampsNs, columns, validity } = table.take()!;
  return {
    stream: table.schema,
    count,
    timestampsNs: timestampsNs!,
    sequences: BigInt64Array.from({ length: count }, (_, row) => BigInt(row)),
    columns: columns.map((bytes, index) => {
      const valid = validity![index];
      return valid === undefined ? { bytes } : { bytes, validity: valid };
    }),
  };
}

function frames(): Batch {
  const numbers = [0, 1, 3, 4, 5, 6, 7, 8];
  const [column] = cam.columns;
  const elements = column!.shape.reduce((product, extent) => product * extent, 1);
  const values = Uint16Array.from(
    { length: numbers.length * elements },
    (_, at) => (at * 7 + Math.floor(at / elements)) % 4000,
  );
  assert.equal(column!.dtype, "uint16");
  return {
    stream: cam,
    count: numbers.length,
    timestampsNs: BigInt64Array.from(numbers, BigInt),
    sequences: BigInt64Array.from(numbers, BigInt),
    columns: [{ bytes: new Uint8Array(values.buffer) }],
  };
}

/** `hasGrid`: as a recorder ends a run; without one, as `daq recover` does. */
async function write(folder: string, name: FormatName, hasGrid: boolean): Promise<string> {
  const format = await loadFormat(name);
  const options = { compression: format.defaultCompression, durability: "process" } as const;
  const path = join(folder, `in${hasGrid ? "_whole" : ""}${format.extension(options)}`);
  const writer = await format.create({ path, run, options, openSink: openFileSink });
  await writer.append(rows());
  await writer.append(frames());
  if (hasGrid) {
    const grid = ScanGrid.of(start, table.schema.columns, ["cam"], descriptor.data_keys)!;
    for (const event of events) grid.add(event);
    writer.addGrid!(grid.grid());
  }
  await writer.close(ledger);
  if (writer.files.length === 1) return path;
  const index = join(folder, "in.run.json");
  const files = writer.files.map((file) => ({ ...file, path: file.path.slice(folder.length + 1) }));
  const outputs = [{ format: name, files, ledger }];
  await writeRunIndex(index, { daqRun: 1, end: "closed", endedAtNs: "1", run, outputs, notes: [] }, false);
  return index;
}

async function converted(from: string, to: string): Promise<string> {
  await convert({
    kind: from.endsWith(".run.json") ? "index" : "data",
    from,
    to,
    streams: [],
    software: { name: "test", version: "1" },
    onNotice: () => {},
    onProgress: () => {},
  });
  return to;
}

/** Every file below the group of the scan, with its bytes. */
async function scanOf(path: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(join(path, "scan"), { recursive: true, withFileTypes: true })) {
    const name = join(entry.parentPath, entry.name);
    if (entry.isFile()) found.set(name.slice(path.length), (await readFile(name)).toString("base64"));
  }
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

test("a scan's rows become the arrays of its axes that a recorder writes, byte for byte", async () => {
  await using folder = await temporaryFolder();
  const expected = await scanOf(await write(folder.path, "zarr", true));
  for (const name of ["power", "shots", "isOpen", "mode", "time", "x", "y", "cam"])
    assert.ok(expected.has(`/scan/${name}/zarr.json`), `${name} of ${[...expected.keys()].join(", ")}`);
  const arrow = await converted(await write(folder.path, "arrow", false), join(folder.path, "a.zarr"));
  assert.deepEqual(await scanOf(arrow), expected);
  // HDF5 has them as well, so a way through it must not change them.
  const whole = await converted(join(folder.path, "in_whole.zarr"), join(folder.path, "b.h5"));
  assert.deepEqual(await scanOf(await converted(whole, join(folder.path, "c.zarr"))), expected);
});

test("the frames of a scan without its rows have no such arrays", async () => {
  await using folder = await temporaryFolder();
  const path = await write(folder.path, "zarr", true);
  await convert({
    kind: "data",
    from: path,
    to: join(folder.path, "frames.zarr"),
    streams: ["cam"],
    software: { name: "test", version: "1" },
    onNotice: () => {},
    onProgress: () => {},
  });
  assert.ok(!(await readdir(join(folder.path, "frames.zarr"))).includes("scan"));
});
