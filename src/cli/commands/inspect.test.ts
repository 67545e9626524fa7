import assert from "node:assert/strict";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as h5wasm from "h5wasm/node";
import { openFileSink } from "../../bytes/file-sink.ts";
import { loadFormat } from "../../formats/registry.ts";
import { SampleBatches } from "../../testing/format-contract/sample-batches.ts";
import { gauges, sampleRun } from "../../testing/format-contract/sample-streams.ts";
import {
  type Captured,
  jsonLines,
  runCommand,
  spawnDaq,
  temporaryFolder,
  until,
} from "../captured-terminal.test.ts";
import { camera, meter, meterRows, testRing } from "../tail/ring-for-test.test.ts";
import { inspectCommand } from "./inspect.ts";
import { recoverCommand } from "./recover.ts";
import { tailCommand } from "./tail.ts";

const configText = `[experiment]
name = "scan"
operator = "Ada"
[ring_buffer]
size_mb = 2
[[devices]]
id = "camera0"
driver = "sim.camera"
width = 32
height = 16
rate_hz = 200
exposure_ms = 1
drop_every = 10
format = "arrow"
[[devices]]
id = "power0"
driver = "sim.power_meter"
rate_hz = 200
format = ["csv", "arrow"]
`;

/** One recording for all tests here that read a finished run. */
let folder = "";
const releases: (() => void)[] = [];
before(async () => {
  folder = temporaryFolder({ after: (release) => void releases.push(release as () => void) });
  writeFileSync(join(folder, "daq.toml"), configText);
  const recorded = await spawnDaq(
    ["record", "daq.toml", "--frames", "60", "-o", "data/run_v{version}.{ext}"],
    { cwd: folder },
  ).done;
  assert.equal(recorded.code, 3, recorded.error);
});
after(() => {
  for (const release of releases) release();
});

function inspect(...args: string[]): Promise<Captured> {
  return runCommand(inspectCommand, args);
}

function at(name: string): string {
  return join(folder, "data", name);
}

test("shows a run by its index: files, streams, metadata, account, and how to read it", async () => {
  const { code, out } = await inspect(at("run_v1.run.json"));
  assert.equal(code, 3);
  assert.match(out, /^ {2}run, complete, ended as it should$/m);
  assert.match(out, /run_v1\.camera0\.arrow +arrow +[\d.]+ kB +complete$/m);
  assert.match(out, /^ {4}frame +uint8 +16 × 32 \(y, x\) +counts$/m);
  assert.match(out, /^ {4}power +float64 +scalar +mW +may be missing$/m);
  assert.match(out, /^ {4}54 records over 0\.\d s, [\d.]+ per second$/m);
  assert.match(out, /first \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/m);
  assert.match(out, /^ {2}experiment\.operator +Ada$/m);
  assert.match(out, /^ {4}drop_every +10$/m);
  assert.match(out, /camera0: produced 60 = stored 54 \+ lost 6$/m);
  assert.match(out, /lost record 9: device, \d{4}-.*Z, frame 9: dropped in the camera/);
  assert.match(out, /power0: produced 60 = stored 60 \+ lost 0$/m);
  assert.match(out, /camera0 = pa\.ipc\.open_file\(".*run_v1\.camera0\.arrow"\)\.read_all\(\)/);
});

test("shows single files by themselves, the sidecar's as well, and exits by their own account", async () => {
  const lossy = await inspect(at("run_v1.camera0.arrow"));
  assert.equal(lossy.code, 3);
  assert.match(lossy.out, /^ {2}arrow, [\d.]+ kB, complete$/m);
  const whole = await inspect(at("run_v1.power0.csv"));
  assert.equal(whole.code, 0);
  const sidecar = await inspect(at("run_v1.power0.csv-metadata.json"));
  assert.deepEqual(sidecar, whole);
});

