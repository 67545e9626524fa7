import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runCommand, spawnDaq, temporaryFolder } from "../captured-terminal.test.ts";
import { uploadCommand } from "./upload.ts";

/** A real run, recorded by the program itself. */
async function record(
  t: TestContext,
  name: string,
): Promise<{ folder: string; data: string; index: string }> {
  const folder = temporaryFolder(t);
  const data = join(folder, "data");
  const { code, error } = await spawnDaq(["record", "--frames", "5", "--output", join(data, name)]).done;
  assert.equal(code, 0, error);
  return { folder, data, index: join(data, name.replace(/\.\w+$/, ".run.json")) };
}

const upload = (...words: string[]) => runCommand(uploadCommand, words);
const everything = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();

test("does not take a run's own folder for a second copy of it, whatever is there from before", async (t) => {
  const { folder, index } = await record(t, "lamp.arrow");
  const archive = join(folder, "archive");
  assert.equal((await upload(index, archive)).code, 0);
  symlinkSync("archive", join(folder, "other-name"));
  const before = everything(archive);
  for (const target of [archive, join(folder, "other-name")]) {
    const { code, error } = await upload(join(archive, "lamp.run.json"), target, "--delete-local");
    assert.equal(code, 2, error);
    assert.match(error, /is the folder that the run is in; an upload makes a second copy elsewhere\./);
    assert.deepEqual(everything(archive), before);
  }
});

test("refuses a target that is in the run, or that links to it", async (t) => {
  const { folder, data, index } = await record(t, "z.zarr");
  const before = everything(data);
  const inside = await upload(index, join(data, "z.zarr/camera0/new"));
  assert.equal(inside.code, 2);
  assert.match(inside.error, /z\.zarr\/camera0\/new is in .*data\/z\.zarr itself/);
  mkdirSync(join(folder, "archive"));
  symlinkSync("../data/z.zarr", join(folder, "archive/z.zarr"));
  const linked = await upload(index, join(folder, "archive"), "--delete-local");
  assert.equal(linked.code, 2);
  assert.match(linked.error, /archive has a link to .*data\/z\.zarr under the name z\.zarr/);
  assert.deepEqual(everything(data), before);
});

test("never leaves out a symbolic link in a Zarr folder and calls the rest the whole run", async (t) => {
  const { folder, data, index } = await record(t, "z.zarr");
  renameSync(join(data, "z.zarr/camera0"), join(folder, "camera0"));
  symlinkSync(join(folder, "camera0"), join(data, "z.zarr/camera0"));
  const { code, error } = await upload(index, join(folder, "archive"), "--delete-local");
  assert.equal(code, 1, error);
  assert.match(error, /z\.zarr\/camera0 is a symbolic link; only files and folders/);
  assert.match(error, /Put what it points to in its place/);
  assert.ok(existsSync(join(data, "z.zarr/zarr.json")));
  assert.ok(!existsSync(join(folder, "archive/z.run.json")));
});

test("brings arrays of other programs whose names begin with a dot", async (t) => {
  const folder = temporaryFolder(t);
  const array = join(folder, "foreign.zarr/.dark");
  mkdirSync(join(array, "c"), { recursive: true });
  writeFileSync(join(folder, "foreign.zarr/zarr.json"), "{}");
  writeFileSync(join(array, "zarr.json"), "{}");
  writeFileSync(join(array, "c/0"), "dark counts");
  const { code, error } = await upload(join(folder, "foreign.zarr"), join(folder, "archive"));
  assert.equal(code, 0, error);
  assert.ok(existsSync(join(folder, "archive/foreign.zarr/.dark/c/0")));
});

test("refuses a part of a run, and a Zarr run that was not finished", async (t) => {
  const { folder, data } = await record(t, "z.zarr");
  const part = await upload(join(data, "z.zarr/camera0"), join(folder, "archive"), "--delete-local");
  assert.equal(part.code, 1);
  assert.match(part.error, /camera0 is a part of the run .*z\.run\.json; a run is uploaded as a whole/);
  rmSync(join(data, "z.run.json"));
  writeFileSync(join(data, "z.zarr/.checkpoint.json"), '{"version":1,"uid":"ab","streams":{}}');
  const { code, error } = await upload(join(data, "z.zarr"), join(folder, "archive"));
  assert.equal(code, 1);
  assert.match(error, /this run is not finished, .*\.checkpoint\.json is still there\.\n.*daq recover /);
  assert.ok(!existsSync(join(folder, "archive")));
});
