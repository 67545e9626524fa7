import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type TestContext, test } from "node:test";
import type { Format } from "../../formats/contract.ts";
import { loadFormat } from "../../formats/registry.ts";
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

test("the documents of a plan's run go along, of another run not, and nothing is overwritten", async (t) => {
  const folder = temporaryFolder(t);
  const plan = resolve(import.meta.dirname, "../../../examples/plans/wavelength-scan.ts");
  const { code, error } = await spawnDaq([
    ...[
      "run",
      plan,
      "--format",
      "hdf5",
      "--output",
      join(folder, "scan.h5"),
      "--set",
      "storage.documents=true",
    ],
    ...["--set", "devices.prime_bsi.width=32", "--set", "devices.prime_bsi.height=24"],
  ]).done;
  assert.equal(code, 0, error);
  const documents = readFileSync(join(folder, "scan.documents.jsonl"), "utf8");
  const convert = (from: string, to: string, ...more: string[]) =>
    runCommand(convertCommand, [join(folder, from), join(folder, to), ...more]);

  const arrow = await convert("scan.run.json", "a.arrow");
  assert.equal(arrow.code, 0, arrow.error);
  assert.match(arrow.out, /\/a\.documents\.jsonl\n/);
  assert.match(arrow.error, /places of files in it are those of IN/);
  assert.equal(readFileSync(join(folder, "a.documents.jsonl"), "utf8"), documents);
  const { notes } = JSON.parse(readFileSync(join(folder, "a.run.json"), "utf8")) as { notes: string[] };
  assert.deepEqual(notes, [
    "Converted from scan.run.json.",
    "The documents of the run are in a.documents.jsonl.",
  ]);
  // The same again, under a name that has them, and beside IN itself.
  for (const to of ["a.h5", "scan.zarr"]) assert.equal((await convert("scan.h5", to)).code, 0);

  writeFileSync(join(folder, "b.documents.jsonl"), "mine\n");
  const taken = await convert("scan.h5", "b.zarr");
  assert.equal(taken.code, 1);
  assert.match(taken.error, /b\.documents\.jsonl exists already/);
  assert.equal(readFileSync(join(folder, "b.documents.jsonl"), "utf8"), "mine\n");

  writeFileSync(join(folder, "scan.documents.jsonl"), documents.replace(/"uid":"[^"]+"/, '"uid":"another"'));
  const other = await convert("scan.h5", "c.zarr");
  assert.equal(other.code, 0, other.error);
  assert.match(other.error, /does not begin with the start document of this run/);
  assert.ok(!existsSync(join(folder, "c.documents.jsonl")));
});

test("--pyramid gives Zarr smaller images as daq record does, and is refused for other formats", async (t) => {
  const sizes = ["--set", "devices.camera0.width=600", "--set", "devices.camera0.height=400"];
  const folder = await recordedRun(t, ...sizes);
  const convert = (from: string, to: string, ...more: string[]) =>
    runCommand(convertCommand, [join(folder, from), join(folder, to), ...more]);
  const refused = await convert("scan.h5", "p.arrow", "--pyramid");
  assert.equal(refused.code, 2);
  assert.match(refused.error, /arrow has no image pyramids/);
  assert.equal((await convert("scan.h5", "p.zarr", "--pyramid")).code, 0);
  const { attributes } = JSON.parse(readFileSync(join(folder, "p.zarr/camera0/zarr.json"), "utf8")) as {
    attributes: { ome: { multiscales: { datasets: { path: string }[] }[] } };
  };
  assert.deepEqual(
    attributes.ome.multiscales[0]!.datasets.map(({ path }) => path),
    ["frame", "level_1/frame", "level_2/frame"],
  );
  // Of a pyramid, the images themselves are taken.
  assert.equal((await convert("p.zarr", "q.h5")).code, 0);
  const zarr = await loadFormat("zarr");
  const frames = async (format: Format, name: string) => {
    const hash = createHash("sha256");
    for await (const batch of format.read(join(folder, name), "camera0"))
      hash.update(batch.columns[0]!.bytes);
    return hash.digest("hex");
  };
  const original = await frames(await loadFormat("hdf5"), "scan.h5");
  assert.equal(await frames(zarr, "p.zarr"), original);
  assert.equal(await frames(await loadFormat("hdf5"), "q.h5"), original);
});
