import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { SettingValues } from "../../model/setting.ts";
import { runSource, startSource } from "../../testing/run-source.ts";
import { SteppingClock } from "../../testing/stepping-clock.ts";
import { withDefaults } from "../../testing/with-defaults.ts";
import { systemClock } from "../system-clock.ts";
import { simCamera } from "./camera.ts";
import { SpotImage, sensorOf } from "./spot-image.ts";

const small = { width: 64, height: 48, rate_hz: 50, bit_depth: 16, exposure_ms: 10 };

function frames(settings: SettingValues, recordLimit: number, more = {}) {
  return runSource(simCamera, { settings: { ...small, ...settings }, recordLimit, ...more });
}

function mean(values: ArrayLike<number | bigint>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += Number(values[index]);
  return sum / values.length;
}

test("describes its frames: shape, dims, dtype, unit, range and settings", () => {
  const source = simCamera.create("cam", withDefaults(simCamera, {}));
  const [schema] = source.streams;
  assert.equal(schema!.name, "cam");
  assert.equal(schema!.kind, "array");
  assert.equal(schema!.rateHz, 30);
  assert.deepEqual(schema!.columns, [
    { name: "frame", dtype: "uint8", shape: [480, 640], dims: ["y", "x"], unit: "counts", range: [0, 255] },
  ]);
  assert.equal(schema!.metadata!.exposure_ms, 10);
  const deep = simCamera.create("cam", withDefaults(simCamera, { bit_depth: 12 })).streams[0]!;
  assert.equal(deep.columns[0]!.dtype, "uint16");
  assert.deepEqual(deep.columns[0]!.range, [0, 4095]);
});

test("gives the same frames for the same seed whether paced, unpaced or held back, and others for another seed", async () => {
  const paced = await frames({ seed: 7 }, 6);
  const unpaced = await frames({ seed: 7, paced: false }, 6);
  const held = await frames({ seed: 7 }, 6, { clock: systemClock, backPressure: () => wait(3) });
  const other = await frames({ seed: 8 }, 6);
  const expected = paced.stream.values("frame");
  assert.deepEqual(unpaced.stream.values("frame"), expected);
  assert.deepEqual(held.stream.values("frame"), expected);
  assert.notDeepEqual(other.stream.values("frame"), expected);
});

test("collects light in proportion to the exposure", async () => {
  const dark = sensorOf(16).darkOffsetCounts;
  const light = async (exposure: number) =>
    mean((await frames({ exposure_ms: exposure }, 8)).stream.values("frame")) - dark;
  const two = await light(2);
  assert.ok(two > 10, `${two}`);
  for (const exposure of [4, 8, 16]) {
    const ratio = (await light(exposure)) / two;
    assert.ok(
      Math.abs(ratio / (exposure / 2) - 1) < 0.01,
      `${exposure} ms gave ${ratio} times the light of 2 ms`,
    );
  }
});

for (const bits of [8, 10, 12, 16])
  test(`saturates at the full scale of ${bits} bits and not above`, async () => {
    const { stream } = await frames({ bit_depth: bits, rate_hz: 10, exposure_ms: 100 }, 1);
    const values = [...(stream.values("frame") as Uint16Array)];
    const full = 2 ** bits - 1;
    assert.equal(Math.max(...values), full);
    assert.ok(values.filter((value) => value === full).length > 10);
    const half = (await frames({ bit_depth: bits, exposure_ms: 10 }, 1)).stream.values(
      "frame",
    ) as Uint16Array;
    assert.ok(Math.max(...half) < full * 0.65 && Math.max(...half) > full * 0.35);
  });

test("has a dark background of the offset with the read noise", async () => {
  const { stream } = await frames({ width: 400, height: 400, exposure_ms: 0.001 }, 1);
  const values = stream.values("frame") as Uint16Array;
  const corner = values.subarray(0, 400 * 60);
  const { darkOffsetCounts, electronsPerCount, readNoiseElectrons } = sensorOf(16);
  const average = mean(corner);
  const deviation = Math.sqrt(mean(Float64Array.from(corner, (value) => (value - average) ** 2)));
  assert.ok(Math.abs(average - darkOffsetCounts) < 0.2, `${average}`);
  const expected = Math.sqrt((readNoiseElectrons / electronsPerCount) ** 2 + 1 / 12);
  assert.ok(Math.abs(deviation / expected - 1) < 0.03, `${deviation}, expected ${expected}`);
});

