import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { NamedDocument } from "../../documents/document.ts";
import { DocumentOrder } from "../../documents/document-order.ts";
import { JsonlDocumentWriter } from "./jsonl-document-writer.ts";
import { readJsonlDocuments } from "./read-jsonl-documents.ts";

type Line = readonly [name: string, doc: object];

const time = 1_560_865_593.25;

/** The shapes that Bluesky has written over the years, each a run of its own; the values are ours. */
const streams: Record<string, readonly Line[]> = {
  "with nothing but what the model asks for": [
    ["start", { uid: "r", time }],
    [
      "descriptor",
      { uid: "d", run_start: "r", time, data_keys: { x: { source: "PV:x", dtype: "number", shape: [] } } },
    ],
    ["event", { uid: "e", descriptor: "d", seq_num: 1, time, data: { x: -1 }, timestamps: { x: time } }],
    ["stop", { uid: "s", run_start: "r", time, exit_status: "success" }],
  ],
  "of a count, in pages of one row, with settings that are the reading itself": [
    [
      "start",
      {
        uid: "r",
        time,
        scan_id: 3,
        plan_name: "count",
        plan_type: "generator",
        num_points: 1,
        num_intervals: 0,
        detectors: ["det"],
        plan_args: { detectors: ["SynGauss(name='det', value=1.0)"], num: 1 },
        hints: { dimensions: [[["time"], "primary"]] },
        versions: { ophyd: "1.3", bluesky: "1.4" },
      },
    ],
    [
      "descriptor",
      {
        uid: "d",
        run_start: "r",
        time,
        name: "primary",
        data_keys: {
          det: { source: "SIM:det", dtype: "number", shape: [], precision: 3, object_name: "det" },
        },
        object_keys: { det: ["det"] },
        configuration: {
          det: {
            data: { det: 1 },
            timestamps: { det: time },
            data_keys: { det: { source: "SIM:det", dtype: "number", shape: [], precision: 3 } },
          },
        },
        hints: { det: { fields: ["det"] } },
      },
    ],
    [
      "event_page",
      {
        uid: ["e"],
        descriptor: "d",
        seq_num: [1],
        time: [time],
        data: { det: [1] },
        timestamps: { det: [time] },
        filled: {},
      },
    ],
    [
      "stop",
      { uid: "s", run_start: "r", time, exit_status: "success", reason: "", num_events: { primary: 1 } },
    ],
  ],
  "of EPICS signals, with colons in names, limits and units as they were, and texts of an enumeration": [
    [
      "start",
      {
        uid: "r",
        time,
        plan_name: "scan",
        motors: ["random_walk:dt"],
        detectors: ["random_walk:x"],
        plan_args: { num: 3, per_step: "None", args: ["EpicsSignal(read_pv='random_walk:dt')", -1, 1] },
        plan_pattern: "inner_product",
        plan_pattern_module: "bluesky.plan_patterns",
        hints: { dimensions: [[["random_walk:dt"], "primary"]] },
      },
    ],
    [
      "descriptor",
      {
        uid: "d",
        run_start: "r",
        time,
        name: "primary",
        data_keys: {
          "random_walk:dt": {
            source: "PV:random_walk:dt",
            dtype: "number",
            shape: [],
            units: "",
            precision: 0,
            lower_ctrl_limit: 0,
            upper_ctrl_limit: 0,
            object_name: "random_walk:dt",
          },
          shutter_status: {
            source: "PV:shutter",
            dtype: "integer",
            shape: [],
            units: null,
            enum_strs: ["Open", "Not Open"],
            lower_ctrl_limit: null,
          },
        },
        object_keys: { "random_walk:dt": ["random_walk:dt"], shutter: ["shutter_status"] },
        configuration: { "random_walk:dt": { data: {}, timestamps: {}, data_keys: {} } },
        hints: { "random_walk:dt": { fields: ["random_walk:dt"] }, shutter: {} },
      },
    ],
    [
      "event",
      {
        uid: "e",
        descriptor: "d",
        seq_num: 1,
        time,
        data: { "random_walk:dt": -1, shutter_status: 0 },
        timestamps: { "random_walk:dt": time, shutter_status: time },
        filled: {},
      },
    ],
    [
      "stop",
      { uid: "s", run_start: "r", time, exit_status: "abort", reason: "", num_events: { primary: 1 } },
    ],
  ],
  "of images, called after their pixels, in the events or pointed to by them": [
    ["start", { uid: "r", time, plan_name: "count", hints: {} }],
    [
      "descriptor",
      {
        uid: "d",
        run_start: "r",
        time,
        name: "primary",
        data_keys: {
          camera_image: { source: "PV:cam", dtype: "number", shape: [2, 2] },
          camera_file: { source: "PV:cam", dtype: "array", shape: [2, 2], external: "FILESTORE:" },
          camera_late: { source: "PV:cam", dtype: "array", shape: [2, 2] },
        },
        object_keys: { camera: ["camera_image", "camera_file", "camera_late"] },
        configuration: {},
        hints: { camera: { fields: [] } },
      },
    ],
    [
      "event",
      {
        uid: "e",
        descriptor: "d",
        seq_num: 1,
        time,
        data: {
          camera_image: [
            [1, 2],
            [3, 4],
          ],
          camera_file: "datum/1",
          camera_late: "datum/2",
        },
        timestamps: { camera_image: time, camera_file: time, camera_late: time },
        filled: { camera_late: false, camera_file: "datum/1" },
      },
    ],
    ["stop", { uid: "s", run_start: "r", time, exit_status: "success", num_events: { primary: 1 } }],
  ],
  "with a baseline, a monitor, and a point that was taken again": [
    ["start", { uid: "r", time, plan_name: "scan" }],
    ...["baseline", "primary", "current_monitor"].map(
      (name): Line => [
        "descriptor",
        {
          uid: name,
          run_start: "r",
          time,
          name,
          data_keys: { x: { source: "SIM:x", dtype: "number", shape: [], dtype_numpy: "<f8", units: "mm" } },
          object_keys: { x: ["x"] },
          configuration: {},
          hints: {},
        },
      ],
    ),
    ...(
      [
        ["baseline", 1],
        ["current_monitor", 1],
        ["primary", 1],
        ["primary", 2],
        ["primary", 2],
        ["current_monitor", 2],
        ["baseline", 2],
      ] as const
    ).map(
      ([descriptor, seq_num], index): Line => [
        "event",
        { uid: `e${index}`, descriptor, seq_num, time, data: { x: 1 }, timestamps: { x: time }, filled: {} },
      ],
    ),
    [
      "stop",
      {
        uid: "s",
        run_start: "r",
        time,
        exit_status: "success",
        num_events: { baseline: 2, primary: 2, current_monitor: 2 },
      },
    ],
  ],
};

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "daq-bluesky-"));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function read(path: string): Promise<NamedDocument[]> {
  const documents: NamedDocument[] = [];
  for await (const document of readJsonlDocuments(path)) documents.push(document);
  return documents;
}

