import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { jsonLines, spawnDaq, until } from "../../src/cli/captured-terminal.test.ts";
import { readJsonlDocuments } from "../../src/formats/jsonl/read-jsonl-documents.ts";
import { readRunIndex } from "../../src/recorder/run-index.ts";
import { type FaultyProxy, startFaultyProxy } from "./faulty-proxy.ts";
import type { LoopbackServer } from "./loopback-server.ts";
import { makeBucket } from "./make-bucket.ts";
import { s3rverEnvironment, startS3rver, withoutS3rver } from "./s3rver-server.ts";
import { hashesIn, objectsBelow, withoutBoto3, withoutMarker } from "./stored-objects.ts";
import { startSwift, swiftEnvironment, withoutSwift } from "./swift-server.ts";

/** Which Python has the readers: `PYTHON`, or the one on the PATH. */
const python = process.env.PYTHON ?? "python3";

const skip = (withoutSwift === undefined ? undefined : withoutS3rver) ?? (await withoutBoto3()) ?? false;

const plan = `import { gridScan } from "daq-storage/engine";
export default (devices) => gridScan(
  [devices.need("cam", "readable"), devices.need("meter", "readable")],
  { axis: devices.need("laser", "movable"), start: 780, stop: 820, num: 3 },
  { axis: devices.need("stage", "movable"), start: -1, stop: 1, num: 4, snake: true },
);
`;

function configuration(target: string, exposureMs: number): string {
  return `[experiment]
name = "grid"
[storage]
format = ["hdf5", "zarr"]
output_path = "${target}"
keep_spool = true
documents = true
flush_interval_ms = 100
[storage.zarr]
zarr_format = 2
[ring_buffer]
size_mb = 16
[[devices]]
id = "laser"
driver = "sim.laser"
paced = false
[[devices]]
id = "stage"
driver = "sim.stage"
paced = false
[[devices]]
id = "meter"
driver = "sim.power_meter"
paced = false
[[devices]]
id = "cam"
driver = "sim.camera"
width = 32
height = 24
exposure_ms = ${exposureMs}
rate_hz = 2
`;
}