test("has shot noise: its variance grows with the signal, by one count squared for each electron's worth", () => {
  const options = { width: 200, height: 200, exposureMs: 10, bitDepth: 16, rateHz: 50, seed: 3 };
  const image = new SpotImage(options);
  const { darkOffsetCounts, electronsPerCount, peakCountsPerMs, readNoiseElectrons } = image.sensor;
  const pixels = new Uint16Array(200 * 200);
  const bright: number[] = [];
  const faint: number[] = [];
  for (let frame = 0; frame < 40; frame++) {
    image.draw(frame, pixels);
    const centre = image.spotCentre(frame);
    for (let y = 0; y < 200; y++)
      for (let x = 0; x < 200; x++) {
        const distance = (x - centre.x) ** 2 + (y - centre.y) ** 2;
        const signal = peakCountsPerMs * 10 * Math.exp(-distance / (2 * image.spotRadius ** 2));
        const variance = signal / electronsPerCount + (readNoiseElectrons / electronsPerCount) ** 2 + 1 / 12;
        const normalised = (pixels[y * 200 + x]! - darkOffsetCounts - signal) / Math.sqrt(variance);
        if (signal > 10_000) bright.push(normalised);
        else if (signal > 10 && signal < 100) faint.push(normalised);
      }
  }
  for (const part of [bright, faint]) {
    assert.ok(part.length > 3000);
    const variance = mean(part.map((value) => value * value));
    assert.ok(Math.abs(mean(part)) < 0.06, `mean ${mean(part)}`);
    assert.ok(Math.abs(variance - 1) < 0.08, `variance ${variance}`);
  }
});

test("lets the spot drift from frame to frame without a jump", () => {
  const image = new SpotImage({ width: 640, height: 480, exposureMs: 10, bitDepth: 8, rateHz: 30, seed: 1 });
  let travelled = 0;
  for (let frame = 1; frame < 600; frame++) {
    const before = image.spotCentre(frame - 1);
    const after = image.spotCentre(frame);
    const step = Math.hypot(after.x - before.x, after.y - before.y);
    assert.ok(step < 2, `${step} pixels`);
    travelled = Math.max(
      travelled,
      Math.hypot(after.x - image.spotCentre(0).x, after.y - image.spotCentre(0).y),
    );
  }
  assert.ok(travelled > 20);
});

test("waits for nothing when it is not paced", async () => {
  const clock = new SteppingClock();
  await frames({ paced: false }, 20, { clock });
  assert.deepEqual(clock.slept, []);
  await frames({ paced: true }, 20, { clock });
  assert.equal(clock.slept.length, 19);
});

test("refuses an exposure that is longer than the frame period, and shortens the usual one to fit", () => {
  assert.throws(() => simCamera.create("cam", withDefaults(simCamera, { rate_hz: 30, exposure_ms: 40 })), {
    code: "config",
    message: /cam.*40.*longer than the frame period of 33\.333 ms/,
  });
  const fast = simCamera.create("cam", withDefaults(simCamera, { rate_hz: 1000 })).streams[0]!;
  assert.equal(fast.metadata!.exposure_ms, 0.8);
});

test("fills each frame in the sink's own memory", async () => {
  const { stream } = await frames({}, 5);
  assert.equal(stream.reservations, 5);
  assert.equal(stream.writes, 0);
});

test("ends after exactly the limit of records, the lost ones included", async () => {
  assert.equal((await frames({}, 17)).stream.stored, 17);
  assert.equal((await frames({}, 0)).stream.stored, 0);
  const { stream } = await frames({ drop_every: 4 }, 17);
  assert.deepEqual([stream.account.produced, stream.stored, stream.account.lost], [17, 13, 4]);
  assert.deepEqual(
    stream.account.ranges.map(({ first, reason }) => [first, reason]),
    [
      [3, "device"],
      [7, "device"],
      [11, "device"],
      [15, "device"],
    ],
  );
});

test("keeps to the schedule from its start: a delay is caught up with, and the clock is what it is", async () => {
  const clock = new SteppingClock();
  const startNs = clock.nowNs();
  let reserved = 0;
  const { stream } = await frames({}, 20, {
    clock,
    backPressure: () => {
      if (++reserved === 5) clock.advance(90);
      return undefined;
    },
  });
  const milliseconds = stream.timestampsNs.map((time) => Number(time - startNs) / 1e6);
  assert.deepEqual(milliseconds.slice(0, 5), [0, 20, 40, 60, 80]);
  // Frames 5 to 8 were due during the delay: they carry the time at which they came, then the grid goes on.
  assert.deepEqual(milliseconds.slice(5, 9), [170, 170, 170, 170]);
  assert.deepEqual(milliseconds.slice(9, 12), [180, 200, 220]);
});

test("stops promptly while it waits for the next frame", async () => {
  const controller = new AbortController();
  const run = startSource(simCamera, {
    settings: { ...small, rate_hz: 0.01 },
    clock: systemClock,
    signal: controller.signal,
  });
  await wait(30);
  const asked = performance.now();
  controller.abort();
  await run.done;
  assert.ok(performance.now() - asked < 200);
  assert.equal(run.stream.stored, 1);
});

test("lets other work through and stops promptly when it runs unpaced", async () => {
  const controller = new AbortController();
  const run = startSource(simCamera, { settings: { ...small, paced: false }, signal: controller.signal });
  // Only where timers get their turn does this loop see anything, and the abort comes.
  while (run.stream.stored <= 10) await wait(1);
  controller.abort();
  await run.done;
  assert.ok(run.stream.stored > 10);
});
