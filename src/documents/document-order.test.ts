import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DocumentOrder } from "./document-order.ts";

type Pair = readonly [name: string, doc: Record<string, unknown>];

const time = 1_700_000_000.25;

/** A run as bluesky's own engine writes it: no exact times, an old key or two, a frame in a file, a page. */
function blueskyRun(): Pair[] {
  return [
    [
      "start",
      {
        uid: "run-1",
        time,
        scan_id: 4,
        plan_name: "scan",
        plan_type: "generator",
        plan_args: { detectors: ["det"], num: 3, args: ["motor", -1, 1] },
        motors: ["motor"],
        detectors: ["det"],
        num_points: 3,
        num_intervals: 2,
        plan_pattern: "inner_product",
        hints: { dimensions: [[["motor"], "primary"]] },
        versions: { ophyd: "1.9.0", bluesky: "1.13" },
      },
    ],
    [
      "descriptor",
      {
        uid: "descriptor-1",
        run_start: "run-1",
        time,
        name: "primary",
        data_keys: {
          det: { source: "SIM:det", dtype: "number", shape: [], precision: 3, object_name: "det" },
          motor: { source: "SIM:motor", dtype: "number", shape: [], precision: 3, object_name: "motor" },
          motor_setpoint: { source: "SIM:motor_setpoint", dtype: "number", shape: [], object_name: "motor" },
          trace: { source: "SIM:trace", dtype: "array", shape: [2, null], object_name: "det" },
          image: { source: "SIM:image", dtype: "array", shape: [1, 512, 512], external: "STREAM:" },
        },
        object_keys: { det: ["det", "trace", "image"], motor: ["motor", "motor_setpoint"] },
        configuration: { det: { data: { Imax: 1 }, timestamps: { Imax: time }, data_keys: {} } },
        hints: { det: { fields: ["det"] }, motor: { fields: ["motor"] } },
      },
    ],
    [
      "stream_resource",
      {
        uid: "resource-1",
        run_start: "run-1",
        data_key: "image",
        mimetype: "application/x-hdf5",
        uri: "file://localhost/data/frames.h5",
        parameters: { dataset: "/entry/data/data", chunk_shape: [1, 512, 512] },
      },
    ],
    ["event", event(1)],
    [
      "stream_datum",
      {
        uid: "resource-1/0",
        stream_resource: "resource-1",
        descriptor: "descriptor-1",
        indices: { start: 0, stop: 1 },
        seq_nums: { start: 1, stop: 2 },
      },
    ],
    [
      "event_page",
      {
        uid: ["event-2", "event-3"],
        descriptor: "descriptor-1",
        seq_num: [2, 3],
        time: [time, time],
        data: {
          det: [1, 2],
          motor: [0, 1],
          motor_setpoint: [0, 1],
          trace: [
            [
              [1, 2],
              [3, 4],
            ],
            [[1], [2]],
          ],
        },
        timestamps: {
          det: [time, time],
          motor: [time, time],
          motor_setpoint: [time, time],
          trace: [time, time],
        },
        filled: {},
      },
    ],
    [
      "stop",
      {
        uid: "stop-1",
        run_start: "run-1",
        time,
        exit_status: "success",
        reason: "",
        num_events: { primary: 3 },
      },
    ],
  ];
}

function event(sequenceNumber: number): Record<string, unknown> {
  return {
    uid: `event-${sequenceNumber}`,
    descriptor: "descriptor-1",
    seq_num: sequenceNumber,
    time,
    data: { det: 0.5, motor: -1, motor_setpoint: -1, trace: [[1], [2]] },
    timestamps: { det: time, motor: time, motor_setpoint: time, trace: time },
    filled: {},
  };
}

function follow(documents: readonly Pair[]): DocumentOrder {
  const order = new DocumentOrder();
  for (const [name, doc] of documents) order.accept(name, doc);
  return order;
}

test("accepts a run as bluesky writes it, and a point that was taken again after a pause", () => {
  assert.equal(follow(blueskyRun()).complete, true);
  const run = blueskyRun();
  run.splice(4, 0, ["event", event(1)]);
  assert.equal(follow(run).complete, true);
});

/** The same with the documents that pointed to values before there were streams of them. */
function olderRun(): Pair[] {
  const run = blueskyRun();
  const { external: _, ...image } = (run[1]![1].data_keys as Record<string, object>).image as {
    external: string;
  };
  Object.assign(run[1]![1].data_keys as object, { image: { ...image, external: "FILESTORE:" } });
  const withImage = (event: Record<string, unknown>, datum: string) => {
    Object.assign(event.data as object, { image: datum });
    Object.assign(event.timestamps as object, { image: time });
    return { ...event, filled: { image: false } };
  };
  return [
    run[0]!,
    run[1]!,
    ["resource", { uid: "r", spec: "AD_HDF5", root: "/", resource_path: "f.h5", resource_kwargs: {} }],
    ["datum", { datum_id: "r/0", resource: "r", datum_kwargs: { index: 0 } }],
    ["event", withImage(event(1), "r/0")],
    ["datum_page", { datum_id: ["r/1"], resource: "r", datum_kwargs: { index: [1] } }],
    ["bulk_datum", { datum_ids: ["r/2"], resource: "r", datum_kwarg_list: [{ index: 2 }] }],
    ["bulk_events", { primary: [withImage(event(2), "r/1"), withImage(event(3), "r/2")] }],
    run[6]!,
  ];
}

