import type { MetadataValue } from "../../model/metadata.ts";

export function checkPattern(value: MetadataValue): string | undefined {
  try {
    new RegExp(String(value));
    return undefined;
  } catch (cause) {
    return `not a regular expression: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}

export function checkLimits(value: MetadataValue): string | undefined {
  const [low, high, ...more] = Array.isArray(value) ? (value as readonly MetadataValue[]) : [];
  return typeof low === "number" && typeof high === "number" && more.length === 0 && low < high
    ? undefined
    : "expected two numbers, the smaller one first";
}

export function checkAssignment(value: MetadataValue): string | undefined {
  const commands: readonly MetadataValue[] = Array.isArray(value) ? value : [value as string];
  return commands.some((command) => String(command).includes("{value}"))
    ? undefined
    : "expected {value} where the number goes";
}

export function checkChoices(value: MetadataValue): string | undefined {
  const isTable = typeof value === "object" && !Array.isArray(value);
  return isTable && Object.values(value).every((name) => typeof name === "string")
    ? undefined
    : 'expected a table of answers and what they stand for, as in { "1" = "W", "2" = "dB" }';
}
