import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { jsonLines, runCommand, spawnDaq, temporaryFolder, until } from "../captured-terminal.test.ts";
import { uploadCommand } from "./upload.ts";

/** A real run in two formats, recorded by the program itself. */
async function recordedRun(t: TestContext): Promise<{ folder: string; index: string; target: string }> {
  const folder = temporaryFolder(t);
  const output = join(folder, "data/scan.{ext}");
  const { code, error } = await spawnDaq([
    "record",
    "--frames",
    "20",
    "--format",
    "arrow,csv",
    "--output",
    output,
    "--set",
    "devices.camera0.format=arrow",
  ]).done;
  assert.equal(code, 0, error);
  return { folder, index: join(folder, "data/scan.run.json"), target: join(folder, "bucket/lab") };
}

function namesIn(folder: string): string[] {
  return readdirSync(folder).sort();
}

test("brings all files of a run to a target, whichever of them is named, and keeps them here", async (t) => {
  const { folder, index, target } = await recordedRun(t);
  const { code, out, error } = await runCommand(uploadCommand, [
    join(folder, "data/scan.camera0.arrow"),
    target,
  ]);
  assert.equal(code, 0, error);
  assert.match(
    out,
    /bucket\/lab: 5 objects, [\d.]+ MB, all proven equal\.\nAll of them were sent just now\.\n/,
  );
  const here = namesIn(join(folder, "data")).filter((name) => name !== "scan.upload.jsonl");
  assert.equal(here.length, 5);
  assert.deepEqual(namesIn(target), [...here, "scan.upload.json"].sort());
  for (const name of here)
    assert.ok(readFileSync(join(target, name)).equals(readFileSync(join(folder, "data", name))), name);

  const again = await runCommand(uploadCommand, ["--json", index]);
  const finished = jsonLines(again.out).at(-1)!;
  assert.deepEqual(
    [again.code, finished.event, finished.objects, finished.sentObjects],
    [0, "finished", 5, 0],
  );
});

test("deletes the local files when asked to, once all is proven", async (t) => {
  const { folder, index, target } = await recordedRun(t);
  const { code, out } = await runCommand(uploadCommand, [index, target, "--delete-local"]);
  assert.equal(code, 0);
  assert.match(out, /The local files were deleted: 5\./);
  assert.deepEqual(namesIn(join(folder, "data")), []);
  assert.equal(namesIn(target).length, 6);
});

test("says what is wrong with the run or the target", async (t) => {
  const { folder, index, target } = await recordedRun(t);
  mkdirSync(join(folder, "empty"));
  writeFileSync(
    join(folder, "data/left.journal.jsonl"),
    '{"journal":1,"ringUid":"","options":{"ringPath":"/dev/shm/none","name":"recorder","indexPath":"left.run.json","outputs":[],"flushIntervalMs":1,"durability":"process"},"run":{"info":{},"streams":[]}}\n',
  );
  const problems: readonly (readonly [readonly string[], number, RegExp])[] = [
    [[join(folder, "data/none.run.json"), target], 1, /none\.run\.json: no such run/],
    [
      [join(folder, "data/left.journal.jsonl"), target],
      1,
      /this run is not finished.*\n.*daq recover .*left\.journal\.jsonl/,
    ],
    [[index], 2, /Where is .*scan to go\?.*\n.*daq upload .* s3:\/\/bucket\/folder/],
    [[index, "S3://bucket"], 2, /did you mean s3:\/\/bucket\?/],
    [[index, "s3:/bucket"], 2, /did you mean s3:\/\/bucket\?/],
    [[index, "http://server/bucket"], 2, /http:\/\/ is no store/],
    [[index, "s3://"], 2, /the name of a bucket is missing/],
    [
      [index, join(target, "scan.camera0.arrow")],
      2,
      /would be a folder with scan\.camera0\.arrow in it.*\n.*Name the folder/,
    ],
    [[join(folder, "empty"), target], 1, /is a folder that is no Zarr store, and no spool/],
    [[index, target, "--parallel", "0"], 2, /--parallel takes a whole number from 1 to 256/],
    [[index, target, "--timeout", "soon"], 2, /"soon" is not a duration/],
  ];
  for (const [args, expected, message] of problems) {
    const { code, error } = await runCommand(uploadCommand, args);
    assert.match(error, message, args.join(" "));
    assert.equal(code, expected, args.join(" "));
  }
  assert.ok(!existsSync(target));
});

