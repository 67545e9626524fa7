import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { jsonLines, runCommand, spawnDaq, temporaryFolder } from "../captured-terminal.test.ts";
import { verifyCommand } from "./verify.ts";

const streams = ["camera0", "power0"];

/** A run in every format; CSV takes no images. */
async function recordedRun(t: TestContext, ...more: string[]): Promise<string> {
  const folder = temporaryFolder(t);
  writeFileSync(
    join(folder, "daq.toml"),
    `[storage]
chunk_size = 10
output_path = "run.{ext}"
format = ["hdf5", "arrow", "parquet", "zarr", "csv"]
[storage.zarr]
shard_chunks = 1
[[devices]]
id = "camera0"
driver = "sim.camera"
width = 32
height = 16
format = ["hdf5", "arrow", "parquet", "zarr"]
[[devices]]
id = "power0"
driver = "sim.power_meter"
`,
  );
  const args = ["record", "daq.toml", "--frames", "60", ...more];
  const { code, error } = await spawnDaq(args, { cwd: folder }).done;
  assert.ok(code === 0 || code === 3, error);
  return folder;
}

function verify(...paths: string[]) {
  return runCommand(verifyCommand, paths);
}

test("reads every record of every file of a run, and says that they are intact", async (t) => {
  const folder = await recordedRun(t);
  const { code, out, error } = await verify(join(folder, "run.run.json"));
  assert.equal(code, 0, error + out);
  assert.match(out, /run\.run\.json: intact\n/);
  assert.equal(out.match(/60 records read/g)?.length, 9);
  for (const name of ["run.h5", "run.camera0.arrow", "run.power0.parquet", "run.power0.csv", "run.zarr"]) {
    const { code, out } = await verify("--json", join(folder, name));
    assert.equal(code, 0, out);
    const finished = jsonLines(out).at(-1) as { streams: { stream: string; records: number }[] };
    for (const { stream, records } of finished.streams) {
      assert.ok(streams.includes(stream));
      assert.equal(records, 60);
    }
  }
});

test("what is intact and lost something exits with 3", async (t) => {
  const folder = await recordedRun(t, "--set", "devices.camera0.drop_every=5");
  const { code, out } = await verify(join(folder, "run.run.json"));
  assert.equal(code, 3, out);
  assert.match(out, /intact/);
  assert.match(out, /camera0 +produced 60 = stored 48 \+ lost 12 \(device 12\)/);
  assert.equal((await verify(join(folder, "run.power0.csv"))).code, 0);
});

test("damage is named with its place, in every file, and exits with 1", async (t) => {
  const folder = await recordedRun(t);
  const at = (name: string) => join(folder, name);
  const parquet = readFileSync(at("run.camera0.parquet"));
  // Among the images, which are nearly all of it.
  parquet[Math.floor(parquet.byteLength / 2)]! ^= 0x40;
  writeFileSync(at("run.camera0.parquet"), parquet);
  const [header, , ...rows] = readFileSync(at("run.power0.csv"), "utf8").split("\r\n");
  writeFileSync(at("run.power0.csv"), [header, ...rows].join("\r\n"));
  rmSync(at("run.zarr/power0/power/c/3"));
  rmSync(at("run.power0.arrow"));
  const { code, out } = await verify(at("run.run.json"));
  assert.equal(code, 1, out);
  assert.match(out, /run\.run\.json: DAMAGED/);
  assert.match(out, /run\.camera0\.parquet.*(checksum|CRC)/i);
  assert.match(out, /run\.zarr\/power0\/power is damaged: its chunk 3 is not there/);
  assert.match(out, /power0\/power\/c\/3 is not there: one of the 6 chunks/);
  assert.match(out, /run\.power0\.arrow: no such file/);
  assert.match(out, /run\.power0\.csv/);
  // What is whole is said to be.
  assert.match(out, /power0 +\S+run\.h5 +60 records read/);
  const one = await verify(at("run.camera0.parquet"), at("run.h5"));
  assert.equal(one.code, 1);
  assert.match(one.out, /run\.h5: intact/);
});

test("what is no finished recording is refused, and says what to do", async (t) => {
  const folder = temporaryFolder(t);
  const [journal, foreign] = [join(folder, "x.journal.jsonl"), join(folder, "x.csv")];
  writeFileSync(journal, "{}\n");
  writeFileSync(foreign, "timestamp,sequence,n\n1,0,1\n");
  const { code, error } = await verify(journal, foreign, join(folder, "none.h5"), "s3://bucket/x.h5");
  assert.equal(code, 1);
  for (const said of [/journal of a run/, /written by another program/, /no such file/, /is at a store/])
    assert.match(error, said);
});
