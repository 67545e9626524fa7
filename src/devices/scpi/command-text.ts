import type { Assignment } from "./description.ts";

/** The messages that set a number, as the instrument wants it written. */
export function assign({ commands, decimals, width = 0 }: Assignment, value: number): readonly string[] {
  const digits = decimals === undefined ? String(Math.abs(value)) : Math.abs(value).toFixed(decimals);
  const sign = value < 0 && Number(digits) !== 0 ? "-" : "";
  const text = `${sign}${digits.padStart(width - sign.length, "0")}`;
  return commands.map((command) => command.replaceAll("{value}", text));
}
