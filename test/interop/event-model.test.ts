import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadConfig } from "../../src/config/load-config.ts";
import { createOpticalBench, type OpticalBench } from "../../src/devices/sim/optical-bench.ts";
import { composeEventPage, composeRun, type ExitStatus } from "../../src/documents/index.ts";
import * as engine from "../../src/engine/index.ts";
import { type Plan, RunEngine } from "../../src/engine/index.ts";
import { openExperiment } from "../../src/experiment/index.ts";
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

/** Every plan that a program can import, with what it is called here. A plan without a line makes the test fail. */
const plans: { readonly [name: string]: (devices: OpticalBench) => Plan<unknown> } = {
  count: ({ meter, shutter }) => engine.count([meter, shutter], { num: 3 }),
  timeSeries: ({ meter }) => engine.timeSeries([meter], { num: 3, periodSeconds: 0.001 }),
  scan: ({ meter, laser }) => engine.scan([meter], { axis: laser, start: 700, stop: 990 }, 5),
  relativeScan: ({ meter, stage }) => engine.relativeScan([meter], { axis: stage, start: -1, stop: 1 }, 3),
  listScan: ({ meter, stage }) => engine.listScan([meter], { axis: stage, places: [3, 1, 2] }),
  relativeListScan: ({ meter, stage }) => engine.relativeListScan([meter], { axis: stage, places: [-1, 1] }),
  gridScan: ({ meter, laser, stage }) =>
    engine.gridScan(
      [meter],
      { axis: laser, start: 700, stop: 990, num: 3 },
      { axis: stage, start: -1, stop: 1, num: 3, snake: true },
    ),
  listGridScan: ({ meter, stage, laser }) =>
    engine.listGridScan(
      [meter],
      { axis: stage, places: [1, 3] },
      { axis: laser, places: [800, 700], snake: true },
    ),
  relativeGridScan: ({ meter, stage }) =>
    engine.relativeGridScan([meter], { axis: stage, start: -1, stop: 1, num: 2 }),
  adaptiveScan: ({ meter, laser }) =>
    engine.adaptiveScan(
      [meter],
      { axis: laser, start: 780, stop: 800 },
      { quantity: "meter", change: 10, minStep: 2, maxStep: 10, backstep: true },
    ),
};

/** What plans are made of, in their folder. */
const partsOfPlans = ["inRun", "moveTo", "point", "triggerAndRead"];

/** Names of functions that the engine's door takes from the folder of plans. */
function namesOfPlans(): string[] {
  const door = readFileSync(new URL("../../src/engine/index.ts", import.meta.url), "utf8");
  return [...door.matchAll(/export \{([^}]*)\} from "\.\/plans\//g)].flatMap(([, names]) =>
    names!
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name in engine && !partsOfPlans.includes(name)),
  );
}

/** Rests after each event, so that whatever comes from outside finds the plan between two points. */
function* resting(plan: Plan<unknown>, afterEvent: () => void): Plan<unknown> {
  let step = plan.next();
  while (step.done !== true) {
    const answer: unknown = yield step.value;
    if (step.value.command === "save") {
      afterEvent();
      yield* engine.sleep(0.001);
    }
    step = plan.next(answer);
  }
  return step.value;
}

type Interference = { readonly status: ExitStatus; readonly takesAgain?: true; of(running: RunEngine): void };

/** What happens to each plan after its first event. */
const interferences: { readonly [what: string]: Interference } = {
  nothing: { status: "success", of: () => {} },
  "a pause": {
    status: "success",
    takesAgain: true,
    of: (running) => {
      running.pause();
      const resume = () => (running.state === "paused" ? running.resume() : setTimeout(resume, 1));
      setTimeout(resume, 1);
    },
  },
  "an abort": { status: "abort", of: (running) => running.abort("enough") },
  "a failure": {
    status: "fail",
    of: () => {
      throw new Error("the laser did not answer");
    },
  },
};

test("every plan has a line here", () => {
  assert.deepEqual(namesOfPlans().sort(), Object.keys(plans).sort());
});

