import type { SettingValues } from "../../model/setting.ts";
import { configuredSchema } from "../configured-schema.ts";
import type { Driver, FrameSource, SourceContext, Surroundings } from "../contract.ts";
import { Beam } from "./beam.ts";
import { BenchMeter } from "./bench-meter.ts";
import { benchSettings, speedOf } from "./bench-settings.ts";
import { normalAt } from "./noise.ts";
import { checkPositive, paceSettings } from "./pace-settings.ts";
import { produce } from "./produce.ts";

/** An optical power meter that is asked for one reading after the other. */
export const simPowerMeter = {
  name: "sim.power_meter",
  summary:
    "Simulated optical power meter: a steady power with drift and noise; in a plan, what is left of its beam.",
  settings: [
    {
      key: "rate_hz",
      kind: "number",
      default: 10,
      max: 1000,
      unit: "Hz",
      check: checkPositive,
      doc: "Readings per second.",
    },
    { key: "power_mw", kind: "number", default: 5, min: 0, unit: "mW", doc: "Power at the start." },
    {
      key: "noise",
      kind: "number",
      default: 0.02,
      min: 0,
      unit: "mW",
      doc: "Standard deviation of a reading.",
    },
    {
      key: "drift",
      kind: "number",
      default: 0.1,
      unit: "mW/h",
      doc: "Change of the power in an hour, steadily.",
    },
    {
      key: "wavelength_nm",
      kind: "number",
      default: 633,
      unit: "nm",
      check: checkPositive,
      doc: "Wavelength that the meter is set to; written into the files.",
    },
    {
      key: "miss_every",
      kind: "integer",
      min: 1,
      doc: "Each N-th reading gets no answer and is stored as missing, not as a number.",
    },
    ...benchSettings,
    ...paceSettings,
  ],
  create: (id, settings) => createPowerMeter(id, settings),
  createDevice: (id, settings, surroundings) => createBenchMeter(id, settings, surroundings),
} satisfies Driver;

function createBenchMeter(id: string, settings: SettingValues, surroundings: Surroundings): BenchMeter {
  const beam = Beam.of(settings, surroundings);
  const withoutLaser = {
    powerMw: settings.power_mw as number,
    wavelengthNm: settings.wavelength_nm as number,
  };
  const missEvery = settings.miss_every as number | undefined;
  return new BenchMeter(id, surroundings.clock, () => beam.light(withoutLaser), {
    seed: settings.seed as number,
    speed: speedOf(settings),
    noiseMw: settings.noise as number,
    ...(missEvery === undefined ? {} : { missEvery }),
  });
}

function createPowerMeter(id: string, settings: SettingValues): FrameSource {
  const rateHz = settings.rate_hz as number;
  const powerMw = settings.power_mw as number;
  const noiseMw = settings.noise as number;
  const driftMwPerHour = settings.drift as number;
  const wavelengthNm = settings.wavelength_nm as number;
  const missEvery = settings.miss_every as number | undefined;
  const seed = settings.seed as number;
  const paced = settings.paced as boolean;
  const schema = configuredSchema({
    name: id,
    kind: "table",
    source: "sim.power_meter",
    clock: "system",
    rateHz,
    columns: [{ name: "power", dtype: "float64", shape: [], dims: [], unit: "mW", nullable: true }],
    metadata: { wavelength_nm: wavelengthNm, power_mw: powerMw, noise: noiseMw, drift: driftMwPerHour, seed },
  });

  async function run(context: SourceContext): Promise<void> {
    const stream = context.sink.openStream(schema);
    const reading = new Float64Array(1);
    const validity = new Uint8Array(1);
    const columns = [new Uint8Array(reading.buffer, reading.byteOffset, reading.byteLength)];
    await produce(context, { rateHz, paced, recordsPerStep: 1 }, (index) => {
      const missed = missEvery !== undefined && (index + 1) % missEvery === 0;
      const hours = index / rateHz / 3600;
      validity[0] = missed ? 0 : 1;
      // A missing value is masked; what lies under the mask must not pass for a reading either.
      reading[0] = missed
        ? Number.NaN
        : powerMw + driftMwPerHour * hours + noiseMw * normalAt(seed, index, 0);
      return stream.write({ count: 1, timestampNs: context.clock.nowNs(), columns, validity: [validity] });
    });
  }

  return { id, streams: [schema], run };
}
