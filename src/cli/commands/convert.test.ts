import assert from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { jsonLines, runCommand, spawnDaq, temporaryFolder, until } from "../captured-terminal.test.ts";
import { convertCommand } from "./convert.ts";

/** A run as the program itself records it: a camera and a meter, in one HDF5 file. */
async function recordedRun(t: TestContext, ...more: string[]): Promise<string> {
  const folder = temporaryFolder(t);
  const output = join(folder, "scan.h5");
  const args = ["record", "--frames", "20", "--format", "hdf5", "--output", output, ...more];
  const { code, error } = await spawnDaq(args).done;
  assert.ok(code === 0 || code === 3, error);
  return folder;
}

test("converts a run by its index, says what became of it, and exits with 0", async (t) => {
  const folder = await recordedRun(t);
  const [index, out] = [join(folder, "scan.run.json"), join(folder, "again.arrow")];
  const { code, out: text, error } = await runCommand(convertCommand, [index, out]);
  assert.equal(code, 0, error);
  assert.match(text, /^camera0 +produced 20 = stored 20 \+ lost 0\n/);
  assert.match(text, /again\.camera0\.arrow\n.*again\.power0\.arrow\n.*again\.run\.json\n$/);
  const again = await runCommand(convertCommand, [
    "--json",
    join(folder, "again.run.json"),
    join(folder, "b.zarr"),
  ]);
  assert.equal(again.code, 0, again.error);
  const finished = jsonLines(again.out).at(-1)!;
  assert.deepEqual([finished.event, finished.format], ["finished", "zarr"]);
});

test("exits with 3 where the run itself lost something, and the files say what", async (t) => {
  const folder = await recordedRun(t, "--set", "devices.camera0.drop_every=5");
  const { code, out } = await runCommand(convertCommand, [
    join(folder, "scan.h5"),
    join(folder, "b.parquet"),
  ]);
  assert.equal(code, 3);
  assert.match(out, /camera0 +produced 20 = stored 16 \+ lost 4 \(device 4\)/);
});

test("refuses what is no finished data, and says what to do", async (t) => {
  const folder = temporaryFolder(t);
  const journal = join(folder, "scan.journal.jsonl");
  writeFileSync(journal, "{}\n");
  const refuses = async (args: string[], expected: number, ...texts: RegExp[]) => {
    const { code, error } = await runCommand(convertCommand, args);
    assert.equal(code, expected, error);
    for (const text of texts) assert.match(error, text);
  };
  const out = join(folder, "out.h5");
  await refuses([journal, out], 1, /is the journal of a run/, /daq recover/);
  await refuses([join(folder, "none.h5"), out], 1, /no such file/);
  await refuses(["s3://bucket/run.h5", out], 2, /is at a store/, /daq upload/);
  await refuses([join(folder, "none.h5"), out, "--compression-level", "high"], 2, /whole number/);
  assert.deepEqual(readdirSync(folder), ["scan.journal.jsonl"]);
});

test("killed at any moment it leaves no file under a final name; the next one removes what is left", async (t) => {
  const folder = temporaryFolder(t);
  const data = join(folder, "in.csv");
  const rows = Array.from({ length: 400_000 }, (_, at) => `${1_000 + at},${at},${at / 7}`);
  writeFileSync(data, `timestamp,sequence,value\n${rows.join("\n")}\n`);
  const out = join(folder, "out.h5");
  const { child, done } = spawnDaq(["convert", data, out]);
  await until(
    () => readdirSync(folder).some((name) => name.startsWith(".out.h5.converting-")),
    "a work folder",
  );
  child.kill("SIGKILL");
  await done;
  const left = readdirSync(folder).filter((name) => name !== "in.csv");
  assert.equal(left.length, 1);
  assert.match(left[0]!, /^\.out\.h5\.converting-/);
  assert.ok(!existsSync(out));

  const stopped = spawnDaq(["convert", data, out]);
  await until(
    () => readdirSync(folder).some((name) => name.startsWith(".out.h5.converting-") && name !== left[0]),
    "another work folder",
  );
  stopped.child.kill("SIGINT");
  const { code, error } = await stopped.done;
  assert.equal(code, 1);
  assert.match(error, /Stopped: OUT was not made/);
  assert.deepEqual(readdirSync(folder), ["in.csv"]);
});
