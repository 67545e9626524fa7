import { inspect } from "node:util";

const longest = 120;

/** Any value as a message shows it: also those that JSON has no words for, and never long. */
export function shownValue(value: unknown): string {
  const text =
    typeof value === "string"
      ? JSON.stringify(value.length > longest ? value.slice(0, longest) : value)
      : inspect(value, { depth: 1, maxArrayLength: 12, maxStringLength: longest, breakLength: Infinity });
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
