import { can, type Readable } from "../devices/capabilities.ts";
import { DaqError } from "../model/errors.ts";
import type { Readings } from "../model/reading.ts";
import type { Suspender } from "./suspender.ts";
import { wordsOf } from "./words-of.ts";

export type SuspendWhenOptions = {
  /** Absent: the one that is called like the device. */
  readonly quantity?: string;
  /** The plan waits below this value. */
  readonly below?: number;
  /** The plan waits above this value. */
  readonly above?: number;
  /** How far back inside the value has to come before it counts as good again. Default: 0. */
  readonly hysteresis?: number;
  /** How long it has to stay good before the plan goes on. Default: 0. */
  readonly resumeSeconds?: number;
  /** How often the device is read; one that tells its changes is not read. Default: 1. */
  readonly everySeconds?: number;
};

/** Lets a plan wait while a value is out of its bounds. A value that is missing or NaN is not known to be good. */
export function suspendWhen(
  device: Readable,
  {
    quantity = device.id,
    below,
    above,
    hysteresis = 0,
    resumeSeconds = 0,
    everySeconds = 1,
  }: SuspendWhenOptions,
): Suspender {
  const low = below ?? Number.NEGATIVE_INFINITY;
  const high = above ?? Number.POSITIVE_INFINITY;
  if (!(low + hysteresis <= high - hysteresis && hysteresis >= 0) || (below ?? above) === undefined)
    throw new DaqError("usage", `A plan cannot wait for ${quantity} between ${low} and ${high}.`, {
      hint: "Give `below`, `above` or both, with room between them for twice the hysteresis.",
    });
  let unit: string | undefined;
  /** The last that a monitored device told. */
  let told: Readings | Error | undefined;

  const judge = (readings: Readings, tripped: boolean): string | undefined => {
    const value = readings[quantity]?.value;
    if (typeof value !== "number" && typeof value !== "bigint") return `${quantity} has no value`;
    const margin = tripped ? hysteresis : 0;
    if (Number.isNaN(value)) return `${quantity} is NaN`;
    if (value < low + margin) return `${quantity} is ${value}${unit}, below ${low + margin}${unit}`;
    if (value > high - margin) return `${quantity} is ${value}${unit}, above ${high - margin}${unit}`;
    return undefined;
  };

  return {
    name: quantity,
    when: "at once",
    everySeconds,
    resumeSeconds,
    async condition({ tripped, signal }) {
      if (unit === undefined) {
        const described = (await device.describe(signal))[quantity];
        if (described === undefined) return `${device.id} has no quantity ${quantity}`;
        unit = described.unit === null ? "" : ` ${described.unit}`;
      }
      if (told instanceof Error) return wordsOf(told);
      return judge(told ?? (await device.read(signal)), tripped);
    },
    ...(can(device, "monitorable")
      ? {
          subscribe(changed: () => void) {
            told = undefined;
            const tell = (news: Readings | Error) => {
              told = news;
              changed();
            };
            return device.subscribe({ changed: tell, failed: tell });
          },
        }
      : {}),
  };
}
