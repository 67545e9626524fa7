import { DaqError } from "../model/errors.ts";

const millisecondsOf: Record<string, number> = {
  ms: 1,
  s: 1000,
  min: 60_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** "10s", "500ms", "1.5h", "90" (seconds) → milliseconds. Throws `DaqError("usage")`. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = match?.[2]?.toLowerCase() || "s";
  const milliseconds = Number(match?.[1]) * (millisecondsOf[unit] ?? Number.NaN);
  if (match === null || !(milliseconds > 0))
    throw new DaqError("usage", `"${text}" is not a duration.`, {
      hint: "Write a number and a unit: 500ms, 10s, 5min, 2h.",
    });
  return milliseconds;
}

/** 4.2 s, 1 min 05 s, 2 h 03 min. */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const pad = (value: number) => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${pad(Math.floor(whole / 60) % 60)} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor(whole / 3600) % 24} h`;
}