test("a name that is taken at the target is an error, and stays what it is", async (t) => {
  const { index, target } = await recordedRun(t);
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, "scan.power0.csv"), "somebody's");
  const { code, error } = await runCommand(uploadCommand, [index, target]);
  assert.equal(code, 1);
  assert.match(error, /scan\.power0\.csv exists already; objects are never overwritten/);
  assert.equal(readFileSync(join(target, "scan.power0.csv"), "utf8"), "somebody's");
  const elsewhere = await runCommand(uploadCommand, [index, `${target}-2`]);
  assert.equal(elsewhere.code, 0, elsewhere.error);
});

test("a Zarr folder without a run goes as it is, but for what belongs to its writer", async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "x.zarr/c"), { recursive: true });
  writeFileSync(join(folder, "x.zarr/zarr.json"), "{}");
  writeFileSync(join(folder, "x.zarr/c/0"), "chunk");
  writeFileSync(join(folder, "x.zarr/.checkpoint.json"), "mine");
  const { code, out, error } = await runCommand(uploadCommand, [
    join(folder, "x.zarr/"),
    join(folder, "bucket"),
  ]);
  assert.equal(code, 0, error);
  assert.match(out, /2 objects/);
  assert.deepEqual(namesIn(join(folder, "bucket")), ["x.zarr", "x.zarr.upload.json"]);
  assert.deepEqual(namesIn(join(folder, "bucket/x.zarr")), ["c", "zarr.json"]);
});

test("killed at random moments it goes on, sends nothing twice that is proven, and deletes only then", async (t) => {
  const folder = temporaryFolder(t);
  const target = join(folder, "bucket");
  mkdirSync(join(folder, "spool/x.zarr/c"), { recursive: true });
  writeFileSync(join(folder, "spool/x.zarr/zarr.json"), "{}");
  const chunk = Buffer.alloc(300_000, "0123456789abcdef!");
  const content = (number: number): Buffer => Buffer.concat([Buffer.from(`${number}:`), chunk]);
  const chunks = 400;
  for (let number = 0; number < chunks; number++)
    writeFileSync(join(folder, `spool/x.zarr/c/${number}`), content(number));
  const args = ["upload", join(folder, "spool/x.zarr"), target, "--delete-local", "--parallel", "2"];
  const journal = join(folder, "spool/x.zarr.upload.jsonl");
  const journalBytes = (): number => (existsSync(journal) ? statSync(journal).size : 0);
  let kills = 0;
  while (kills < 20 && existsSync(join(folder, "spool/x.zarr"))) {
    const before = journalBytes();
    const { child, done } = spawnDaq(args);
    const isOver = (): boolean => child.exitCode !== null;
    // Somewhere in the work, not in the start of the program.
    await until(() => isOver() || journalBytes() > before, "the journal to grow");
    await Promise.race([done, setTimeout(Math.random() * 60)]);
    if (isOver()) break;
    child.kill("SIGKILL");
    await done;
    kills++;
    // What is not here any more is whole there.
    for (let number = 0; number < chunks; number++)
      if (!existsSync(join(folder, `spool/x.zarr/c/${number}`)))
        assert.ok(
          readFileSync(join(target, `x.zarr/c/${number}`)).equals(content(number)),
          `chunk ${number}`,
        );
  }
  if (journalBytes() > 0) {
    const last = await spawnDaq(["upload", journal, "--delete-local"]).done;
    assert.equal(last.code, 0, last.error);
  }
  assert.ok(kills > 0);
  for (let number = 0; number < chunks; number++)
    assert.ok(readFileSync(join(target, `x.zarr/c/${number}`)).equals(content(number)), `chunk ${number}`);
  assert.deepEqual(namesIn(join(folder, "spool")), []);
});