test("prints everything as JSON, an object a line", async () => {
  const { code, out } = await inspect("--json", at("run_v1.run.json"), at("run_v1.power0.arrow"));
  assert.equal(code, 3);
  const [run, file, ...rest] = jsonLines(out) as {
    kind: string;
    run: { experiment: { operator: string } };
    streams: {
      schema: { name: string };
      parts: { records: number; firstTimestampNs: string; ratePerSecond: number }[];
    }[];
    ledgers: { output: string; ledger: { accounts: { lost: number; ranges: unknown[] }[] } }[];
  }[];
  assert.deepEqual(rest, []);
  assert.deepEqual([run!.kind, file!.kind], ["run", "data file"]);
  assert.equal(run!.run.experiment.operator, "Ada");
  assert.deepEqual(
    run!.streams.map(({ schema, parts }) => [schema.name, parts.map(({ records }) => records)]),
    [
      ["camera0", [54]],
      ["power0", [60, 60]],
    ],
  );
  const account = run!.ledgers.flatMap(({ ledger }) => ledger.accounts).find(({ lost }) => lost > 0);
  assert.equal(account!.ranges.length, 6);
  const [part] = file!.streams[0]!.parts;
  assert.match(part!.firstTimestampNs, /^\d{19}$/);
  assert.ok(part!.ratePerSecond > 20 && part!.ratePerSecond < 260);
});

test("shows twenty lost ranges and counts the rest, unless all are asked for", async () => {
  const index = JSON.parse(readFileSync(at("run_v1.run.json"), "utf8"));
  const account = index.outputs[0].ledger.accounts[0];
  account.ranges = Array.from({ length: 25 }, (_, number) => ({
    first: number * 10,
    count: 2,
    reason: "ring-lapped",
    atNs: "1700000000000000000",
  }));
  const path = at("many.run.json");
  writeFileSync(path, JSON.stringify(index));
  const some = (await inspect(path)).out;
  assert.equal(some.match(/ring-lapped/g)!.length, 20);
  assert.match(some, /lost records 190 to 191 \(2\): ring-lapped, 2023-11-14T22:13:20\.000000000Z$/m);
  assert.match(some, /and 5 more \(10 records\); --all shows them/);
  const all = (await inspect(path, "--all")).out;
  assert.equal(all.match(/ring-lapped/g)!.length, 25);
  assert.doesNotMatch(all, /--all/);
  rmSync(path);
});

test("ranges beyond the ledger are counted, with the file that has them, which is not data itself", async () => {
  const index = JSON.parse(readFileSync(at("run_v1.run.json"), "utf8"));
  const account = index.outputs[0].ledger.accounts[0];
  const file = "many.camera0.arrow.losses.csv";
  account.more = { file, ranges: 2, lost: { device: 2, aborted: 5 } };
  const path = at("many.run.json");
  writeFileSync(path, JSON.stringify(index));
  assert.match(
    (await inspect(path)).out,
    /^ +and 2 more \(7 records\) in many\.camera0\.arrow\.losses\.csv$/m,
  );
  writeFileSync(at(file), "first,count,reason,at_ns\r\n7,1,device,1\r\n");
  const rows = await inspect(at(file));
  assert.equal(rows.code, 1);
  assert.match(rows.error, /is not data: it holds the lost ranges of a stream/);
  rmSync(path);
  rmSync(at(file));
});

test("a wrong file name gets the near ones of that folder", async () => {
  const stem = await inspect(at("run_v1.arrow"));
  assert.equal(stem.code, 1);
  assert.match(
    stem.error,
    new RegExp(`Did you mean ${at("run_v1.camera0.arrow")} or ${at("run_v1.power0.arrow")}\\?`),
  );
  const typo = await inspect(at("rnu_v1.power0.csv"));
  assert.match(typo.error, new RegExp(`Did you mean ${at("run_v1.power0.csv")}\\?`));
  const other = await inspect(at("something.csv"));
  assert.match(other.error, /holds 1 run \(\*\.run\.json\), none of a name like this/);
  const inFolder = await inspect(join(folder, "data"));
  assert.match(inFolder.error, /is a folder\.\n.*run_v1\.run\.json/);
  const toml = await inspect(join(folder, "daq.toml"));
  assert.equal(toml.code, 1);
  assert.match(toml.error, /no known format has this extension/);
});

test("one unreadable file does not hide the others, and the exit code is 1", async () => {
  const broken = at("broken.arrow");
  writeFileSync(broken, "this is no arrow file");
  const { code, out, error } = await inspect(broken, at("run_v1.power0.csv"));
  assert.equal(code, 1);
  assert.match(error, /broken\.arrow/);
  assert.match(out, /power0: produced 60/);
  rmSync(broken);
});

