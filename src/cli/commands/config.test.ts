import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { jsonLines, runCommand, spawnDaq, temporaryFolder } from "../captured-terminal.test.ts";
import { configCommand } from "./config.ts";

function configFile(t: TestContext, text: string): string {
  const path = join(temporaryFolder(t), "daq.toml");
  writeFileSync(path, text);
  return path;
}

const good = `[experiment]
name = "scan"
[storage]
format = "arrow"
output_path = "OUT/scan_v{version}.arrow"
[[devices]]
id = "camera0"
driver = "sim.camera"
width = 320
height = 200
rate_hz = 25
[[devices]]
id = "power0"
driver = "sim.power_meter"
format = "csv"
`;

function goodFile(t: TestContext): string {
  return configFile(t, good.replace("OUT", temporaryFolder(t)));
}

test("shows every key with its value and who set it, and its meaning when asked", async (t) => {
  const path = goodFile(t);
  const plain = await runCommand(configCommand, ["show", path, "--set", "ring_buffer.size_mb=8"]);
  assert.equal(plain.code, 0);
  assert.match(plain.out, /^ring_buffer\.size_mb +8 +flag --set$/m);
  assert.match(plain.out, new RegExp(`^devices\\.camera0\\.width +320 +${path}:9$`, "m"));
  assert.match(plain.out, /^storage\.compression +not set$/m);
  assert.doesNotMatch(plain.out, /Pixels in a row/);
  const documented = await runCommand(configCommand, ["show", path, "--docs"]);
  assert.match(documented.out, /^devices\.camera0\.width .*Pixels in a row\.$/m);
});

test("show prints JSON line by line, a key in each", async (t) => {
  const { out } = await runCommand(configCommand, ["show", goodFile(t), "--json"]);
  const rows = jsonLines(out);
  const format = rows.find(({ key }) => key === "devices.power0.format");
  assert.equal(format?.value, '"csv"');
  assert.ok(
    rows.every((row) => ["key", "value", "origin", "doc"].every((name) => typeof row[name] === "string")),
  );
});

test("check says what would be recorded and where to, and makes nothing", async (t) => {
  const folder = temporaryFolder(t);
  const path = configFile(t, good.replace("OUT", `${folder}/deep`));
  const { code, out } = await runCommand(configCommand, ["check", path]);
  assert.equal(code, 0);
  assert.deepEqual(readdirSync(folder), []);
  assert.match(out, /^OK: /);
  assert.match(out, /^ {2}camera0 +sim\.camera +arrow +frames of 200 × 320 uint8 in counts, 25 per second$/m);
  assert.match(out, /^ {2}power0 +sim\.power_meter +csv +rows of power \(float64, mW\), 10 per second$/m);
  assert.match(out, /deep\/scan_v1\.camera0\.arrow$/m);
  assert.match(out, /scan_v1\.run\.json$/m);
  assert.match(out, /The ring has 64 MiB \(discard-oldest\): at 1\.6 MB per second it holds 41\.\d s\./);
});

test("check gives the same as one JSON object", async (t) => {
  const { out } = await runCommand(configCommand, ["check", goodFile(t), "--json"]);
  const [checked, ...rest] = jsonLines(out) as {
    ok: boolean;
    devices: { id: string; streams: unknown[] }[];
  }[];
  assert.deepEqual(rest, []);
  assert.equal(checked!.ok, true);
  assert.deepEqual(
    checked!.devices.map(({ id, streams }) => [id, streams.length]),
    [
      ["camera0", 1],
      ["power0", 1],
    ],
  );
});

test("problems have file, line and nearest spelling, with exit code 2", async (t) => {
  const path = configFile(t, '[storage]\nformat = "csv"\ncompresion = "gzip"\nflush_interval_ms = "1s"\n');
  const { code, out, error } = await spawnDaq(["config", "check", path]).done;
  assert.equal(code, 2);
  assert.equal(out, "");
  assert.match(
    error,
    new RegExp(`${path}:3: \\[storage\\] compresion: unknown key; did you mean "compression"\\?`),
  );
  assert.match(error, new RegExp(`${path}:4: .*whole number of milliseconds`));
  assert.doesNotMatch(error, /at .*\.ts:/);
});

