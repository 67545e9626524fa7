import { DaqError } from "../model/errors.ts";
import { type Column, isStreamName } from "../model/stream-schema.ts";

/** One channel of a converter card: its number on the card, its name, and the range it is set to. */
export type ChannelConfig = {
  readonly index: number;
  readonly name: string;
  readonly minVolts: number;
  readonly maxVolts: number;
};

/** What is stored: `volts` as float64, or the card's own counts as uint16 or uint32 with scale and offset to volts. */
export type StoredSamples = "volts" | "raw";

const mostChannels = 256;

function wrong(problem: string, hint: string): DaqError {
  return new DaqError("config", problem, { hint });
}

/** Throws `DaqError("config")` for channels that no card has: none, two of one name, a range of no width. */
export function checkChannels(channels: readonly ChannelConfig[], maxData: number): void {
  if (channels.length === 0 || channels.length > mostChannels)
    throw wrong(
      `channels has ${channels.length} entries; 1 to ${mostChannels} were expected.`,
      "Name the channels.",
    );
  if (!Number.isInteger(maxData) || maxData < 1 || maxData > 0xffff_ffff)
    throw wrong(
      `maxData is ${maxData}; the card's largest count was expected, as comedi_get_maxdata gives it.`,
      "A 16-bit card has 65535, a 12-bit card 4095.",
    );
  const names = new Set<string>();
  for (const { index, name, minVolts, maxVolts } of channels) {
    const where = `Channel ${JSON.stringify(name)} (index ${index})`;
    if (!Number.isInteger(index) || index < 0)
      throw wrong(`${where}: the index is no channel of a card.`, "Channels count from 0.");
    if (typeof name !== "string" || !isStreamName(name))
      throw wrong(
        `${where}: the name must be 1–100 letters, digits, "_", "-" or ".".`,
        "Rename the channel.",
      );
    if (names.has(name)) throw wrong(`${where}: the name is used twice.`, "Give each channel its own name.");
    names.add(name);
    if (!(Number.isFinite(minVolts) && Number.isFinite(maxVolts) && minVolts < maxVolts))
      throw wrong(
        `${where}: the range from ${minVolts} V to ${maxVolts} V is empty.`,
        "minVolts is the smaller one, both are numbers in volts.",
      );
  }
}

/** Volts of one count, as comedi_to_phys computes it: count 0 is the lower end, `maxData` the upper. */
export function voltsPerCount({ minVolts, maxVolts }: ChannelConfig, maxData: number): number {
  return (maxVolts - minVolts) / maxData;
}

export function channelColumn(channel: ChannelConfig, stored: StoredSamples, maxData: number): Column {
  const { index, name, minVolts, maxVolts } = channel;
  const common = {
    name,
    shape: [],
    dims: [],
    unit: "V",
    range: [minVolts, maxVolts] as const,
    description: `channel ${index}`,
  };
  if (stored === "volts") return { ...common, dtype: "float64" };
  const dtype = maxData > 0xffff ? "uint32" : "uint16";
  return { ...common, dtype, scale: voltsPerCount(channel, maxData), offset: minVolts };
}
