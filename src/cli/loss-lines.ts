import type { LostRange, StreamAccount } from "../model/ledger.ts";
import { isoTime } from "./iso-time.ts";

/** Ranges that are shown unless all are asked for. */
const mostRanges = 20;

/** One stream's account in plain words, then each lost range with its reason and time. */
export function lossLines(
  { stream, produced, stored, lost, ranges, more }: StreamAccount,
  showAll: boolean,
): string[] {
  const shown = showAll ? ranges : ranges.slice(0, mostRanges);
  const hidden = ranges.slice(shown.length);
  const lines = [
    `${stream}: produced ${produced} = stored ${stored} + lost ${lost}`,
    ...shown.map((range) => `  ${rangeText(range)}`),
  ];
  if (hidden.length > 0) {
    const records = hidden.reduce((sum, { count }) => sum + count, 0);
    lines.push(`  and ${hidden.length} more (${records} records); --all shows them`);
  }
  if (more !== undefined) {
    const records = Object.values(more.lost).reduce((sum, count) => sum + count, 0);
    lines.push(`  and ${more.ranges} more (${records} records) in ${more.file}`);
  }
  return lines;
}

function rangeText({ first, count, reason, atNs, detail }: LostRange): string {
  const what = count === 1 ? `record ${first}` : `records ${first} to ${first + count - 1} (${count})`;
  return `lost ${what}: ${reason}, ${isoTime(atNs)}${detail === undefined || detail === "" ? "" : `, ${detail}`}`;
}