test("what only planning finds is a problem of the configuration too", async (t) => {
  const camera = '[storage]\nformat = "csv"\n[[devices]]\nid = "c"\ndriver = "sim.camera"\n';
  const refused = await runCommand(configCommand, ["check", configFile(t, camera)]);
  assert.equal(refused.code, 2);
  assert.match(refused.error, /CSV cannot hold the frames of c/);
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "taken.csv"), "");
  const taken = `[storage]\noutput_path = "${folder}/taken.csv"\n[[devices]]\nid = "p"\ndriver = "sim.power_meter"\n`;
  const exists = await runCommand(configCommand, ["check", configFile(t, taken)]);
  assert.equal(exists.code, 2);
  assert.match(exists.error, /taken\.csv exists already/);
  const none = await runCommand(configCommand, ["check", configFile(t, "[storage]\n")]);
  assert.equal(none.code, 2);
  assert.match(none.error, /no \[\[devices\]\]/);
});

test("a file that is not there, and an action that does not exist, are named", async () => {
  const missing = await runCommand(configCommand, ["show", "nowhere/daq.toml"]);
  assert.equal(missing.code, 2);
  assert.match(missing.error, /nowhere\/daq\.toml: there is no such file/);
  const forgotten = await runCommand(configCommand, ["daq.toml"]);
  assert.equal(forgotten.code, 2);
  assert.match(forgotten.error, /daq config check daq\.toml/);
});

test("a frame that is larger than the ring is refused, with the size that the ring needs", async (t) => {
  const camera =
    "[ring_buffer]\nsize_mb = 4\n" +
    '[[devices]]\nid = "c"\ndriver = "sim.camera"\nwidth = 4096\nheight = 4096\nrate_hz = 1\n';
  const { code, error } = await runCommand(configCommand, ["check", configFile(t, camera)]);
  assert.equal(code, 2);
  assert.match(error, /\[ring_buffer\] size_mb = 4: a single record of c \(\d+\.\d MiB\) does not fit/);
  const needed = /ring_buffer\.size_mb to (\d+) at least/.exec(error)![1];
  const enough = await runCommand(configCommand, [
    "check",
    configFile(t, camera.replace("size_mb = 4", `size_mb = ${needed}`)),
  ]);
  assert.equal(enough.code, 0, enough.error);
});

