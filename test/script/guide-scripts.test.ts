import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Float, type HostType, ScriptEngine } from "../../src/script/index.ts";

const folder = join(import.meta.dirname, "guide");
const read = (name: string): string => readFileSync(join(folder, name), "utf8");

const frameType: HostType = {
  name: "Frame",
  properties: { width: { get: () => 640 }, height: { get: () => 480 } },
};
const cameraType: HostType = { name: "Camera" };
const laserType: HostType = { name: "Laser" };
const meterType: HostType = { name: "PowerMeter" };

/** Functions by the names and parameters of the devices, which note what the script asks of them. */
function laboratory(fails = false) {
  const printed: string[] = [];
  const calls: string[] = [];
  const note = (text: string): void => {
    calls.push(text);
  };
  const engine = new ScriptEngine({ print: (text) => printed.push(text) })
    .register({
      name: "create_camera",
      parameters: ["string"],
      returns: cameraType,
      call: ([id]) => ({ id }),
    })
    .register({ name: "create_laser", parameters: ["string"], returns: laserType, call: ([id]) => ({ id }) })
    .register({
      name: "create_power_meter",
      parameters: ["string"],
      returns: meterType,
      call: ([id]) => ({ id }),
    })
    .register({
      name: "set_trigger_mode",
      parameters: [cameraType, "string"],
      returns: "unit",
      call: ([, mode]) => note(`trigger ${mode}`),
    })
    .register({
      name: "set_exposure",
      parameters: [cameraType, "float"],
      returns: "unit",
      call: ([, milliseconds]) => note(`exposure ${milliseconds} ms`),
    })
    .register({
      name: "grab_frame",
      parameters: [cameraType],
      returns: frameType,
      call: async () => {
        if (fails) throw new Error("no trigger came within 1 s");
        note("frame");
        return {};
      },
    })
    .register({
      name: "set_wavelength",
      parameters: [laserType, "float"],
      returns: "unit",
      call: async ([, nanometres]) => note(`wavelength ${nanometres} nm`),
    })
    .register({ name: "read_value", parameters: [meterType], returns: "float", call: async () => 1.5 })
    // The scripts settle half a second at each of 30 wavelengths.
    .register({
      name: "sleep",
      parameters: ["float"],
      returns: "unit",
      call: ([seconds]) => note(`sleep ${seconds}`),
    });
  return { engine, printed, calls };
}

test("the guide's first script acquires a hundred frames", async () => {
  const { engine, printed, calls } = laboratory();
  await engine.run(read("image_with_storage.rhai"));
  assert.equal(printed.length, 101);
  assert.equal(printed[99], "Acquired frame 99: 640x480");
  assert.equal(printed[100], "Done - writer will flush remaining data");
  assert.deepEqual(calls.slice(0, 3), ["trigger software", "exposure 1 ms", "frame"]);
  assert.equal(calls.length, 102);
});

test("the guide's second script scans 30 wavelengths", async () => {
  const { engine, printed, calls } = laboratory();
  await engine.run(read("wavelength_scan.rhai"));
  assert.equal(printed.length, 30);
  assert.equal(printed[0], "λ=700nm, P=1.5mW, Frame=640x480");
  assert.equal(printed[29], "λ=990nm, P=1.5mW, Frame=640x480");
  assert.deepEqual(calls.slice(0, 3), ["wavelength 700 nm", "sleep 0.5", "frame"]);
});

test("the guide's third script tells of a failure and goes on", async () => {
  const script = `let camera = create_camera("camera0");\n${read("error_handling.rhai")}`;
  const { engine, printed } = laboratory(true);
  await engine.run(script);
  assert.deepEqual(printed, ["Frame grab failed: no trigger came within 1 s"]);
});

test("the guide's third script, which names no camera, says so as a failed grab", async () => {
  const { engine, printed } = laboratory();
  await engine.run(read("error_handling.rhai"));
  assert.match(printed[0]!, /^Frame grab failed: .*Variable not found: camera/);
});

test("a float is shown like one", async () => {
  assert.ok((await laboratory().engine.run('create_power_meter("p").read_value()')) instanceof Float);
});
