import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { loadConfig } from "../config/load-config.ts";
import { DocumentOrder } from "../documents/document-order.ts";
import { checkpoint } from "../engine/messages/checkpoint.ts";
import type { Plan } from "../engine/plan.ts";
import { count } from "../engine/plans/count.ts";
import { inRun } from "../engine/plans/in-run.ts";
import { triggerAndRead } from "../engine/plans/point.ts";
import { scan } from "../engine/plans/scan.ts";
import { readJsonlDocuments } from "../formats/jsonl/read-jsonl-documents.ts";
import { loadFormat } from "../formats/registry.ts";
import { elementReader } from "../model/element-reader.ts";
import type { RunReport } from "../run/run-contract.ts";
import { openExperiment } from "./open-experiment.ts";

const text = (folder: string, camera: string) => `
[experiment]
name = "scan"
operator = "Ada"

[storage]
format = "arrow"
output_path = ${JSON.stringify(join(folder, "run_v{version}.arrow"))}
documents = true

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
${camera}

[[devices]]
id = "meter"
driver = "sim.power_meter"
paced = false
`;

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "daq-experiment-"));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const opened = async (folder: string, camera = "") =>
  openExperiment((await loadConfig({ text: text(folder, camera), env: {}, flags: {} })).config);

async function numbersOf({ index, indexPath }: RunReport, stream: string, column: string): Promise<number[]> {
  const file = index.outputs[0]!.files.find(({ streams }) => streams.includes(stream))!;
  const numbers: number[] = [];
  for await (const batch of (await loadFormat("arrow")).read(join(dirname(indexPath), file.path), stream)) {
    const at = batch.stream.columns.findIndex(({ name }) => name === column);
    const { shape } = batch.stream.columns[at]!;
    const elementAt = elementReader(batch.stream.columns[at]!, batch.columns[at]!.bytes);
    const elements = shape.reduce((product, extent) => product * extent, batch.count);
    for (let element = 0; element < elements; element++) numbers.push(Number(elementAt(element)));
  }
  return numbers;
}

test("each run of the engine goes into files of its own, with its documents beside them", () =>
  inFolder(async (folder) => {
    await using experiment = await opened(folder);
    const meter = experiment.devices.need("meter", "readable");
    const laser = experiment.devices.need("laser", "movable");
    await experiment.engine.run(scan([meter], { axis: laser, start: 700, stop: 900 }, 3), { sample: "GaAs" });
    await experiment.engine.run(count([experiment.devices.need("cam", "readable")], { num: 4 }));
    const [first, second] = await experiment.settled();
    assert.deepEqual(await numbersOf(first!, "primary", "laser_setpoint"), [700, 800, 900]);
    assert.deepEqual(await numbersOf(second!, "primary", "cam_frame"), [0, 1, 2, 3]);
    assert.equal((await numbersOf(second!, "cam", "frame")).length, 4 * 16 * 8);
    assert.equal((first!.index.run.info.start as { sample?: string }).sample, "GaAs");
    for (const { indexPath } of [first!, second!]) {
      const order = new DocumentOrder();
      for await (const { name, doc } of readJsonlDocuments(
        indexPath.replace(".run.json", ".documents.jsonl"),
      ))
        order.accept(name, doc);
      assert.ok(order.complete);
    }
  }));