test("accepts the documents of older programs, and a descriptor that is said again under its uid", () => {
  assert.equal(follow(olderRun()).complete, true);
  const run = olderRun();
  run.splice(5, 0, run[1]!);
  assert.equal(follow(run).complete, true);
});

/** What was done to the documents, and what the error has to name. */
const damages: readonly (readonly [what: string, damage: (run: Pair[]) => void, message: RegExp])[] = [
  [
    "a descriptor before the start",
    (run) => run.splice(0, 1),
    /descriptor document is out of place\. It comes before/,
  ],
  [
    "an event before its descriptor",
    (run) => run.splice(1, 1),
    /descriptor descriptor-1 is no descriptor that came before/,
  ],
  ["a second start", (run) => run.splice(1, 0, run[0]!), /uid is a second run/],
  ["a document after the stop", (run) => run.push(["event", event(4)]), /comes after the stop/],
  [
    "an event that is left out",
    (run) => run.splice(3, 1),
    /page document.*seq_num is 2; stream primary goes on with 1/,
  ],
  [
    "a missing value",
    (run) => delete (run[3]![1].data as Record<string, unknown>).det,
    /data\.det is missing/,
  ],
  [
    "a missing timestamp",
    (run) => delete (run[3]![1].timestamps as Record<string, unknown>).motor,
    /timestamps\.motor is/,
  ],
  [
    "a value without a data key",
    (run) => Object.assign(run[3]![1].data as object, { other: 1 }),
    /data\.other is no data/,
  ],
  [
    "a text for a number",
    (run) => Object.assign(run[3]![1].data as object, { det: "high" }),
    /data\.det expected number/,
  ],
  [
    "too few values",
    (run) => Object.assign(run[3]![1].data as object, { trace: [[1]] }),
    /data\.trace expected 2 values/,
  ],
  [
    "a time that is a text",
    (run) => Object.assign(run[3]![1], { time: "now" }),
    /time: expected number.*found "now"/,
  ],
  [
    "a key of an event that the model lacks",
    (run) => Object.assign(run[3]![1], { note: 1 }),
    /note: expected one of/,
  ],
  [
    "a page with a short column",
    (run) => Object.assign(run[5]![1].data as object, { det: [1] }),
    /data\.det has 1 rows/,
  ],
  [
    "a descriptor of another run",
    (run) => Object.assign(run[1]![1], { run_start: "x" }),
    /run_start is x, but/,
  ],
  [
    "a data key without a source",
    (run) => delete (run[1]![1].data_keys as Record<string, Record<string, unknown>>).det!.source,
    /data_keys\.det\.source: expected text, found nothing/,
  ],
  [
    "a data key of an unknown dtype",
    (run) => Object.assign((run[1]![1].data_keys as Record<string, object>).det!, { dtype: "float" }),
    /data_keys\.det\.dtype: expected "string" or/,
  ],
  [
    "an object that names no data key",
    (run) => Object.assign(run[1]![1], { object_keys: { det: ["x"] } }),
    /names "x"/,
  ],
  [
    "a datum of an unknown resource",
    (run) => Object.assign(run[4]![1], { stream_resource: "r" }),
    /stream_resource r is/,
  ],
  [
    "a datum that ends before it starts",
    (run) => Object.assign(run[4]![1], { indices: { start: 3, stop: 1 } }),
    /indices\.stop is before/,
  ],
  [
    "an older datum of an unknown resource",
    (run) => run.splice(2, 0, ["datum", { datum_id: "r/0", resource: "r", datum_kwargs: {} }]),
    /datum document.*resource r is no resource/,
  ],
  [
    "a page of datums with a short column",
    (run) =>
      run.splice(
        2,
        0,
        ["resource", { uid: "r" }],
        ["datum_page", { datum_id: ["r/0", "r/1"], resource: "r", datum_kwargs: { index: [0] } }],
      ),
    /datum_kwargs\.index has 1 rows, datum_id 2/,
  ],
  [
    "a resource of another run",
    (run) => run.splice(2, 0, ["resource", { uid: "r", run_start: "x" }]),
    /run_start is x, but/,
  ],
  [
    "a descriptor under the uid of another stream's",
    (run) => run.splice(2, 0, ["descriptor", { ...run[1]![1], name: "baseline" }]),
    /uid descriptor-1 is that of stream primary/,
  ],
  ["a resource twice", (run) => run.splice(3, 0, run[2]!), /uid resource-1 was there before/],
  [
    "a stop that counts other events",
    (run) => Object.assign(run[6]![1], { num_events: { primary: 4 } }),
    /primary is 4, but there were 3/,
  ],
  [
    "an unknown exit status",
    (run) => Object.assign(run[6]![1], { exit_status: "done" }),
    /exit_status: expected "success" or/,
  ],
  [
    "an exact time of another moment",
    (run) => Object.assign(run[0]![1], { time_ns: 1_700_000_001_250_000_000n }),
    /time_ns is 17/,
  ],
  [
    "a ledger that does not add up",
    (run) =>
      Object.assign(run[6]![1], {
        ledger: { complete: true, accounts: [{ stream: "s", produced: 3, stored: 1, lost: 1, ranges: [] }] },
      }),
    /ledger\.accounts\[0\] does not add up/,
  ],
  ["a name that is no document", (run) => run.splice(1, 0, ["row", {}]), /no document called "row"/],
];

describe("names the document and the field of", () => {
  for (const [what, damage, message] of damages)
    test(what, () => {
      const run = blueskyRun();
      damage(run);
      assert.throws(() => follow(run), { code: "format", message });
    });
});
