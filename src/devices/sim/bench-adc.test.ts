import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceContract } from "../../testing/device-contract.ts";
import { SteppingClock } from "../../testing/stepping-clock.ts";
import { withDefaults } from "../../testing/with-defaults.ts";
import type { Readable } from "../capabilities.ts";
import type { Surroundings } from "../contract.ts";
import { simAdc } from "./adc.ts";

const { signal } = new AbortController();

function around(clock = new SteppingClock()): Surroundings {
  return { clock, shared: (_name, make) => make() };
}

const made = (settings = {}, surroundings = around()): Readable =>
  simAdc.createDevice("card", withDefaults(simAdc, settings), surroundings);

deviceContract("sim.adc in a plan", { create: () => made() });

test("a converter gives all channels of one moment, in volts, within its range", async () => {
  const settings = { channels: ["photodiode", "reference"], min_volts: -1, max_volts: 1, output: "raw" };
  const clock = new SteppingClock();
  const card = made({ ...settings, noise_volts: 0, frequency_hz: 10, sample_rate_hz: 1000 }, around(clock));
  assert.deepEqual(Object.keys(await card.describe(signal)), ["card_photodiode", "card_reference"]);
  const values: number[] = [];
  for (let reading = 0; reading < 50; reading++) {
    clock.advance(3);
    const { card_photodiode: first, card_reference: second } = await card.read(signal);
    assert.equal(first!.timestampNs, second!.timestampNs);
    values.push(first!.value as number);
  }
  assert.ok(values.every((value) => value >= -1 && value <= 1));
  // An amplitude of 40 % of the range, around its middle.
  assert.ok(Math.max(...values) > 0.7 && Math.max(...values) < 0.81, `${Math.max(...values)}`);
  assert.ok(Math.min(...values) < -0.7);
});

test("a range without width is refused for a plan as for a recording", () => {
  assert.throws(() => made({ min_volts: 5, max_volts: 5 }), { code: "config" });
});