test("a point that a pause took again is one row, with the frame that belongs to it", () =>
  inFolder(async (folder) => {
    await using experiment = await opened(folder);
    const { engine, devices } = experiment;
    const read = [devices.need("cam", "readable"), devices.need("meter", "readable")];
    let points = 0;
    function* steps(): Plan {
      for (let point = 0; point < 3; point++) {
        yield* checkpoint();
        yield* triggerAndRead(read);
        points++;
        if (points === 2) {
          engine.pause();
          setTimeout(() => engine.resume(), 20);
        }
        yield* triggerAndRead(read);
      }
    }
    await engine.run(inRun({ plan_name: "paused" }, read, steps(), read));
    const [report] = await experiment.settled();
    const numbers = await numbersOf(report!, "primary", "seq_num");
    assert.deepEqual(numbers, [1, 2, 3, 4, 5, 6]);
    const frames = await numbersOf(report!, "primary", "cam_frame");
    const stored = (await numbersOf(report!, "cam", "frame")).length / (16 * 8);
    assert.ok(stored > 6, "the first frame of the point that was taken again is kept too");
    assert.equal(new Set(frames).size, 6);
    assert.ok(frames.every((frame) => frame >= 0 && frame < stored));
    for (const account of report!.index.outputs[0]!.ledger.accounts) assert.equal(account.lost, 0);
  }));

test("documents say where a frame is in its file, also behind those that the camera lost", () =>
  inFolder(async (folder) => {
    await using experiment = await opened(folder, "drop_every = 3");
    const cam = experiment.devices.need("cam", "readable");
    const laser = experiment.devices.need("laser", "movable");
    await experiment.engine.run(scan([cam], { axis: laser, start: 700, stop: 800 }, 11));
    const [report] = await experiment.settled();
    const { indexPath, index } = report!;
    const inFile: bigint[] = [];
    const { path } = index.outputs[0]!.files.find(({ streams }) => streams.includes("cam"))!;
    for await (const { sequences } of (await loadFormat("arrow")).read(join(folder, path), "cam"))
      inFile.push(...sequences);
    assert.deepEqual(inFile, [0n, 1n, 3n, 4n, 6n, 7n, 9n, 10n]);
    const frameOf = new Map<number, unknown>();
    const uris: string[] = [];
    let placed = 0;
    for await (const { name, doc } of readJsonlDocuments(
      indexPath.replace(".run.json", ".documents.jsonl"),
    )) {
      if (name === "event") frameOf.set(doc.seq_num, doc.data.cam_frame);
      if (name === "stream_resource") uris.push(doc.uri);
      if (name !== "stream_datum") continue;
      placed++;
      assert.equal(doc.indices.stop, doc.indices.start + 1);
      assert.equal(Number(inFile[doc.indices.start]), frameOf.get(doc.seq_nums.start));
    }
    assert.equal(placed, 8);
    assert.deepEqual(uris, [pathToFileURL(join(folder, path)).href]);
    const rows = await numbersOf(report!, "primary", "cam_frame");
    assert.deepEqual([...frameOf.values()].map(Number), rows);
  }));

test("a device that is not there, or cannot do it, is refused by name", () =>
  inFolder(async (folder) => {
    await using experiment = await opened(folder);
    assert.throws(() => experiment.devices.need("lasre"), {
      code: "usage",
      hint: "The devices are laser, cam, meter.",
    });
    assert.throws(() => experiment.devices.need("meter", "movable"), {
      code: "usage",
      message: "meter is not movable.",
    });
  }));

test("an instrument that cannot be reached is named, with its place in the configuration", () =>
  inFolder(async (folder) => {
    const added = `${text(folder, "")}\n[[devices]]\nid = "far"\ndriver = "scpi"\ndescription = "newport.1830-c"\nserial = "/dev/no-such-port"\n`;
    const line = added.split("\n").lastIndexOf("[[devices]]") + 1;
    const { config } = await loadConfig({ text: added, path: "scan.toml", env: {}, flags: {} });
    await assert.rejects(openExperiment(config), {
      code: "device",
      message: `Device "far": /dev/no-such-port: there is no such port. It is configured in scan.toml:${line}.`,
    });
  }));

test("a run without an event leaves no file and no ring", () =>
  inFolder(async (folder) => {
    await using experiment = await opened(folder);
    await experiment.engine.run(inRun({ plan_name: "nothing" }, [], (function* (): Plan {})()));
    assert.deepEqual(await experiment.settled(), []);
  }));
