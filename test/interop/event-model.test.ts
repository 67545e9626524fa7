import assert from "node:assert/strict";
import { test } from "node:test";
import { createOpticalBench, type OpticalBench } from "../../src/devices/sim/optical-bench.ts";
import { composeEventPage, composeRun } from "../../src/documents/index.ts";
import {
  adaptiveScan,
  count,
  gridScan,
  listGridScan,
  listScan,
  type Plan,
  RunEngine,
  relativeGridScan,
  relativeListScan,
  relativeScan,
  scan,
  timeSeries,
} from "../../src/engine/index.ts";
import type { Quantities } from "../../src/model/reading.ts";
import { RecordedDocuments } from "../../src/testing/recorded-documents.ts";
import { validateWithSchemas, withoutSchemas } from "./event-model-schemas.ts";

const skip = withoutSchemas();
const atNs = 1_700_000_000_123_456_789n;

/** One document of each kind, with all that a quantity can have. */
function everyDocument() {
  const run = composeRun({
    startedAtNs: atNs,
    metadata: { sample: { name: "GaAs", thickness_um: 350 }, operator: "Ada" },
    plan: {
      plan_name: "count",
      plan_args: { num: 2 },
      num_points: 2,
      hints: { dimensions: [[["time"], "primary"]] },
    },
  });
  const quantities: Quantities = {
    power: { dtype: "float64", unit: "mW", precision: 3, limits: [0, 50], source: "test meter" },
    mode: { dtype: "string", unit: null, choices: ["cw", "pulsed"], source: "test meter" },
    locked: { dtype: "boolean", unit: null, source: "test meter" },
    spectrum: { dtype: "float32", shape: [2], dims: ["pixel"], unit: "counts", source: "test meter" },
    image: { dtype: "uint16", shape: [4, 5], dims: ["y", "x"], unit: "counts", source: "test camera" },
  };
  const settings = {
    quantities: { exposure: { dtype: "float64", unit: "s", source: "test meter" } },
    readings: { exposure: { value: 0.1, timestampNs: atNs } },
  } as const;
  const stream = run.composeDescriptor(
    "primary",
    [{ id: "meter", quantities, external: ["image"], settings }],
    atNs,
  );
  const event = (power: number | null) =>
    stream.composeEvent(
      {
        power: { value: power, timestampNs: atNs },
        mode: { value: "cw", timestampNs: atNs },
        locked: { value: true, timestampNs: atNs },
        spectrum: { value: Float32Array.of(1, 2), timestampNs: atNs },
      },
      atNs,
    );
  const events = [event(1.5), event(null)];
  const resource = run.composeStreamResource({
    data_key: "image",
    mimetype: "application/x-hdf5",
    uri: "file://localhost/data/run.h5",
    parameters: { dataset: "/image" },
  });
  const datum = run.composeStreamDatum({
    stream_resource: resource.uid,
    descriptor: stream.descriptor.uid,
    indices: { start: 0, stop: 2 },
    seq_nums: { start: 1, stop: 3 },
  });
  const range = { first: 3, count: 2, reason: "device", atNs: `${atNs}` } as const;
  const account = { stream: "image", produced: 4, stored: 2, lost: 2, ranges: [range] };
  return [
    { name: "start", doc: run.start },
    { name: "descriptor", doc: stream.descriptor },
    { name: "stream_resource", doc: resource },
    { name: "event", doc: events[0] },
    { name: "event_page", doc: composeEventPage(events) },
    { name: "stream_datum", doc: datum },
    {
      name: "stop",
      doc: run.composeStop("fail", "the laser did not answer", atNs, { complete: true, accounts: [account] }),
    },
  ];
}

test("one document of each kind is what the event model's schemas allow", { skip }, () => {
  const documents = everyDocument();
  const { checked, problems } = validateWithSchemas(documents);
  assert.deepEqual(problems, []);
  assert.deepEqual(checked, Object.fromEntries(documents.map(({ name }) => [name, 1])));
});

test("the schemas see what is damaged", { skip }, () => {
  const [start] = everyDocument();
  const { uid: _, ...withoutUid } = start!.doc as { uid: string };
  const { problems } = validateWithSchemas([{ name: "start", doc: withoutUid }]);
  assert.match(problems.join(), /'uid' is a required property/);
});

test("all documents of all plans are what the schemas allow", { skip }, async () => {
  const documents = new RecordedDocuments();
  const bench = () => createOpticalBench({ speed: Number.POSITIVE_INFINITY, missEvery: 4 });
  const plans: readonly ((devices: OpticalBench) => Plan<string>)[] = [
    ({ meter, shutter }) => count([meter, shutter], { num: 3 }),
    ({ meter }) => timeSeries([meter], { num: 3, periodSeconds: 0.001 }),
    ({ meter, laser }) => scan([meter], { axis: laser, start: 700, stop: 990 }, 5),
    ({ meter, stage }) => relativeScan([meter], { axis: stage, start: -1, stop: 1 }, 3),
    ({ meter, stage }) => listScan([meter], { axis: stage, places: [3, 1, 2] }),
    ({ meter, laser, stage }) =>
      gridScan(
        [meter],
        { axis: laser, start: 700, stop: 990, num: 3 },
        { axis: stage, start: -1, stop: 1, num: 3, snake: true },
      ),
    ({ meter, stage, laser }) =>
      listGridScan(
        [meter],
        { axis: stage, places: [1, 3] },
        { axis: laser, places: [800, 700], snake: true },
      ),
    ({ meter, stage }) => relativeListScan([meter], { axis: stage, places: [-1, 1] }),
    ({ meter, stage }) => relativeGridScan([meter], { axis: stage, start: -1, stop: 1, num: 2 }),
    ({ meter, laser }) =>
      adaptiveScan(
        [meter],
        { axis: laser, start: 780, stop: 800 },
        { quantity: "meter", change: 10, minStep: 2, maxStep: 10, backstep: true },
      ),
  ];
  for (const plan of plans) {
    const devices = bench();
    const engine = new RunEngine({
      baseline: [devices.stage],
      monitors: [devices.shutter],
      metadata: { operator: "Ada" },
    });
    engine.subscribe(documents.take);
    await engine.run(plan(devices), { sample: { name: "GaAs" } });
  }
  const failing = new RunEngine();
  failing.subscribe(documents.take);
  await assert.rejects(failing.run(listScan([], { axis: bench().laser, places: [700, 2000] })));
  const { checked, problems } = validateWithSchemas(documents.all);
  assert.deepEqual(problems, []);
  assert.equal(checked.start, plans.length + 1);
  assert.equal(checked.stop, plans.length + 1);
});
