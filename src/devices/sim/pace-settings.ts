import type { Setting } from "../../model/setting.ts";

/** The keys that all simulated devices share. */
export const paceSettings: readonly Setting[] = [
  {
    key: "paced",
    kind: "boolean",
    default: true,
    doc: "False: as fast as the ring takes the records, to find out what a system sustains.",
  },
  {
    key: "seed",
    kind: "integer",
    default: 1,
    min: 0,
    max: 2 ** 32 - 1,
    doc: "The same seed gives the same values, whatever the timing.",
  },
];

/** A rate must be above zero, which a smallest value cannot say. */
export function checkPositive(value: unknown): string | undefined {
  return typeof value === "number" && value > 0
    ? undefined
    : "expected a number above 0; leave the key out for the usual rate";
}