test("says what is written otherwise than asked for: a codec that a format lacks, an extension of nothing", async (t) => {
  const folder = temporaryFolder(t);
  const text =
    `[storage]\nformat = ["arrow", "csv"]\ncompression = "gzip"\noutput_path = "${folder}/x.dat"\n` +
    '[[devices]]\nid = "p"\ndriver = "sim.power_meter"\n';
  const { code, out } = await runCommand(configCommand, ["check", configFile(t, text)]);
  assert.equal(code, 0);
  assert.match(out, /^note: arrow has no "gzip" and is written with "none"; \[storage\.arrow\] compression/m);
  assert.match(out, /^note: output_path ends in \.dat, which is no format's extension: it is kept/m);
  assert.ok(out.includes(`${folder}/x.dat.arrow\n`) && out.includes(`${folder}/x.dat.csv.gz\n`));
  const { out: json } = await runCommand(configCommand, ["check", "--json", configFile(t, text)]);
  assert.equal((jsonLines(json)[0] as { notices: string[] }).notices.length, 2);
  const arow = await runCommand(configCommand, ["check", configFile(t, text.replace("x.dat", "x.arow"))]);
  assert.match(arow.error, /\.arow is no format's extension; did you mean \.arrow\?/);
  const named = await runCommand(configCommand, [
    "check",
    configFile(t, text.replace("x.dat", "run.v2_1.5V")),
  ]);
  assert.doesNotMatch(named.out, /output_path/);
});

test("check refuses a file name that no file system takes, and a wrong text of any length in one line", async (t) => {
  const long = configFile(t, good.replace("OUT/scan", `OUT/${"x".repeat(300)}`));
  const { code, error } = await runCommand(configCommand, ["check", long]);
  assert.equal(code, 2);
  assert.match(error, /has 3\d\d bytes; a file or folder of a run has 246 at most/);
  assert.match(error, /Shorten output_path/);
  const braces = configFile(t, good.replace("OUT/scan", `OUT/{${"x".repeat(5000)}}`));
  const told = await runCommand(configCommand, ["check", braces]);
  assert.match(told.error, /unknown placeholder \{x+…\}/);
  assert.ok(told.error.length < 1000, `${told.error.length} characters`);
});

test("check names the store that a run goes to, without asking it", async () => {
  const output = ["--output", "s3://my-bucket/lab/{experiment}_v{version}.{ext}", "--format", "arrow"];
  const { code, out } = await runCommand(configCommand, ["check", ...output]);
  assert.equal(code, 0);
  assert.match(
    out,
    /spool\/s3\/my-bucket\/lab\/experiment_v1\.run\.json\nand brings them to\n {2}s3:\/\/my-bucket\/lab\/ \(deleted here once proven equal/,
  );
  const wrong = await runCommand(configCommand, ["check", "--output", "s3://my bucket/x.arrow"]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.error, /"my bucket" is no name of a bucket/);
});

const meter = '[[devices]]\nid = "power0"\ndriver = "sim.power_meter"\n';

test("check finds every program that is missing, and takes the shell's own words for what they are", async (t) => {
  const command = (id: string, text: string) =>
    `[[devices]]\nid = "${id}"\ndriver = "command"\ncommand = ${text}\nencoding = "lines"\n`;
  const missing = configFile(
    t,
    command("a", '["no-such-program-1"]') +
      command("b", '"no-such-program-2 --fast"') +
      command("c", '"./none.sh"'),
  );
  const { code, error } = await runCommand(configCommand, ["check", missing]);
  assert.equal(code, 2);
  for (const name of ["no-such-program-1", "no-such-program-2", "./none.sh"])
    assert.ok(error.includes(`the program "${name}" was not found`), error);
  const there = ['["cat", "/dev/null"]', '"while true; do date; done"', '"A=1 env"', '"/bin/cat x | wc"'];
  const good = configFile(t, there.map((text, at) => command(`d${at}`, text)).join(""));
  const checked = await runCommand(configCommand, ["check", good]);
  assert.equal(checked.code, 0, checked.error);
});

test("check refuses places that a recording cannot write to, and makes nothing", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "daq.toml");
  writeFileSync(path, meter);
  writeFileSync(join(folder, "file"), "");
  const checkInto = (output: string) => runCommand(configCommand, ["check", path, "--output", output]);
  const inFile = await checkInto(join(folder, "file", "deep", "x.arrow"));
  assert.equal(inFile.code, 2);
  assert.match(inFile.error, /cannot be made: a file is in the way/);
  // A file system without any room.
  const full = await checkInto("/proc/daq/x.arrow");
  assert.equal(full.code, 2);
  assert.match(full.error, /\/proc has only 0\.0 MB free|cannot be written to/);
  assert.deepEqual(readdirSync(folder).sort(), ["daq.toml", "file"]);
});

test("check refuses a ring for which there is no memory, and says when the disk is too small for the duration", async (t) => {
  const path = configFile(t, meter);
  const ring = await runCommand(configCommand, ["check", path, "--ring-mb", "1000000"]);
  assert.equal(ring.code, 2);
  assert.match(ring.error, /The ring needs 1000000 MiB in \/dev\/shm, which has \d+ MiB free/);
  const output = join(temporaryFolder(t), "x.arrow");
  const long = [
    "check",
    path,
    "--output",
    output,
    "--set",
    "devices.power0.rate_hz=1000",
    "--duration",
    "10000000h",
  ];
  const { code, out, error } = await runCommand(configCommand, long);
  assert.equal(code, 0, error);
  assert.match(out, /note: This run announces \d/);
});

test("settings of drivers that do not go together are told all at once, each with its line", async (t) => {
  const path = configFile(
    t,
    `[[devices]]
id = "a"
driver = "command"
command = "yes"
encoding = "lines"
byte_order = "big"
skip_bytes = 3
[[devices]]
id = "b"
driver = "command"
command = "yes"
encoding = "raw"
`,
  );
  const { code, error } = await runCommand(configCommand, ["check", path]);
  assert.equal(code, 2);
  assert.ok(error.includes(`${path}:6: [[devices]] "a": "byte_order" belongs to encoding = "raw"`), error);
  assert.ok(error.includes(`${path}:7: [[devices]] "a": "skip_bytes" belongs to encoding = "raw"`), error);
  assert.ok(error.includes(`${path}:12: [[devices]] "b": encoding = "raw" needs "dtype"`), error);
});
