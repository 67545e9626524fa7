import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { DaqRun, scriptFolder } from "./daq-run.ts";

const folder = mkdtempSync(join(tmpdir(), "daq-guide-scripts-"));
const config = join(scriptFolder, "laboratory.toml");

after(() => rmSync(folder, { recursive: true, force: true }));

/** What was stored of each stream of the only run. */
function stored({ finished }: DaqRun): { [stream: string]: number } {
  assert.equal(finished.runs.length, 1);
  const accounts = finished.runs[0]!.index.outputs.flatMap(({ ledger }) => ledger.accounts);
  for (const { produced, lost, stream } of accounts) assert.equal(lost, 0, `${stream}: ${produced} produced`);
  return Object.fromEntries(accounts.map(({ stream, stored: count }) => [stream, count]));
}

function scripted(name: string, ...args: string[]): DaqRun {
  return new DaqRun([join(scriptFolder, name), "--config", config, ...args], folder);
}

/** The file beside the index of the only run that has what was printed. */
function logOf({ finished }: DaqRun): string {
  return readFileSync(join(folder, finished.runs[0]!.indexPath.replace(/\.run\.json$/, ".log")), "utf8");
}

describe("the guide's scripts, as they stand, with simulated devices", { concurrency: true }, () => {
  test("the first acquires a hundred frames", async () => {
    const run = scripted("image_with_storage.rhai", "--name", "first");
    assert.equal(await run.ended, 0, run.stderr);
    assert.equal(run.printed.length, 101);
    assert.equal(run.printed[99], "Acquired frame 99: 640x480");
    assert.equal(run.printed[100], "Done - writer will flush remaining data");
    assert.deepEqual(stored(run), { camera0: 100 });
    const log = logOf(run).trimEnd().split("\n");
    assert.equal(log.length, 101);
    assert.match(log[0]!, /^\d{4}-\d\d-\d\dT[\d:.]+Z Acquired frame 0: 640x480$/);
  });

  test("the second scans 30 wavelengths, and its readings follow them", async () => {
    const run = scripted("wavelength_scan.rhai", "--name", "second", "--format", "hdf5");
    assert.equal(await run.ended, 0, run.stderr);
    assert.equal(run.printed.length, 30);
    const seen = run.printed.map((line) => /^λ=(\d+)nm, P=([\d.]+)mW, Frame=512x512$/.exec(line));
    assert.deepEqual(
      seen.map((match) => Number(match![1])),
      Array.from({ length: 30 }, (_, index) => 700 + 10 * index),
    );
    // The laser is brightest at 800 nm, and the sensor sees longer waves better.
    const powers = seen.map((match) => Number(match![2]));
    const brightest = powers.indexOf(Math.max(...powers));
    assert.ok(brightest >= 10 && brightest <= 13, `brightest at ${700 + 10 * brightest} nm`);
    assert.deepEqual(stored(run), { maitai: 30, prime_bsi: 30, power0: 30 });
  });

  test("the third, which names no camera, says so as a failed grab, and ends well", async () => {
    const run = scripted("error_handling.rhai", "--name", "third");
    assert.equal(await run.ended, 0, run.stderr);
    assert.match(run.printed.join(), /^Frame grab failed: .*Variable not found: camera/);
    assert.deepEqual(run.finished.runs, []);
  });

  test("the third, after a line that makes the camera, tells of a frame that fails and stops cleanly", async () => {
    const text = readFileSync(join(scriptFolder, "error_handling.rhai"), "utf8");
    const script = join(folder, "with_camera.rhai");
    writeFileSync(script, `let camera = create_camera("camera0");\ncamera.grab_frame();\n${text}`);
    const run = new DaqRun(
      [script, "--config", config, "--name", "fourth", "--set", "devices.camera0.drop_every=2"],
      folder,
    );
    // Something was lost, and that is what the exit code says.
    assert.equal(await run.ended, 3, run.stderr);
    assert.deepEqual(run.printed, ["Frame grab failed: camera0 lost the frame."]);
    const [account] = run.finished.runs[0]!.index.outputs[0]!.ledger.accounts;
    assert.deepEqual([account!.produced, account!.stored, account!.lost], [2, 1, 1]);
  });
});

test("the page about scripts shows them as they are", () => {
  const page = readFileSync(join(scriptFolder, "../../docs/scripting.md"), "utf8");
  for (const name of readdirSync(scriptFolder).filter((file) => file.endsWith(".rhai")))
    assert.ok(page.includes(`\`\`\`rhai\n${readFileSync(join(scriptFolder, name), "utf8")}\`\`\``), name);
});

test("the folder of the scripts has the guide's three, and the configuration that they run with", () => {
  assert.deepEqual(readdirSync(scriptFolder).sort(), [
    ...["error_handling.rhai", "image_with_storage.rhai", "laboratory.toml", "wavelength_scan.rhai"],
  ]);
});
