import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { SettingValues } from "../../model/setting.ts";
import { runSource, startSource } from "../../testing/run-source.ts";
import { SteppingClock } from "../../testing/stepping-clock.ts";
import { withDefaults } from "../../testing/with-defaults.ts";
import { simAdc } from "./adc.ts";

function sample(settings: SettingValues, recordLimit: number, clock = new SteppingClock()) {
  return runSource(simAdc, { settings, recordLimit, clock });
}

test("names its channels AI0, AI1, … or as it is told", () => {
  const names = (channels: number | string[]) =>
    simAdc.create("adc", withDefaults(simAdc, { channels })).streams[0]!.columns.map(({ name }) => name);
  assert.deepEqual(names(3), ["AI0", "AI1", "AI2"]);
  assert.deepEqual(names(["photodiode", "reference"]), ["photodiode", "reference"]);
  for (const channels of [0, 257, 1.5, [], ["a", "a"], ["a", 1]])
    assert.throws(() => withDefaults(simAdc, { channels }), { code: "config" });
  assert.throws(() => names(["timestamp"]), { code: "config", message: /adc.*timestamp/ });
});

test("gives raw values that scale and offset turn into exactly its volts", async () => {
  const common = { min_volts: -5, max_volts: 5, channels: 2 };
  const volts = (await sample(common, 5000)).stream;
  const raw = (await sample({ ...common, output: "raw" }, 5000)).stream;
  for (const [index, column] of raw.schema.columns.entries()) {
    assert.equal(column.dtype, "uint16");
    assert.equal(column.unit, "V");
    const counts = raw.values(column.name) as Uint16Array;
    const expected = Float64Array.from(counts, (value) => value * column.scale! + column.offset!);
    assert.deepEqual(volts.values(column.name), expected);
    assert.deepEqual(volts.schema.columns[index]!.range, [-5, 5]);
    assert.equal(column.scale, 10 / 65535);
    assert.equal(column.offset, -5);
    assert.ok(new Set(counts).size > 1000);
  }
});

test("measures a sine of the set amplitude, and a slightly faster one on the next channel", async () => {
  const { stream } = await sample({ frequency_hz: 50, amplitude_volts: 2, noise_volts: 0.01 }, 10_000);
  for (const [channel, column] of stream.schema.columns.entries()) {
    const values = stream.values(column.name) as Float64Array;
    const frequency = 50 * (1 + channel / 100);
    let inPhase = 0;
    let quadrature = 0;
    let power = 0;
    for (const [index, value] of values.entries()) {
      const phase = (2 * Math.PI * frequency * index) / 10_000;
      inPhase += (2 * value * Math.sin(phase)) / values.length;
      quadrature += (2 * value * Math.cos(phase)) / values.length;
      power += value ** 2 / values.length;
    }
    const amplitude = Math.hypot(inPhase, quadrature);
    assert.ok(Math.abs(amplitude - 2) < 0.02, `${column.name}: ${amplitude}`);
    assert.ok(Math.abs(power - 2) < 0.03);
  }
});

test("has noise of the set size", async () => {
  const { stream } = await sample({ amplitude_volts: 0, noise_volts: 0.1, channels: 1 }, 50_000);
  const values = stream.values("AI0") as Float64Array;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  assert.ok(Math.abs(mean) < 0.005, `${mean}`);
  assert.ok(Math.abs(deviation / 0.1 - 1) < 0.03, `${deviation}`);
});

test("saturates at the ends of its range", async () => {
  const { stream } = await sample({ amplitude_volts: 30, output: "raw", channels: 1 }, 2000);
  const values = [...(stream.values("AI0") as Uint16Array)];
  assert.equal(Math.min(...values), 0);
  assert.equal(Math.max(...values), 65535);
});

test("takes its timestamps from its own clock, without an error that adds up", async () => {
  const clock = new SteppingClock();
  const startNs = clock.nowNs();
  const { stream } = await sample({ sample_rate_hz: 30_000, channels: 1 }, 100_003, clock);
  assert.equal(stream.schema.clock, "device");
  assert.equal(stream.stored, 100_003);
  for (const index of [0, 1, 2, 599, 600, 601, 29_999, 30_000, 99_999, 100_002])
    assert.equal(stream.timestampsNs[index], startNs + (BigInt(index) * 1_000_000_000n + 15_000n) / 30_000n);
});

test("hands over what comes in 20 ms, or as many samples as it is told, and gives the same values", async () => {
  const usual = (await sample({ seed: 9, channels: 2 }, 2050)).stream;
  const odd = (await sample({ seed: 9, channels: 2, records_per_batch: 77 }, 2050)).stream;
  assert.equal(usual.writes, Math.ceil(2050 / 200));
  assert.equal(odd.writes, Math.ceil(2050 / 77));
  for (const name of ["AI0", "AI1"]) assert.deepEqual(odd.values(name), usual.values(name));
  assert.notDeepEqual(
    (await sample({ seed: 10, channels: 2 }, 2050)).stream.values("AI0"),
    usual.values("AI0"),
  );
});

test("hands a batch over when its last sample is due, and not before", async () => {
  const clock = new SteppingClock();
  const startNs = clock.nowNs();
  await sample({ sample_rate_hz: 1000, records_per_batch: 100 }, 1000, clock);
  assert.equal(clock.nowNs() - startNs, 999_000_000n);
});

test("waits for a sink that holds it back and reuses its buffers only then", async () => {
  const settings = { channels: 2, sample_rate_hz: 1000, paced: false };
  const free = await runSource(simAdc, { settings, recordLimit: 500 });
  const held = await runSource(simAdc, {
    settings,
    recordLimit: 500,
    backPressure: () => new Promise((resolve) => setTimeout(resolve, 1)),
  });
  assert.deepEqual(held.stream.values("AI1"), free.stream.values("AI1"));
});

test("refuses a range that is empty", () => {
  assert.throws(() => simAdc.create("adc", withDefaults(simAdc, { min_volts: 1, max_volts: 1 })), {
    code: "config",
    message: /adc.*min_volts = 1 is not below max_volts = 1/,
  });
});

test("lets other work through when it runs unpaced, and stops when it is told", async () => {
  const controller = new AbortController();
  const settings = { channels: 8, sample_rate_hz: 1_000_000, paced: false, output: "raw" };
  const run = startSource(simAdc, { settings, signal: controller.signal });
  while (run.stream.stored === 0) await wait(1);
  controller.abort();
  await run.done;
  assert.ok(run.stream.stored > 0);
});
