import assert from "node:assert/strict";
import { test } from "node:test";
import { runSource } from "../../testing/run-source.ts";
import { simPowerMeter } from "./power-meter.ts";

test("reads the power with its noise and drift", async () => {
  const count = 20_000;
  const { stream } = await runSource(simPowerMeter, {
    settings: { rate_hz: 10, power_mw: 3, noise: 0.05, drift: 2, paced: false },
    recordLimit: count,
  });
  const values = stream.values("power") as Float64Array;
  const rest = values.map((value, index) => value - 3 - (2 * index) / 10 / 3600);
  const mean = rest.reduce((sum, value) => sum + value, 0) / count;
  const deviation = Math.sqrt(rest.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count);
  assert.ok(Math.abs(mean) < 0.002, `${mean}`);
  assert.ok(Math.abs(deviation / 0.05 - 1) < 0.03, `${deviation}`);
  // Neighbouring readings know nothing of each other.
  const products = rest.slice(1).reduce((sum, value, index) => sum + value * rest[index]!, 0) / count;
  assert.ok(Math.abs(products / 0.05 ** 2) < 0.03);
});

test("stores a reading that got no answer as missing, and gives no number for it", async () => {
  const { stream } = await runSource(simPowerMeter, { settings: { miss_every: 3 }, recordLimit: 7 });
  assert.deepEqual([...stream.validity("power")], [1, 1, 0, 1, 1, 0, 1]);
  const values = [...(stream.values("power") as Float64Array)];
  assert.deepEqual(values.map(Number.isNaN), [false, false, true, false, false, true, false]);
  assert.equal(stream.account.lost, 0);
});

test("gives the same readings for the same seed, paced or not", async () => {
  const read = async (seed: number, paced: boolean) =>
    (await runSource(simPowerMeter, { settings: { seed, paced }, recordLimit: 50 })).stream.values("power");
  assert.deepEqual(await read(4, true), await read(4, false));
  assert.notDeepEqual(await read(4, true), await read(5, true));
});

test("takes its readings at the rate", async () => {
  const { stream } = await runSource(simPowerMeter, { settings: { rate_hz: 3 }, recordLimit: 10 });
  const first = stream.timestampsNs[0]!;
  for (const [index, time] of stream.timestampsNs.entries())
    assert.ok(Math.abs(Number(time - first) - (index * 1e9) / 3) < 2e3, `${index}: ${time - first}`);
  assert.equal(stream.stored, 10);
  assert.equal(stream.schema.metadata!.wavelength_nm, 633);
});