test("a run with a file that is gone or damaged says which, and exits with 1", async (t) => {
  const other = temporaryFolder(t);
  for (const name of [
    "run_v1.run.json",
    "run_v1.camera0.arrow",
    "run_v1.power0.csv",
    "run_v1.power0.csv-metadata.json",
  ])
    copyFileSync(at(name), join(other, name));
  truncateSync(join(other, "run_v1.camera0.arrow"), 10);
  const { code, out } = await inspect(join(other, "run_v1.run.json"));
  assert.equal(code, 1);
  assert.match(out, /run_v1\.power0\.arrow +arrow +missing$/m);
  assert.match(out, /run_v1\.camera0\.arrow +arrow +10 bytes +unreadable: /m);
  assert.match(out, /60 records/);
});

test("an unfinished file says how to finish it", async (t) => {
  const other = temporaryFolder(t);
  const path = join(other, "torn.csv");
  copyFileSync(at("run_v1.power0.csv"), path);
  copyFileSync(at("run_v1.power0.csv-metadata.json"), `${path}-metadata.json`);
  appendFileSync(path, "12345");
  const { code, out } = await inspect(path);
  assert.equal(code, 3);
  assert.match(out, /unfinished$/m);
  assert.match(out, new RegExp(`\`daq recover ${path}\``));
});

test("a finished run has nothing to follow, and tail says where to look", async () => {
  for (const name of ["run_v1.run.json", "run_v1.power0.csv", "run_v1.journal.jsonl"]) {
    const { code, error } = await runCommand(tailCommand, [at(name)]);
    assert.equal(code, 0, error);
    assert.match(error, /is finished: there is nothing to follow\. `daq inspect .*` shows it/);
  }
});

test("a ring shows what was produced and what it holds, without disturbing anybody", async (t) => {
  const ring = testRing(t, { sizeBytes: 16_384 });
  const [table, frames] = [ring.openStream(meter), ring.openStream(camera)];
  for (let row = 0; row < 1000; row++) table.write(meterRows(row, 1));
  frames.write({ count: 1, timestampNs: 5n, columns: [new Uint8Array(12)] });
  const { code, out } = await inspect(ring.path);
  assert.equal(code, 3);
  assert.match(out, new RegExp(`ring, recording, process ${process.pid} produces$`, "m"));
  assert.match(out, /1,000 records produced, \d{2,3} in the ring over 0\.\d s, 1000 per second$/m);
  assert.match(out, /last {2}2023-11-14T22:13:20\.999000000Z$/m);
  assert.match(out, /1 record produced, 1 in the ring$/m);
  assert.match(out, new RegExp(`\`daq tail ${ring.path}\` follows it`));
  assert.deepEqual(ring.status().consumers, []);
});

