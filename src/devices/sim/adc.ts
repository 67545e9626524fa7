import { DaqError } from "../../model/errors.ts";
import type { MetadataValue } from "../../model/metadata.ts";
import type { SettingValues } from "../../model/setting.ts";
import { configuredSchema } from "../configured-schema.ts";
import type { Driver, FrameSource, SourceContext } from "../contract.ts";
import { fillSampleTimes } from "../sample-times.ts";
import { BenchAdc } from "./bench-adc.ts";
import { checkPositive, paceSettings } from "./pace-settings.ts";
import { produce } from "./produce.ts";
import { maxRaw, SineSignal, type SineSignalOptions } from "./sine-signal.ts";

const maxChannels = 256;
/** A batch of this length is short enough to watch live and long enough to cost little. */
const usualBatchSeconds = 0.02;
const maxRecordsPerBatch = 1_000_000;

/** A multi-channel converter card, as Comedi presents one: 16 bit, all channels sampled by one clock. */
export const simAdc = {
  name: "sim.adc",
  summary:
    "Simulated 16-bit converter card: several channels of sines with noise, sampled by its own clock; in a plan one sample of each.",
  settings: [
    {
      key: "channels",
      kind: "any",
      default: 4,
      example: 'channels = ["photodiode", "reference"]',
      check: checkChannels,
      doc: "How many channels (named AI0, AI1, …), or the list of their names.",
    },
    { key: "min_volts", kind: "number", default: -10, unit: "V", doc: "Lower end of the input range." },
    { key: "max_volts", kind: "number", default: 10, unit: "V", doc: "Upper end of the input range." },
    {
      key: "sample_rate_hz",
      kind: "number",
      default: 10_000,
      unit: "Hz",
      check: checkPositive,
      doc: "Samples per second of each channel.",
    },
    {
      key: "records_per_batch",
      kind: "integer",
      min: 1,
      max: maxRecordsPerBatch,
      doc: "Samples of each channel that are handed over at once. Absent: what comes in 20 ms.",
    },
    {
      key: "output",
      kind: "string",
      default: "volts",
      choices: ["volts", "raw"],
      doc: '"volts": float64 in steps of the converter; "raw": uint16 with the scale and offset to volts in the schema.',
    },
    {
      key: "frequency_hz",
      kind: "number",
      default: 50,
      min: 0,
      unit: "Hz",
      doc: "Frequency of the first channel's sine; each further channel is 1 % of it faster.",
    },
    {
      key: "amplitude_volts",
      kind: "number",
      min: 0,
      unit: "V",
      doc: "Amplitude of the sines around the middle of the input range; beyond its ends they saturate. Absent: 40 % of its width.",
    },
    {
      key: "noise_volts",
      kind: "number",
      default: 0.005,
      min: 0,
      unit: "V",
      doc: "Standard deviation of the noise on each sample.",
    },
    ...paceSettings,
  ],
  create: (id, settings) => createAdc(id, settings),
  createDevice: (id, settings, { clock }) => {
    const { names, signalOptions } = readSettings(id, settings);
    return new BenchAdc(id, clock, names, signalOptions);
  },
} satisfies Driver;

function checkChannels(value: MetadataValue): string | undefined {
  const problem = `expected an integer from 1 to ${maxChannels}, or a list of that many different names`;
  if (Array.isArray(value)) {
    const names = value.filter((name) => typeof name === "string" && name.length > 0);
    const good = names.length === value.length && new Set(names).size === names.length;
    return good && names.length >= 1 && names.length <= maxChannels ? undefined : problem;
  }
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= maxChannels ? undefined : problem;
}

function readSettings(id: string, settings: SettingValues) {
  const names =
    typeof settings.channels === "number"
      ? Array.from({ length: settings.channels }, (_, index) => `AI${index}`)
      : (settings.channels as readonly string[]);
  const minVolts = settings.min_volts as number;
  const maxVolts = settings.max_volts as number;
  if (!(minVolts < maxVolts))
    throw new DaqError(
      "config",
      `Device "${id}": min_volts = ${minVolts} is not below max_volts = ${maxVolts}.`,
      {
        hint: "Exchange them, or correct one.",
      },
    );
  const signalOptions: SineSignalOptions = {
    sampleRateHz: settings.sample_rate_hz as number,
    frequencyHz: settings.frequency_hz as number,
    amplitudeVolts: (settings.amplitude_volts as number | undefined) ?? 0.4 * (maxVolts - minVolts),
    noiseVolts: settings.noise_volts as number,
    minVolts,
    maxVolts,
    seed: settings.seed as number,
  };
  return { names, signalOptions };
}

function createAdc(id: string, settings: SettingValues): FrameSource {
  const { names, signalOptions } = readSettings(id, settings);
  const { minVolts, maxVolts, sampleRateHz: rateHz } = signalOptions;
  const usualRecords = Math.min(Math.max(1, Math.round(rateHz * usualBatchSeconds)), maxRecordsPerBatch);
  const recordsPerStep = (settings.records_per_batch as number | undefined) ?? usualRecords;
  const raw = settings.output === "raw";
  const scale = (maxVolts - minVolts) / maxRaw;
  const schema = configuredSchema({
    name: id,
    kind: "table",
    source: "sim.adc",
    clock: "device",
    rateHz,
    columns: names.map((name) => ({
      name,
      dtype: raw ? ("uint16" as const) : ("float64" as const),
      shape: [],
      dims: [],
      unit: "V",
      range: [minVolts, maxVolts] as const,
      ...(raw ? { scale, offset: minVolts } : {}),
    })),
    metadata: {
      bits: 16,
      min_volts: minVolts,
      max_volts: maxVolts,
      frequency_hz: signalOptions.frequencyHz,
      amplitude_volts: signalOptions.amplitudeVolts,
      noise_volts: signalOptions.noiseVolts,
      seed: signalOptions.seed,
    },
  });
  const pace = { rateHz, paced: settings.paced as boolean, recordsPerStep };

  async function run(context: SourceContext): Promise<void> {
    const stream = context.sink.openStream(schema);
    const signal = new SineSignal(signalOptions);
    const timestampsNs = new BigInt64Array(recordsPerStep);
    const rawValues = names.map(() => new Uint16Array(recordsPerStep));
    const volts = raw ? [] : names.map(() => new Float64Array(recordsPerStep));
    await produce(context, pace, (first, count, startNs) => {
      fillSampleTimes(timestampsNs, startNs, first, count, rateHz);
      for (const [channel, values] of rawValues.entries()) {
        signal.fill(values, channel, first, count);
        if (!raw) toVolts(values, volts[channel]!, count, scale, minVolts);
      }
      return stream.write({
        count,
        timestampNs: timestampsNs[0]!,
        timestampsNs: timestampsNs.subarray(0, count),
        columns: (raw ? rawValues : volts).map(
          (values) => new Uint8Array(values.buffer, values.byteOffset, count * values.BYTES_PER_ELEMENT),
        ),
      });
    });
  }

  return { id, streams: [schema], run };
}

function toVolts(raw: Uint16Array, volts: Float64Array, count: number, scale: number, offset: number): void {
  for (let index = 0; index < count; index++) volts[index] = raw[index]! * scale + offset;
}
