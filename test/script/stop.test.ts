import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Device, Guarded, Readable } from "../../src/devices/capabilities.ts";
import type { BenchLaser } from "../../src/devices/sim/bench-laser.ts";
import type { BenchShutter } from "../../src/devices/sim/bench-shutter.ts";
import { type Limits, runScript, ScriptError } from "../../src/script/index.ts";
import { StandInAxis } from "../../src/testing/stand-in-axis.ts";
import { furnished } from "./laboratory.ts";

/** Takes orders and never carries one out, whatever it is told. */
const deaf: Readable & Guarded = {
  id: "deaf",
  describe: async () => ({ deaf: { dtype: "float64", unit: "V", source: "stand-in" } }),
  read: () => new Promise(() => {}),
  makeSafe: () => new Promise(() => {}),
};

const start = `
  let laser = create_laser("maitai");
  let shutter = create_shutter("shutter0");
  let stage = create_stage("stage0");
  let camera = create_camera("camera0");
  let axis = create_stage("axis");
  laser.enable_emission();
  shutter.open_shutter();
  camera.grab_frame();
`;

/** What a script may be doing when it is to end. */
const endings: readonly string[] = [
  "loop { }",
  "loop { try { throw 1 } catch { } }",
  "loop { try { camera.grab_frame() } catch { } }",
  "loop { try { stage.move_abs(25); stage.wait_settled(); stage.move_abs(-25); stage.wait_settled(); } catch { } }",
  "axis.move_abs(50); loop { try { sleep(10) } catch { } }",
  "axis.move_abs(50); axis.wait_settled();",
  'let d = create_adc("deaf"); loop { try { d.read_value() } catch { } }',
  "loop { try { line_scan([camera], stage, -25, 25, 1000) } catch { } }",
  "loop { try { count([camera], 1000000) } catch { } }",
  "sleep(1000)",
];

async function laboratory() {
  const axis = new StandInAxis("axis");
  axis.behaviour = { moveTo: () => new Promise(() => {}) };
  const devices: readonly Device[] = [deaf, axis];
  const lab = await furnished(
    {
      maitai: ["sim.laser", { paced: false }],
      shutter0: ["sim.shutter", { paced: false }],
      stage0: ["sim.stage", {}],
      camera0: ["sim.camera", { speed: 10, width: 64, height: 48 }],
    },
    {},
    devices,
  );
  return { ...lab, axis };
}

async function checkSafe(
  { devices, documents, axis, engine }: Awaited<ReturnType<typeof laboratory>>,
  text: string,
) {
  assert.equal(engine.state, "idle");
  assert.equal((devices.get("shutter0") as BenchShutter).open, false, "the shutter is open");
  assert.equal((devices.get("maitai") as BenchLaser).emission, false, "the laser emits");
  const stage = devices.get("stage0") as StandInAxis;
  const before = await stage.position();
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(await stage.position(), before, "the stage moves");
  if (axis.told.some((order) => order.startsWith("move"))) assert.equal(axis.told.at(-1), "stop");
  assert.ok(documents.complete, `${text}: a run has no stop document`);
  assert.equal(documents.of("stop").at(-1)!.exit_status, "abort");
}

describe("a script that is stopped leaves nothing moving, nothing open, and whole documents", () => {
  for (const ending of endings) {
    test(`within 200 ms of the signal: ${ending}`, async () => {
      const lab = await laboratory();
      const stop = new AbortController();
      let toldAt = Number.NaN;
      setTimeout(() => {
        toldAt = performance.now();
        stop.abort();
      }, 150);
      const outcome = await runScript({ text: start + ending, name: "test" }, lab.laboratory, {
        signal: stop.signal,
        print: () => {},
      });
      const lateMs = performance.now() - toldAt;
      assert.equal(outcome.exitStatus, "abort");
      assert.ok(lateMs < 200, `it went on for ${lateMs} ms`);
      await checkSafe(lab, ending);
    });

    test(`when its time is over: ${ending}`, async () => {
      const lab = await laboratory();
      const limits: Partial<Limits> = { wallSeconds: 0.15 };
      const startedAt = performance.now();
      await assert.rejects(runScript({ text: start + ending, name: "test" }, lab.laboratory, { limits }), {
        kind: "ErrorTerminated",
      });
      assert.ok(performance.now() - startedAt < 350, `${performance.now() - startedAt} ms`);
      await checkSafe(lab, ending);
    });
  }
});

test("frames that a script keeps count as memory, and so does what it keeps between short waits", async () => {
  const limits: Partial<Limits> = { memoryBytes: 64 * 1024 * 1024, wallSeconds: 20 };
  for (const loop of [
    "let kept = []; loop { kept.push(blob(100000)); camera.grab_frame(); }",
    "let kept = []; loop { kept.push(blob(100000)); sleep(0.0001); }",
  ]) {
    const lab = await laboratory();
    await assert.rejects(
      runScript({ text: start + loop, name: "test" }, lab.laboratory, { limits }),
      (error: unknown) => error instanceof ScriptError && error.kind === "ErrorDataTooLarge",
    );
    await checkSafe(lab, loop);
  }
});

test("a device that fails when it is to be safe does not keep the others from it", async () => {
  const lab = await laboratory();
  const shutter = lab.devices.get("shutter0") as BenchShutter;
  shutter.makeSafe = () => Promise.reject(new Error("stuck"));
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 50);
  await runScript({ text: `${start} loop { }`, name: "test" }, lab.laboratory, { signal: stop.signal });
  assert.equal((lab.devices.get("maitai") as BenchLaser).emission, false);
});
