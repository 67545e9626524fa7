import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { DaqError } from "../../model/errors.ts";
import type { SettingValues } from "../../model/setting.ts";
import { type RunOptions, runSource, startSource } from "../../testing/run-source.ts";
import { withDefaults } from "../../testing/with-defaults.ts";
import { systemClock } from "../system-clock.ts";
import { commandDriver } from "./driver.ts";

const folder = mkdtempSync(join(tmpdir(), "daq-command-"));
after(() => rmSync(folder, { recursive: true }));

function options(settings: SettingValues, more: RunOptions = {}): RunOptions {
  return { clock: systemClock, settings: { encoding: "lines", ...settings }, ...more };
}

const run = (settings: SettingValues, more?: RunOptions) => runSource(commandDriver, options(settings, more));
const start = (settings: SettingValues, more?: RunOptions) =>
  startSource(commandDriver, options(settings, more));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A process that is dead but not reaped has the state Z; whether it is reaped is up to the machine's init.
    return !existsSync("/proc/self/stat") || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, `waited in vain: ${what}`);
    await wait(10);
  }
}

test("records the lines of a shell command until it ends", async () => {
  const { stream } = await run({ command: "printf '1,2\\n3,4\\n'; printf '5,6'", columns: ["a", "b"] });
  assert.deepEqual([...(stream.values("b") as Float64Array)], [2, 4, 6]);
  assert.equal(stream.schema.source, "command: printf '1,2\\n3,4\\n'; printf '5,6'");
});

test("runs a list as it is, without a shell", async () => {
  const { stream } = await run({ command: ["printf", "%s\n", "1", "$HOME", "2"] });
  assert.equal(stream.stored, 2);
  assert.match(stream.account.ranges[0]!.detail!, /\$HOME/);
});

test("runs in the folder that it is told", async () => {
  writeFileSync(join(folder, "data.txt"), "42\n");
  const { stream } = await run({ command: "cat data.txt", cwd: folder });
  assert.deepEqual([...(stream.values("value") as Float64Array)], [42]);
});

test("records megabytes of frames whole and in order, also when it is held back", async () => {
  const script = `const frame = Buffer.alloc(300_000);
    for (let i = 0; i < 40; i++) { frame.fill(i); require("fs").writeSync(1, frame); }`;
  const settings = {
    command: [process.execPath, "-e", script],
    encoding: "raw",
    dtype: "uint8",
    shape: [500, 600],
  };
  let calls = 0;
  const { stream } = await run(settings, { backPressure: () => (calls++ % 2 === 0 ? wait(2) : undefined) });
  assert.equal(stream.stored, 40);
  const values = stream.values("frame") as Uint8Array;
  for (let frame = 0; frame < 40; frame++) {
    const part = values.subarray(frame * 300_000, (frame + 1) * 300_000);
    assert.ok(
      part.every((value) => value === frame),
      `frame ${frame}`,
    );
  }
});

test("counts the half record that a program leaves as lost", async () => {
  const settings = { command: "printf abcdef", encoding: "raw", dtype: "uint8", shape: [4] };
  const { stream, warnings } = await run(settings);
  assert.equal(stream.stored, 1);
  assert.equal(stream.account.ranges[0]!.detail, "incomplete: 2 of 4 bytes");
  assert.equal(warnings.length, 1);
});

test("says which program failed, with its exit code and last words, and keeps what came before", async () => {
  const settings = { command: "echo 1; echo 2; echo 'no lens cap found' >&2; exit 3" };
  const { stream, done } = start(settings);
  await assert.rejects(done, {
    code: "device",
    message: /device0.*echo 1; echo 2.*exit code 3.*no lens cap found/s,
  });
  assert.equal(stream.stored, 2);
});

test("says which signal killed a program, and loses the line that it broke off in", async () => {
  const { stream, done } = start({ command: "echo 1; printf 12; kill -SEGV $$" });
  await assert.rejects(done, { code: "device", message: /was killed by SIGSEGV/ });
  assert.deepEqual([stream.stored, stream.account.lost], [1, 1]);
});

test("reports a failure although a part of the program goes on and holds the output", async () => {
  const started = performance.now();
  const { done } = start({ command: "sleep 60 & exit 4", stop_timeout_ms: 300 });
  await assert.rejects(done, { message: /exit code 4/ });
  assert.ok(performance.now() - started < 10_000);
});

