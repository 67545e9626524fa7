import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceContract } from "../../testing/device-contract.ts";
import { SteppingClock } from "../../testing/stepping-clock.ts";
import { createOpticalBench } from "./optical-bench.ts";

const signal = new AbortController().signal;
const atOnce = Number.POSITIVE_INFINITY;

deviceContract("sim bench: laser", {
  create: () => createOpticalBench({ speed: 2 }).laser,
  movement: { from: 800, to: 950, within: 0.2 },
});
deviceContract("sim bench: stage", {
  create: () => createOpticalBench({ speed: 2 }).stage,
  movement: { from: 0, to: 7, within: 0.005 },
});
deviceContract("sim bench: shutter", { create: () => createOpticalBench().shutter });
deviceContract("sim bench: meter", { create: () => createOpticalBench().meter });

async function power(bench: ReturnType<typeof createOpticalBench>): Promise<number> {
  const { value } = (await bench.meter.read(signal)).meter!;
  assert.equal(typeof value, "number");
  return value as number;
}

test("the shutter tells when it has opened and when it has closed, and nothing when it stays as it is", async () => {
  const { shutter } = createOpticalBench({ speed: Number.POSITIVE_INFINITY });
  const told: unknown[] = [];
  const end = shutter.subscribe({
    changed: ({ shutter_open: reading }) => told.push(reading!.value),
    failed: assert.fail,
  });
  for (const open of [true, true, false]) await shutter.setOpen(open, new AbortController().signal);
  end();
  await shutter.setOpen(true, new AbortController().signal);
  assert.deepEqual(told, [false, true, false]);
});

test("the meter sees the laser through shutter, pinhole and the laser's own curve", async () => {
  const bench = createOpticalBench({ speed: atOnce });
  assert.ok(Math.abs(await power(bench)) < 1, "the shutter is closed");
  await bench.shutter.setOpen(true, signal);
  const open = await power(bench);
  assert.ok(Math.abs(open - 2500) < 5, `${open}`);
  await bench.stage.moveTo(0.5, signal);
  const half = await power(bench);
  assert.ok(Math.abs(half / open - Math.exp(-0.5)) < 0.01, `${half}`);
  await bench.stage.moveTo(0, signal);
  await bench.laser.moveTo(900, signal);
  await bench.meter.setWavelength(900);
  const detuned = await power(bench);
  assert.ok(Math.abs(detuned / open - Math.exp(-((100 / 110) ** 2))) < 0.01, `${detuned}`);
  await bench.laser.setEmission(false);
  assert.ok(Math.abs(await power(bench)) < 1, "no emission");
});

test("a meter that was not told the wavelength is wrong by its sensor's curve", async () => {
  const bench = createOpticalBench({ speed: atOnce });
  await bench.shutter.setOpen(true, signal);
  await bench.laser.moveTo(900, signal);
  const untold = await power(bench);
  await bench.meter.setWavelength(900);
  const told = await power(bench);
  assert.ok(untold > 1.05 * told, `${untold} and ${told}`);
});

test("a read-back is near its set point and not the set point", async () => {
  const bench = createOpticalBench({ speed: atOnce });
  await bench.laser.moveTo(850, signal);
  const { laser, laser_setpoint: setPoint } = await bench.laser.read();
  assert.equal(setPoint!.value, 850);
  assert.notEqual(laser!.value, 850);
});

test("a measurement without a value is null, and the one after it is there", async () => {
  const bench = createOpticalBench({ speed: atOnce, missEvery: 2 });
  const values = [];
  for (let index = 0; index < 4; index++) values.push((await bench.meter.read(signal)).meter!.value);
  assert.deepEqual(
    values.map((value) => value === null),
    [false, true, false, true],
  );
});

test("moves take the time of the way, on the clock that it was given", async () => {
  const clock = new SteppingClock();
  const { stage } = createOpticalBench({ clock });
  const startedNs = clock.nowNs();
  await stage.moveTo(20, signal);
  assert.ok(Math.abs(Number(clock.nowNs() - startedNs) / 1e9 - 2.02) < 0.001);
});
