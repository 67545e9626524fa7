import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { DaqRun, scriptFolder } from "../script/daq-run.ts";
import { withoutReaders } from "./hdf5-readers.ts";

const python = process.env.PYTHON ?? "python3";
const folder = mkdtempSync(join(tmpdir(), "daq-script-run-"));
const config = join(scriptFolder, "laboratory.toml");
after(() => rmSync(folder, { recursive: true, force: true }));

type Frames = {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly distinct: number;
  readonly sums: readonly number[];
};
type Seen = {
  readonly streams: { readonly [stream: string]: { readonly [column: string]: Frames & number[] } };
};

function seenByPython({ finished }: DaqRun): Seen["streams"] {
  const [{ indexPath, index } = { indexPath: "", index: undefined }] = finished.runs;
  const file = join(folder, indexPath, "..", index!.outputs[0]!.files[0]!.path);
  const program = join(import.meta.dirname, "script_run.py");
  return (JSON.parse(execFileSync(python, [program, file], { encoding: "utf8" })) as Seen).streams;
}

describe("what a script acquires, in h5py", { skip: withoutReaders("h5py"), concurrency: 2 }, () => {
  test("the guide's hundred frames are there, no two the same", async () => {
    const run = new DaqRun([join(scriptFolder, "image_with_storage.rhai"), "--config", config], folder);
    assert.equal(await run.ended, 0, run.stderr);
    const { camera0, ...others } = seenByPython(run);
    assert.deepEqual(Object.keys(others), []);
    assert.deepEqual(camera0!.frame!.shape, [100, 480, 640]);
    assert.equal(camera0!.frame!.dtype, "uint8");
    assert.equal(camera0!.frame!.distinct, 100);
  });

  test("the guide's scan has 30 places, frames and powers, and the powers that it printed", async () => {
    const run = new DaqRun(
      [join(scriptFolder, "wavelength_scan.rhai"), "--config", config, "--name", "scan"],
      folder,
    );
    assert.equal(await run.ended, 0, run.stderr);
    const { maitai, prime_bsi, power0 } = seenByPython(run);
    assert.deepEqual(
      maitai!.maitai_setpoint,
      Array.from({ length: 30 }, (_, index) => 700 + 10 * index),
    );
    const printed = run.printed.map((line) => Number(/P=([\d.e+-]+)mW/.exec(line)![1]));
    assert.deepEqual(power0!.power0, printed);
    assert.deepEqual(prime_bsi!.frame!.shape, [30, 512, 512]);
    // At each wavelength: first the laser, then the frame, then the power.
    const times = [maitai!, prime_bsi!, power0!].map(({ timestamps }) => timestamps as readonly number[]);
    for (let index = 0; index < 30; index++)
      assert.ok(times[0]![index]! < times[1]![index]! && times[1]![index]! < times[2]![index]!, `${index}`);
  });

  test("statistics that a script prints are those of the pixels in the file", async () => {
    const text = `
      let camera = create_camera("prime_bsi");
      for n in 0..5 { print(camera.grab_frame().sum); }
      throw "the file is whole all the same";`;
    writeFileSync(join(folder, "sums.rhai"), text);
    const run = new DaqRun(["sums.rhai", "--config", config, "--name", "sums"], folder);
    assert.equal(await run.ended, 1);
    assert.deepEqual(seenByPython(run).prime_bsi!.frame!.sums, run.printed.map(Number));
  });

  test("after Ctrl-C in the middle the file has what was acquired until then", async () => {
    const script = readFileSync(join(scriptFolder, "wavelength_scan.rhai"), "utf8");
    writeFileSync(join(folder, "long.rhai"), script.replace("sleep(0.5)", "sleep(0.05)"));
    const run = new DaqRun(["long.rhai", "--config", config, "--name", "long"], folder);
    await run.prints(5);
    run.interrupt();
    assert.equal(await run.ended, 1, run.stderr);
    const { maitai, prime_bsi, power0 } = seenByPython(run);
    const readings = power0!.power0 as readonly number[];
    assert.ok(readings.length >= 5 && readings.length < 30, `${readings.length} readings`);
    const frames = prime_bsi!.frame!.sums.length;
    const places = (maitai!.maitai as readonly number[]).length;
    assert.ok(places >= frames && frames >= readings.length && places - readings.length <= 1);
  });
});