test("drains what a program writes to its standard error, and keeps the end of it", async () => {
  const script = `for (let i = 0; i < 20000; i++) process.stderr.write("line of noise " + i + "\\n");
    process.stderr.write("the end", () => { console.log(1); process.exitCode = 1; });`;
  const { stream, done } = start({ command: [process.execPath, "-e", script] });
  await assert.rejects(done, (error: unknown) => {
    assert.ok(error instanceof DaqError);
    assert.match(error.message, /the end$/);
    assert.ok(error.message.length < 4096 + 300);
    return true;
  });
  assert.equal(stream.stored, 1);
});

test("says that a program was not found, or cannot be run, or that its folder is missing", async () => {
  await assert.rejects(run({ command: ["no-such-program-daq"] }), {
    code: "device",
    message: /device0.*"no-such-program-daq" was not found/,
  });
  await assert.rejects(run({ command: "no-such-program-daq" }), {
    code: "device",
    message: /exit code 127/,
    hint: /did not find/,
  });
  await assert.rejects(run({ command: ["true"], cwd: join(folder, "nowhere") }), {
    message: /working folder .*nowhere does not exist/,
  });
  const file = join(folder, "not-executable");
  writeFileSync(file, "#!/bin/sh\n");
  chmodSync(file, 0o644);
  await assert.rejects(run({ command: [file] }), { message: /permission denied/ });
});

test("lets a program finish after a stop and records what it still says", async () => {
  const script = `process.on("SIGINT", () => { console.log("2\\n3"); setTimeout(() => process.exit(255), 100); });
    console.log(1); setInterval(() => {}, 1000);`;
  const controller = new AbortController();
  const { stream, done } = start(
    { command: [process.execPath, "-e", script] },
    { signal: controller.signal },
  );
  await until("first record", () => stream.stored === 1);
  controller.abort();
  await done;
  assert.deepEqual([...(stream.values("value") as Float64Array)], [1, 2, 3]);
});

test("kills a program and its children that ignore every polite signal", async () => {
  const settings = {
    command: `trap '' INT TERM; echo $$; sh -c 'echo $$; while :; do sleep 0.05; done'`,
    stop_timeout_ms: 200,
  };
  const controller = new AbortController();
  const { stream, done } = start(settings, { signal: controller.signal });
  await until("both process ids", () => stream.stored === 2);
  const asked = performance.now();
  controller.abort();
  await done;
  const took = performance.now() - asked;
  assert.ok(took > 1000 && took < 5000, `${took} ms`);
  for (const pid of stream.values("value") as Float64Array)
    await until(`${pid} is gone`, () => !isAlive(pid));
});

test("leaves nothing running that a program started in the background", async () => {
  const { stream } = await run({ command: "sleep 60 >/dev/null 2>&1 & echo $!" });
  const [pid] = stream.values("value") as Float64Array;
  await until(`${pid} is gone`, () => !isAlive(pid!));
});

test("kills what runs on in the background and ignores SIGTERM", async () => {
  const { stream } = await run({
    command: "(trap '' INT TERM; sleep 60; sleep 60) >/dev/null 2>&1 & echo $!",
  });
  const [pid] = stream.values("value") as Float64Array;
  await until(`${pid} is gone`, () => !isAlive(pid!));
});

test("does not wait for ever for a process that left the group and holds the output", async () => {
  const script = `const child = require("child_process").spawn("sleep", ["30"], { detached: true, stdio: "inherit" });
    console.log(child.pid); child.unref(); setInterval(() => {}, 1000);`;
  const controller = new AbortController();
  const settings = { command: [process.execPath, "-e", script], stop_timeout_ms: 200 };
  const { stream, done } = start(settings, { signal: controller.signal });
  await until("process id", () => stream.stored === 1);
  const asked = performance.now();
  controller.abort();
  await done;
  assert.ok(performance.now() - asked < 10_000);
  process.kill((stream.values("value") as Float64Array)[0]!, "SIGKILL");
});

test("stops a program that closes its output and goes on, and says so", async () => {
  const { stream, warnings } = await run({
    command: "echo 1; exec >&- 2>&-; exec sleep 60",
    stop_timeout_ms: 200,
  });
  assert.equal(stream.stored, 1);
  assert.match(warnings[0]!, /closed its output but did not end/);
});

test("stops an endless program at the limit of records, which is no failure", async () => {
  const { stream, warnings } = await run({ command: "yes 7" }, { recordLimit: 12_345 });
  assert.equal(stream.account.produced, 12_345);
  assert.deepEqual(warnings, []);
  const none = await run({ command: "yes 7" }, { recordLimit: 0 });
  assert.equal(none.stream.stored, 0);
});