describe("a plan whose run goes to S3", { skip, concurrency: 1 }, () => {
  const root = mkdtempSync(join(tmpdir(), "daq-upload-plan-"));
  let server: LoopbackServer;
  let proxy: FaultyProxy;

  before(async () => {
    const isSwift = withoutSwift === undefined;
    server = isSwift ? await startSwift() : await startS3rver(join(root, "server"), "data");
    const environment = isSwift ? swiftEnvironment : s3rverEnvironment;
    Object.assign(process.env, environment(server.port), { AWS_REGION: "us-east-1" });
    if (isSwift) await makeBucket("data");
    proxy = await startFaultyProxy(server.port);
    Object.assign(process.env, environment(proxy.port));
  });
  after(async () => {
    await proxy.close();
    await server.stop();
    rmSync(root, { recursive: true, force: true });
  });

  /** A folder with the plan, a script and a configuration whose runs go to `data/NAME`; the network is whole. */
  function place(t: TestContext, name: string, exposureMs = 1): string {
    proxy.isUp = true;
    const folder = mkdtempSync(join(root, "place-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, "grid.ts"), plan);
    writeFileSync(
      join(folder, "grid.toml"),
      configuration(`s3://data/${name}/x_v{version}.{ext}`, exposureMs),
    );
    return folder;
  }

  const run = (folder: string, file = "grid.ts") =>
    spawnDaq(["run", file, "--config", "grid.toml", "--json"], { cwd: folder });

  const lineOf = (out: string, event: string) =>
    jsonLines(out.slice(0, out.lastIndexOf("\n"))).find((line) => line.event === event);

  async function documentsIn(path: string): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of readJsonlDocuments(path)) names.push(name);
    return names;
  }

  test("is there whole, with its documents, and stock readers see the scan", async (t) => {
    const folder = place(t, "whole");
    const { code, out, error } = await run(folder).done;
    assert.equal(code, 0, error);
    const there = withoutMarker(await objectsBelow(server.port, "whole", folder));
    assert.deepEqual(there, hashesIn(join(folder, "spool/s3/data/whole")));
    const { index } = (lineOf(out, "finished") as { runs: { index: { beside: string[] } }[] }).runs[0]!;
    assert.deepEqual(index.beside, ["x_v1.documents.jsonl"]);
    const names = await documentsIn(join(folder, "whole/x_v1.documents.jsonl"));
    assert.deepEqual([names[0], names.at(-1)], ["start", "stop"]);
    assert.equal(names.filter((name) => name === "event").length, 12);
    let seen: Record<string, { variables: Record<string, { shape: number[] }> }>;
    const paths = ["hdf5-scan", join(folder, "whole/x_v1.h5"), "zarr-scan", join(folder, "whole/x_v1.zarr")];
    try {
      seen = JSON.parse(
        execFileSync(python, [join(import.meta.dirname, "plan_run.py"), ...paths], { encoding: "utf8" }),
      );
    } catch (problem) {
      if ((problem as NodeJS.ErrnoException).code !== "ENOENT") throw problem;
      seen = {};
    }
    if (Object.keys(seen).length === 0) return t.skip(`${python} has no xarray; set PYTHON to one that has`);
    for (const { variables } of Object.values(seen)) assert.deepEqual(variables.cam!.shape, [3, 4, 24, 32]);
  });

  test("is there whole when the server was away in the middle of it", async (t) => {
    const folder = place(t, "gap", 300);
    const running = run(folder);
    await until(() => lineOf(running.captured.out, "started") !== undefined, "the start");
    proxy.isUp = false;
    await until(() => running.captured.out.includes('"uploading"'), "the end of the run");
    await setTimeout(1000);
    proxy.isUp = true;
    const { code, error } = await running.done;
    assert.equal(code, 0, error);
    const there = withoutMarker(await objectsBelow(server.port, "gap"));
    assert.deepEqual(there, hashesIn(join(folder, "spool/s3/data/gap")));
    assert.ok(there["x_v1.documents.jsonl"] !== undefined);
  });

  test("is there as far as it was when its process was killed, documents included", async (t) => {
    const folder = place(t, "killed", 300);
    const running = run(folder);
    const spool = join(folder, "spool/s3/data/killed");
    const documents = join(spool, "x_v1.documents.jsonl");
    await until(
      () => existsSync(documents) && readFileSync(documents, "utf8").split('"event"').length > 3,
      "the third event",
    );
    running.child.kill("SIGKILL");
    await running.done;
    const journal = join(spool, "x_v1.upload.jsonl");
    await until(() => readFileSync(journal, "utf8").includes('"complete":true'), "the upload");
    assert.equal((await readRunIndex(join(spool, "x_v1.run.json"))).end, "producer-died");
    const there = withoutMarker(await objectsBelow(server.port, "killed"));
    assert.deepEqual(there, hashesIn(spool));
    assert.ok(there["x_v1.documents.jsonl"] !== undefined);
  });

  test("of a script brings what it printed, to the last line, with the first of its runs", async (t) => {
    const folder = place(t, "script");
    writeFileSync(
      join(folder, "script.rhai"),
      `let camera = create_camera("cam");
camera.grab_frame();
print("one frame");
line_scan([create_power_meter("meter")], create_laser("laser"), 790, 810, 3);
print("and a scan");
throw "the sample is gone";
`,
    );
    const { code, out, error } = await run(folder, "script.rhai").done;
    assert.equal(code, 1, error);
    const { runs } = lineOf(out, "finished") as {
      runs: { index: { beside: string[] }; errors: unknown[] }[];
    };
    assert.deepEqual(
      runs.map(({ index, errors }) => [index.beside, errors]),
      [
        [["x_v1.documents.jsonl", "x_v1.log"], []],
        [["x_v2.documents.jsonl"], []],
      ],
    );
    mkdirSync(join(folder, "there"));
    const there = withoutMarker(await objectsBelow(server.port, "script", join(folder, "there")));
    assert.deepEqual(there, hashesIn(join(folder, "spool/s3/data/script")));
    const log = readFileSync(join(folder, "there/script/x_v1.log"), "utf8");
    assert.match(log, /Z one frame\n.*Z and a scan\n.*the sample is gone/);
  });

  test("without its documents is not said to be there", async (t) => {
    const folder = place(t, "missing", 300);
    const running = run(folder);
    const documents = join(folder, "spool/s3/data/missing/x_v1.documents.jsonl");
    await until(() => existsSync(documents), "the documents");
    rmSync(documents);
    const { code, error } = await running.done;
    assert.equal(code, 4, error);
    assert.match(error, /x_v1\.documents\.jsonl belongs to this run and is not there/);
    assert.equal((await objectsBelow(server.port, "missing"))["x_v1.run.json"], undefined);
  });
});
