import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { DaqRun, scriptFolder } from "./daq-run.ts";

const folder = mkdtempSync(join(tmpdir(), "daq-run-script-"));
const config = join(scriptFolder, "laboratory.toml");
after(() => rmSync(folder, { recursive: true, force: true }));

let scripts = 0;

function started(text: string, ...args: string[]): DaqRun {
  const name = `script_${++scripts}`;
  writeFileSync(join(folder, `${name}.rhai`), text);
  return new DaqRun(
    [`${name}.rhai`, "--config", config, "--name", name, "--set", "devices.camera0.paced=false", ...args],
    folder,
  );
}

const camera = 'let camera = create_camera("camera0");\nlet n = 0;\n';
const endless = `${camera}loop { try { camera.grab_frame(); n += 1; if n % 10 == 0 { print(n); } } catch { } }`;

/** Records that are in the file of the only run, by the run's index. */
function storedRecords({ finished }: DaqRun): number {
  const [{ index } = { index: undefined }] = finished.runs;
  const [account] = index!.outputs[0]!.ledger.accounts;
  assert.equal(account!.produced, account!.stored + account!.lost);
  return account!.stored;
}

describe("daq run with a script", { concurrency: 2 }, () => {
  test("stops with Ctrl-C whatever the script catches; its file has all frames", async () => {
    const run = started(endless);
    await run.prints(3);
    run.interrupt();
    assert.equal(await run.ended, 1, run.stderr);
    assert.equal(run.finished.exitStatus, "abort");
    assert.equal(run.finished.reason, "stopped with Ctrl-C");
    assert.ok(storedRecords(run) >= 30);
  });

  test("stops at its number of operations, and says so", async () => {
    const run = started(endless, "--max-operations", "2000");
    assert.equal(await run.ended, 1, run.stderr);
    assert.match(run.finished.reason, /Too many operations: the limit is 2000/);
    assert.match(run.stderr, /line 3, column \d+\)/);
    assert.ok(storedRecords(run) > 50);
  });

  test("stops when its time is over", async () => {
    // Starting the recorder is part of it.
    const run = started(endless, "--timeout", "8s");
    assert.equal(await run.ended, 1, run.stderr);
    assert.match(run.finished.reason, /it ran for longer than 8 s/);
    assert.ok(storedRecords(run) > 0);
  });

  test("stops when it takes too much memory, or calls without end, and keeps what it acquired", async () => {
    const growing = started(
      `${camera}camera.grab_frame(); let a = []; loop { try { a.push(blob(1000000)); } catch { } }`,
    );
    assert.equal(await growing.ended, 1, growing.stderr);
    assert.match(growing.finished.reason, /Memory too large/);
    assert.equal(storedRecords(growing), 1);
    const calling = started(
      `${camera}fn f() { try { f() } catch { f() } }\ncamera.grab_frame(); try { f() } catch { loop { f() } }`,
    );
    assert.equal(await calling.ended, 1, calling.stderr);
    assert.match(calling.finished.reason, /Stack overflow/);
    assert.equal(storedRecords(calling), 1);
  });

  test("ends with the script's error, after the files are closed", async () => {
    const run = started(`${camera}camera.grab_frame();\nprint("one");\nthrow "the sample is gone";`);
    assert.equal(await run.ended, 1);
    assert.match(
      run.stderr,
      /error: Runtime error: the sample is gone \(script_\d+\.rhai, line 5, column 1\)/,
    );
    assert.equal(storedRecords(run), 1);
    const { indexPath } = run.finished.runs[0]!;
    const log = await readFile(join(folder, indexPath.replace(/\.run\.json$/, ".log")), "utf8");
    assert.match(log, /Z one\n.*the sample is gone/);
  });

  test("acquires statistics of frames, and runs a plan into files of its own", async () => {
    const run = started(
      `
      let camera = create_camera("camera0");
      let meter = create_power_meter("power0");
      let frame = camera.grab_frame();
      let begun = timestamp(); while begun.elapsed() < 0.05 { }
      print([frame.min <= frame.mean, frame.mean <= frame.max, frame.sum == 640 * 480 * frame.mean]);
      line_scan([meter, camera], create_laser("maitai"), 790, 810, 3);
    `,
      // A ring that is larger than what a script may use does not count.
      ...["--ring-mb", "600"],
      "--set",
      "devices.maitai.paced=false",
      "--set",
      "devices.power0.paced=false",
    );
    assert.equal(await run.ended, 0, run.stderr);
    assert.deepEqual(run.printed, ["[true, true, true]"]);
    assert.equal(run.finished.runs.length, 2);
    const [own, scan] = run.finished.runs.map(({ index }) => index.outputs[0]!.ledger.accounts);
    // A laser that comes when the run is open tells where it stands.
    assert.deepEqual(own!.map(({ stream, stored }) => [stream, stored]).sort(), [
      ["camera0", 1],
      ["maitai", 1],
      ["power0", 0],
    ]);
    assert.deepEqual(scan!.map(({ stream, stored }) => [stream, stored]).sort(), [
      ["camera0", 3],
      ["primary", 3],
    ]);
  });

  test("imports from the folder of the script", async () => {
    writeFileSync(join(folder, "optics.rhai"), "fn twice(x) { 2 * x }");
    const run = started('import "optics" as optics; print(optics::twice(21));');
    assert.equal(await run.ended, 0, run.stderr);
    assert.deepEqual(run.printed, ["42"]);
  });

  test("is wrong usage with limits that are none, with --dry-run, and for a script that is not there", async () => {
    for (const args of [["--max-operations", "0"], ["--timeout", "soon"], ["--dry-run"]]) {
      const run = started("1", ...args);
      assert.equal(await run.ended, 2, run.stderr);
    }
    const run = new DaqRun(["nowhere.rhai", "--config", config], folder);
    assert.equal(await run.ended, 1);
    assert.match(run.stderr, /The script nowhere\.rhai cannot be read/);
  });
});

describe("daq run --check", { concurrency: 2 }, () => {
  const checked = async (text: string, ...args: string[]) => {
    const name = `check_${++scripts}.rhai`;
    writeFileSync(join(folder, name), text);
    const run = new DaqRun([name, "--check", ...args], folder);
    const code = await run.ended;
    const [line] = run.said as { problems: { message: string; line: number; column: number }[] }[];
    return { code, problems: line!.problems };
  };

  test("finds nothing wrong with the guide's scripts that name their devices", async () => {
    for (const name of ["image_with_storage.rhai", "wavelength_scan.rhai"]) {
      const text = readFileSync(join(scriptFolder, name), "utf8");
      assert.deepEqual(await checked(text, "--config", config), { code: 0, problems: [] });
    }
  });

  test("finds syntax errors, unknown functions, and unknown devices where there is a configuration", async () => {
    const syntax = await checked("let x = ;");
    assert.equal(syntax.code, 1);
    assert.match(syntax.problems[0]!.message, /^Syntax error/);
    const text = 'let c = create_camera("camera9");\nc.grab(1);';
    const without = await checked(text);
    assert.deepEqual(
      without.problems.map(({ message, line }) => [message, line]),
      [["Function not found: grab", 2]],
    );
    const withConfig = await checked(text, "--config", config);
    assert.equal(withConfig.code, 1);
    assert.match(withConfig.problems[1]!.message, /no device "camera9"/);
  });
});