test("stops the program when the sink fails, and passes the sink's error on", async () => {
  const pidFile = join(folder, "pid");
  const settings = { command: `echo $$ > ${pidFile}; exec yes 7` };
  const full = new DaqError("ring-full", "The ring stayed full.");
  let calls = 0;
  await assert.rejects(
    run(settings, { backPressure: () => (++calls > 3 ? Promise.reject(full) : undefined) }),
    full,
  );
  assert.equal(isAlive(Number(readFileSync(pidFile, "utf8"))), false);
});

test("starts nothing when the run is stopped before", async () => {
  const file = join(folder, "started");
  const { stream } = await run({ command: `touch ${file}` }, { signal: AbortSignal.abort() });
  assert.equal(stream.stored, 0);
  assert.equal(existsSync(file), false);
});

test("kills the program with this process when that exits without a stop", async () => {
  const files = ["driver.ts", "../system-clock.ts", "../../testing/run-source.ts"].map((file) =>
    JSON.stringify(new URL(file, import.meta.url).href),
  );
  const script = `
    const [{ commandDriver }, { systemClock }, { startSource }] = await Promise.all([${files.map((file) => `import(${file})`)}]);
    const settings = { command: "trap '' INT TERM; echo $$; while :; do sleep 0.05; done", encoding: "lines" };
    const { stream } = startSource(commandDriver, { clock: systemClock, settings });
    while (stream.stored === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    console.log(stream.values("value")[0]);
    process.exit(0);`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  for await (const chunk of child.stdout) output += chunk;
  const pid = Number(output);
  assert.ok(pid > 1, output);
  await until(`${pid} is gone`, () => !isAlive(pid));
});

/** The watchdogs there are for a process group. */
function watchdogsOf(group: number): number {
  const ids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return ids.filter((id) => {
    try {
      const parts = readFileSync(`/proc/${id}/cmdline`, "latin1").split("\0");
      return parts[2]?.startsWith("read -r line") === true && parts[3] === String(group);
    } catch {
      return false; // It has ended meanwhile.
    }
  }).length;
}

test("a silent program, what it started and what ignores SIGTERM end with a process that is killed outright", {
  skip: !existsSync("/proc/self/cmdline"),
}, async () => {
  const files = ["driver.ts", "../system-clock.ts", "../../testing/run-source.ts"].map((file) =>
    JSON.stringify(new URL(file, import.meta.url).href),
  );
  const file = join(folder, "silent-pids");
  const command = `trap '' TERM; (trap '' TERM; exec sleep 1000) & echo "$$ $!" > ${file}; while :; do sleep 0.05; done`;
  const script = `
    const [{ commandDriver }, { systemClock }, { startSource }] = await Promise.all([${files.map((name) => `import(${name})`)}]);
    const settings = { command: ${JSON.stringify(command)}, encoding: "lines" };
    startSource(commandDriver, { clock: systemClock, settings });
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  await until("the program runs", () => existsSync(file) && readFileSync(file, "utf8").endsWith("\n"));
  const pids = readFileSync(file, "utf8").trim().split(" ").map(Number);
  assert.equal(pids.length, 2);
  await until("it is watched over", () => watchdogsOf(pids[0]!) === 1);
  child.kill("SIGKILL");
  for (const pid of pids) await until(`${pid} is gone`, () => !isAlive(pid));
  await until("its watchdog is gone", () => watchdogsOf(pids[0]!) === 0);
});

test("a program that ends, or is stopped, leaves no watchdog behind", {
  skip: !existsSync("/proc/self/cmdline"),
}, async () => {
  const ended = await run({ command: "echo $$" });
  const group = (ended.stream.values("value") as Float64Array)[0]!;
  await until("its watchdog is gone", () => watchdogsOf(group) === 0);
  const stop = new AbortController();
  const running = start({ command: "echo $$; sleep 1000" }, { signal: stop.signal });
  await until("a line came", () => running.stream.stored === 1);
  const stopped = (running.stream.values("value") as Float64Array)[0]!;
  assert.equal(watchdogsOf(stopped), 1);
  stop.abort();
  await running.done;
  await until("its watchdog is gone", () => watchdogsOf(stopped) === 0);
});

test("shortens a long command in the name of the source", () => {
  const command = ["ffmpeg", "-i", "x".repeat(100)];
  const source = commandDriver.create("cam", withDefaults(commandDriver, { command, encoding: "lines" }));
  assert.match(source.streams[0]!.source, /^command: ffmpeg -i x+…$/);
  assert.ok(source.streams[0]!.source.length < 80);
});

test("refuses an empty command", () => {
  for (const command of ["", [], [""]])
    assert.throws(() => withDefaults(commandDriver, { command, encoding: "lines" }), { code: "config" });
});
