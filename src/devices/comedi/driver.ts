import { DaqError } from "../../model/errors.ts";
import type { MetadataValue } from "../../model/metadata.ts";
import type { SettingValues } from "../../model/setting.ts";
import { configuredSchema } from "../configured-schema.ts";
import type { FrameSource, SourceContext, SourceDriver } from "../contract.ts";
import { fillSampleTimes } from "../sample-times.ts";
import { takenOrLost } from "../taken-or-lost.ts";
import { type Acquisition, type AcquisitionOptions, startAcquisition } from "./acquisition.ts";
import type { Reference } from "./comedi-command.ts";
import { loadComediLibrary } from "./comedi-library.ts";
import { ScanSeparator } from "./scan-separator.ts";

/** Samples are fetched this often: a batch of a few milliseconds, and a small part of any board's buffer. */
const fetchMs = 10;
const batchSeconds = 0.1;
const smallestBatchScans = 256;
/** The board's rate may differ from the one asked for by this part before it is worth a word. */
const rateTolerance = 1e-6;
const mostChannels = 256;

/** Analogue inputs of boards with a comedi driver, sampled by the board's own timer. */
export const comediDriver: SourceDriver = {
  name: "comedi",
  summary: "Analogue inputs of a converter board with a Linux comedi driver, sampled by the board's timer.",
  settings: [
    { key: "device", kind: "string", default: "/dev/comedi0", doc: "The board." },
    {
      key: "subdevice",
      kind: "integer",
      min: 0,
      doc: "Number of the analogue input. Absent: the first one of the board.",
    },
    {
      key: "channels",
      kind: "integers",
      min: 0,
      max: 65535,
      required: true,
      example: "[0, 1, 2, 3]",
      check: checkChannels,
      doc: "Channels that are sampled, in this order.",
    },
    {
      key: "names",
      kind: "strings",
      doc: "A name for each of the channels. Absent: AI0, AI1, … by their numbers.",
    },
    { key: "min_volts", kind: "number", default: -10, unit: "V", doc: "Lower end of the input range." },
    { key: "max_volts", kind: "number", default: 10, unit: "V", doc: "Upper end of the input range." },
    { key: "bits", kind: "integer", default: 16, min: 1, max: 32, doc: "Bits of the board's converter." },
    {
      key: "reference",
      kind: "string",
      choices: ["ground", "common", "differential", "other"],
      default: "ground",
      doc: "What the inputs are measured against.",
    },
    {
      key: "sample_rate_hz",
      kind: "number",
      default: 1000,
      unit: "Hz",
      check: (value) => (Number(value) >= 1 && Number(value) <= 1e8 ? undefined : "expected 1 to 100000000"),
      doc: "Samples per second of each channel.",
    },
  ],
  create: (id, settings) =>
    comediSource(id, settings, (options) => startAcquisition(loadComediLibrary(), options)),
};

function checkChannels(value: MetadataValue): string | undefined {
  const channels = value as readonly number[];
  return channels.length >= 1 && channels.length <= mostChannels && new Set(channels).size === channels.length
    ? undefined
    : `expected 1 to ${mostChannels} different channels`;
}

/** `start` opens a board: one of libcomedi, or what stands in for it. */
export function comediSource(
  id: string,
  settings: SettingValues,
  start: (options: AcquisitionOptions) => Acquisition,
): FrameSource {
  const options = optionsOf(id, settings);
  const { channels, minVolts, maxVolts, bits, sampleRateHz } = options;
  const names =
    (settings.names as readonly string[] | undefined) ?? channels.map((channel) => `AI${channel}`);
  if (names.length !== channels.length)
    throw new DaqError(
      "config",
      `Device "${id}": names has ${names.length} entries for ${channels.length} channels.`,
      { hint: "Give a name for each channel, or none." },
    );
  const schema = configuredSchema({
    name: id,
    kind: "table",
    source: `comedi: ${options.path}`,
    clock: "device",
    rateHz: sampleRateHz,
    columns: names.map((name) => ({
      name,
      dtype: bits > 16 ? ("uint32" as const) : ("uint16" as const),
      shape: [],
      dims: [],
      unit: "V",
      range: [minVolts, maxVolts] as const,
      scale: (maxVolts - minVolts) / (2 ** bits - 1),
      offset: minVolts,
    })),
    metadata: { bits, channels, min_volts: minVolts, max_volts: maxVolts, reference: options.reference },
  });

  async function run(context: SourceContext): Promise<void> {
    const { clock, signal, warn, recordLimit = Number.POSITIVE_INFINITY } = context;
    const stream = context.sink.openStream(schema);
    if (signal.aborted || recordLimit <= 0) return;
    const acquisition = start(options);
    const startNs = clock.nowNs();
    const rateHz = 1e9 / acquisition.scanPeriodNs;
    try {
      if (Math.abs(rateHz / sampleRateHz - 1) > rateTolerance)
        warn(`${id}: ${acquisition.board} samples at ${rateHz} Hz instead of ${sampleRateHz} Hz.`);
      const capacity = Math.max(smallestBatchScans, Math.ceil(rateHz * batchSeconds));
      const separator = new ScanSeparator(channels.length, bits > 16 ? 4 : 2, capacity);
      const timestampsNs = new BigInt64Array(capacity);
      let produced = 0;
      while (produced < recordLimit) {
        const bytes = await acquisition.read(separator.free);
        separator.filled(bytes);
        const count = Math.min(separator.scans, recordLimit - produced);
        if (count > 0) {
          fillSampleTimes(timestampsNs, startNs, produced, count, rateHz);
          const records = {
            count,
            timestampNs: timestampsNs[0]!,
            timestampsNs: timestampsNs.subarray(0, count),
            columns: separator.take(count),
          };
          await takenOrLost(stream, count, () => stream.write(records));
          produced += count;
        }
        if (signal.aborted) break;
        if (bytes === 0) await clock.sleep(fetchMs, signal);
      }
    } finally {
      acquisition.close();
    }
  }

  return { id, streams: [schema], run };
}

function optionsOf(id: string, settings: SettingValues): AcquisitionOptions {
  const minVolts = settings.min_volts as number;
  const maxVolts = settings.max_volts as number;
  if (!(minVolts < maxVolts))
    throw new DaqError(
      "config",
      `Device "${id}": min_volts = ${minVolts} is not below max_volts = ${maxVolts}.`,
      { hint: "Exchange them, or correct one." },
    );
  const subdevice = settings.subdevice as number | undefined;
  return {
    id,
    path: settings.device as string,
    channels: settings.channels as readonly number[],
    reference: settings.reference as Reference,
    minVolts,
    maxVolts,
    bits: settings.bits as number,
    sampleRateHz: settings.sample_rate_hz as number,
    ...(subdevice === undefined ? {} : { subdevice }),
  };
}
