import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SettingValues } from "../../model/setting.ts";
import { deviceContract } from "../../testing/device-contract.ts";
import { MemorySink } from "../../testing/memory-sink.ts";
import { withDefaults } from "../../testing/with-defaults.ts";
import { can, type FrameProducing } from "../capabilities.ts";
import type { Surroundings } from "../contract.ts";
import { systemClock } from "../system-clock.ts";
import { simCamera } from "./camera.ts";
import { simLaser } from "./laser.ts";
import { simPowerMeter } from "./power-meter.ts";
import { simShutter } from "./shutter.ts";
import { simStage } from "./stage.ts";

const signal = new AbortController().signal;

function surroundings(): Surroundings {
  const parts = new Map<string, unknown>();
  return {
    clock: systemClock,
    shared<Part>(name: string, make: () => Part): Part {
      if (!parts.has(name)) parts.set(name, make());
      return parts.get(name) as Part;
    },
  };
}

const atOnce = { paced: false };
const small = { ...atOnce, width: 32, height: 24, bit_depth: 12 };
const camera = (around: Surroundings, settings: SettingValues = {}): FrameProducing =>
  simCamera.createDevice("cam", withDefaults(simCamera, { ...small, ...settings }), around);

deviceContract("a simulated camera in a plan", { create: () => camera(surroundings()) });
deviceContract("a configured laser", {
  create: () => simLaser.createDevice("laser", withDefaults(simLaser, {}), surroundings()),
  movement: { from: 700, to: 1000, within: 0.2 },
});
deviceContract("a configured stage", {
  create: () => simStage.createDevice("stage", withDefaults(simStage, {}), surroundings()),
  movement: { from: -10, to: 10, within: 0.01 },
});

describe("a camera in a plan", () => {
  test("puts each triggered frame into its stream, and reads its number there", async () => {
    const device = camera(surroundings());
    assert.ok(can(device, "frame-producing"));
    const sink = new MemorySink();
    device.sendFramesTo(sink.openStream(device.frames));
    for (let number = 0; number < 3; number++) {
      await device.trigger(signal);
      assert.equal((await device.read(signal)).cam_frame!.value, number);
    }
    assert.equal(sink.stream("cam").stored, 3);
    device.sendFramesTo(undefined);
    assert.equal((await device.read(signal)).cam_frame!.value, null, "a frame that is nowhere has no number");
  });

  test("has no number for a frame that it lost, which the stream counts all the same", async () => {
    const device = camera(surroundings(), { drop_every: 2 });
    const sink = new MemorySink();
    device.sendFramesTo(sink.openStream(device.frames));
    const numbers = [];
    for (let taken = 0; taken < 4; taken++) numbers.push((await device.read(signal)).cam_frame!.value);
    assert.deepEqual(numbers, [0, null, 2, null]);
    assert.deepEqual(
      sink.stream("cam").account.ranges.map(({ first, count, reason }) => [first, count, reason]),
      [
        [1, 1, "device"],
        [3, 1, "device"],
      ],
    );
  });

  test("is as bright as its beam and its exposure, and dark behind a shutter", async () => {
    const around = surroundings();
    const laser = simLaser.createDevice("laser", withDefaults(simLaser, atOnce), around);
    const shutter = simShutter.createDevice("shutter", withDefaults(simShutter, atOnce), around);
    const meter = simPowerMeter.createDevice(
      "meter",
      withDefaults(simPowerMeter, { ...atOnce, noise: 0 }),
      around,
    );
    const device = simCamera.createDevice(
      "cam",
      withDefaults(simCamera, { ...small, exposure_ms: 2 }),
      around,
    );
    const sink = new MemorySink();
    device.sendFramesTo(sink.openStream(device.frames));
    const seen = async () => {
      await device.read(signal);
      const pixels = sink.stream("cam").values("frame") as Uint16Array;
      return Math.max(...pixels.subarray(-32 * 24)) - 100;
    };
    const power = async () => (await meter.read(signal))[meter.id]!.value as number;
    assert.equal(await power(), 0);
    const dark = await seen();
    await shutter.setOpen(true, signal);
    const open = await seen();
    assert.ok(dark < 10 && open > 100, `${dark} and ${open}`);
    assert.ok(Math.abs((await power()) - 2500) < 5);
    await laser.moveTo(910, signal);
    assert.ok((await seen()) < open * 0.6, "the laser is weaker there");
    await device.setExposure(0.004);
    assert.ok((await seen()) > open * 0.6, "twice the light");
  });

  test("a second laser in one beam is refused, in another beam it is not", () => {
    const around = surroundings();
    const laser = (id: string, settings: SettingValues = {}) =>
      simLaser.createDevice(id, withDefaults(simLaser, settings), around);
    laser("first");
    assert.throws(() => laser("second"), { code: "config", message: /first shines into this beam already/ });
    laser("third", { beam: "other" });
  });
});