for (const [what, { status, takesAgain, of }] of Object.entries(interferences))
  test(`all documents of all plans are what the schemas allow, with ${what} after the first event`, {
    skip,
  }, async () => {
    const documents = new RecordedDocuments();
    let again = 0;
    for (const plan of Object.values(plans)) {
      const devices = createOpticalBench({ speed: Number.POSITIVE_INFINITY, missEvery: 4 });
      const running = new RunEngine({
        baseline: [devices.stage],
        monitors: [devices.shutter],
        metadata: { operator: "Ada" },
      });
      running.subscribe(documents.take);
      const before = documents.all.length;
      let isFirst = true;
      const steps = resting(plan(devices), () => {
        if (isFirst) of(running);
        isFirst = false;
      });
      const run = running.run(steps, { sample: { name: "GaAs" } });
      if (status === "fail") await assert.rejects(run, /did not answer/);
      else assert.equal((await run).exitStatus, status);
      const numbers = documents.all
        .slice(before)
        .flatMap(({ name, doc }) => (name === "event" ? [`${doc.descriptor} ${doc.seq_num}`] : []));
      again += numbers.length - new Set(numbers).size;
    }
    const { checked, problems } = validateWithSchemas(documents.all);
    assert.deepEqual(problems, []);
    const count = Object.keys(plans).length;
    assert.deepEqual([checked.start, checked.stop], [count, count]);
    assert.deepEqual(new Set(documents.of("stop").map(({ exit_status: each }) => each)), new Set([status]));
    const streams = new Set(documents.of("descriptor").map(({ name }) => name));
    assert.deepEqual([...streams].sort(), ["baseline", "primary", "shutter_monitor"]);
    assert.equal(again, takesAgain === true ? count : 0, "points that were taken again");
  });

test("documents of a plan that sets a device differently and opens streams are what the schemas allow", {
  skip,
}, async () => {
  const documents = new RecordedDocuments();
  const { meter, stage, laser } = createOpticalBench({ speed: Number.POSITIVE_INFINITY });
  const running = new RunEngine();
  running.subscribe(documents.take);
  await running.run(
    engine.inRun(
      { plan_name: "by hand" },
      [laser],
      (function* (): Plan {
        yield* engine.declareStream("empty", [stage]);
        for (const exposure of [0.1, 0.2]) {
          yield* engine.setExposure(meter, exposure);
          yield* engine.triggerAndRead([meter]);
          yield* engine.triggerAndRead([stage, laser], "positions");
        }
      })(),
    ),
  );
  const names = documents.of("descriptor").map(({ name }) => name);
  assert.deepEqual(names.sort(), ["empty", "positions", "primary", "primary"]);
  const { checked, problems } = validateWithSchemas(documents.all);
  assert.deepEqual(problems, []);
  assert.deepEqual([checked.start, checked.event, checked.stop], [1, 4, 1]);
});

test("documents of a scan with a camera, whose frames are in a file, are what the schemas allow", {
  skip,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "daq-event-model-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const text = `
[experiment]
name = "frames"
[storage]
format = "hdf5"
output_path = ${JSON.stringify(join(folder, "run.h5"))}
[ring_buffer]
size_mb = 8
[[devices]]
id = "laser"
driver = "sim.laser"
paced = false
[[devices]]
id = "cam"
driver = "sim.camera"
width = 16
height = 8
paced = false
`;
  const documents = new RecordedDocuments();
  await using experiment = await openExperiment((await loadConfig({ text, env: {}, flags: {} })).config);
  experiment.engine.subscribe(documents.take);
  const laser = experiment.devices.need("laser", "movable");
  const camera = experiment.devices.need("cam", "readable");
  await experiment.engine.run(engine.scan([camera], { axis: laser, start: 700, stop: 720 }, 3));
  await experiment.settled();
  const { checked, problems } = validateWithSchemas(documents.all);
  assert.deepEqual(problems, []);
  assert.ok(checked.stream_resource! > 0 && checked.stream_datum! > 0);
});