const pairs = (documents: readonly NamedDocument[]) => documents.map(({ name, doc }) => [name, doc]);

describe("a run of Bluesky", () => {
  for (const [what, lines] of Object.entries(streams))
    for (const [form, encode] of [
      ["names and documents", ([name, doc]: Line) => ({ name, doc })],
      ["pairs", (line: Line) => line],
    ] as const)
      test(`${what}, in lines of ${form}, is read, is in order, and is written as it was`, () =>
        inFolder(async (folder) => {
          const path = join(folder, "theirs.jsonl");
          await writeFile(path, lines.map((line) => `${JSON.stringify(encode(line))}\n`).join(""));
          const documents = await read(path);
          assert.deepEqual(pairs(documents), lines);
          const order = new DocumentOrder();
          {
            await using writer = await JsonlDocumentWriter.open(join(folder, "ours.jsonl"));
            for (const { name, doc } of documents) {
              order.accept(name, doc);
              await writer.take(name, doc);
            }
          }
          assert.ok(order.complete);
          assert.deepEqual(pairs(await read(join(folder, "ours.jsonl"))), lines);
        }));

  for (const name of ["resource", "datum", "datum_page", "bulk_events", "bulk_datum"])
    test(`with a ${name} document says that this is an older form`, () => {
      const order = new DocumentOrder();
      order.accept("start", { uid: "r", time });
      assert.throws(() => order.accept(name, {}), { code: "format", message: /is of an older form/ });
    });

  test("that Python wrote with a bare NaN says what is wrong, and not that it was cut off", () =>
    inFolder(async (folder) => {
      const path = join(folder, "theirs.jsonl");
      await writeFile(path, '{"name": "start", "doc": {"uid": "r", "time": 1.5, "offset": NaN}}\n');
      await assert.rejects(read(path), (error: { code: string; hint: string }) => {
        assert.equal(error.code, "format");
        assert.match(error.hint, /NaN/);
        return true;
      });
    }));

  test("whose image has other rows than its shape is refused", () => {
    const lines = structuredClone(
      streams["of images, called after their pixels, in the events or pointed to by them"]!,
    );
    const order = new DocumentOrder();
    const [start, descriptor, event] = lines as [Line, Line, Line];
    order.accept(...start);
    order.accept(...descriptor);
    const data = (event[1] as { data: Record<string, unknown> }).data;
    assert.throws(() => order.accept("event", { ...event[1], data: { ...data, camera_image: [[1, 2]] } }), {
      message: /camera_image expected 2 values, found 1/,
    });
  });
});