test("a run that goes on is followed by its journal or a data file; killed, it says how to recover", async (t) => {
  const other = temporaryFolder(t);
  writeFileSync(join(other, "daq.toml"), configText);
  const { child, captured, done } = spawnDaq(["record", "daq.toml", "--json", "-o", "run.{ext}"], {
    cwd: other,
  });
  const started = () =>
    (captured.out.includes("\n")
      ? jsonLines(captured.out.slice(0, captured.out.indexOf("\n")))[0]
      : undefined) as { ringPath: string; recorderPid: number } | undefined;
  await until(() => started() !== undefined, "the start");
  const { ringPath, recorderPid } = started()!;
  t.after(() => rmSync(ringPath, { force: true }));
  t.after(() => child.kill("SIGKILL"));
  const journal = join(other, "run.journal.jsonl");

  // The index does not exist yet; the journal stands for it.
  for (const name of ["run.journal.jsonl", "run.run.json", "run.camera0.arrow"]) {
    const going = await inspect(join(other, name));
    assert.equal(going.code, 3, going.error);
    assert.match(going.out, /, recording/);
    assert.match(going.out, /`daq tail .*` follows the run/);
  }
  for (const name of [
    "run.journal.jsonl",
    "run.run.json",
    "run.power0.csv",
    "run.power0.csv-metadata.json",
  ]) {
    const tailed = await runCommand(tailCommand, [join(other, name), "--count", "2", "--stream", "power0"]);
    assert.equal(tailed.code, 0, tailed.error);
    assert.match(tailed.out, /power0 #\d+ {2}power [\d.]+ mW/);
  }

  child.kill("SIGKILL");
  process.kill(recorderPid, "SIGKILL");
  await done;
  const left = await inspect(journal);
  assert.equal(left.code, 3);
  assert.match(left.out, /journal of a run, unfinished$/m);
  assert.match(
    left.out,
    new RegExp(
      `\`daq recover ${journal}\` finishes the files of this run; its ring ${ringPath} is still there`,
    ),
  );
  assert.match(left.out, /produced \d+ = stored \d+ \+ lost \d+/);
  const file = await inspect(join(other, "run.camera0.arrow"));
  assert.match(file.out, new RegExp(`\`daq recover ${journal}\``));

  renameSync(ringPath, `${ringPath}.moved`);
  t.after(() => rmSync(`${ringPath}.moved`, { force: true }));
  const alone = await inspect(journal);
  assert.match(alone.out, /its ring is gone, so what came after the last checkpoint is lost/);
  assert.ok(existsSync(journal));
});

test("an HDF5 file of another program is described without what only ours have", async (t) => {
  const path = join(temporaryFolder(t), "theirs.h5");
  await h5wasm.ready;
  const file = new h5wasm.File(path, "w");
  file.create_dataset({ name: "data", data: new Float64Array([1, 2, 3]) });
  file.close();
  const { code, out } = await runCommand(inspectCommand, [path]);
  assert.equal(code, 0);
  assert.match(out, /^ {2}data: table from an HDF5 dataset$/m);
  assert.match(out, /^ {2}file = h5py\.File\(/m);
  assert.doesNotMatch(out, /"entry"|clock/);
  const recovered = await runCommand(recoverCommand, [path]);
  assert.equal(recovered.code, 0);
  assert.match(recovered.out, /written by another program, so there is nothing to recover/);
  assert.doesNotMatch(recovered.out, /records/);
});

test("recovering a run that is complete has nothing to do, and tells what was lost as record and inspect do", async () => {
  for (const [name, expected] of [
    ["run_v1.run.json", 3],
    ["run_v1.camera0.arrow", 3],
    ["run_v1.power0.csv", 0],
  ] as const) {
    const { code, out, error } = await runCommand(recoverCommand, [at(name)]);
    assert.equal(code, expected, error);
    assert.match(out, /complete already/);
    assert.equal(/What it lost is in its account/.test(out), expected === 3);
    assert.equal((await inspect(at(name))).code, expected);
  }
});

test("a file that is finished from itself alone does not know what came after: recover and inspect exit with 3", async (t) => {
  const path = join(temporaryFolder(t), "alone.arrow");
  const format = await loadFormat("arrow");
  const options = { compression: "none", durability: "process" } as const;
  const run = { info: sampleRun, streams: [gauges] };
  const writer = await format.create({ path, run, options, openSink: openFileSink });
  await writer.append(new SampleBatches(gauges).next(20));
  await writer.checkpoint();
  await writer[Symbol.asyncDispose]();
  for (const said of [/20 records; .*What came after them is not known/, /complete already, 20 records/]) {
    const { code, out } = await runCommand(recoverCommand, [path]);
    assert.equal(code, 3, out);
    assert.match(out, said);
  }
  assert.equal((await inspect(path)).code, 3);
});

test("a Zarr folder without some of its chunks is damaged, and it says which", async (t) => {
  const data = join(temporaryFolder(t), "data");
  const recorded = await spawnDaq([
    ...["record", join(folder, "daq.toml"), "--frames", "60", "--format", "zarr"],
    ...["-o", join(data, "run.zarr"), "--set", "devices.camera0.drop_every=1000"],
    ...["--set", "devices.camera0.format=zarr", "--set", "devices.power0.format=zarr"],
    ...["--set", "storage.chunk_size=10", "--set", "storage.zarr.shard_chunks=1"],
  ]).done;
  assert.equal(recorded.code, 0, recorded.error);
  const paths = [join(data, "run.zarr"), join(data, "run.run.json")];
  for (const path of paths) assert.equal((await inspect(path)).code, 0);
  rmSync(join(data, "run.zarr/power0/power/c/4"));
  for (const path of paths) {
    const { code, out } = await inspect(path);
    assert.equal(code, 1, out);
    assert.match(out, /power0\/power\/c\/4 is not there: one of the 6 chunks of power0\/power\./);
    assert.match(out, /damaged/);
    assert.match(out, /Restore what is not there from a copy/);
    const [file] = (jsonLines((await inspect("--json", path)).out)[0] as { files: { state: string }[] })
      .files;
    assert.equal(file!.state, "damaged");
  }
});
