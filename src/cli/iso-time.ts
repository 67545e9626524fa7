const second = 1_000_000_000n;

/** "2025-03-01T12:00:00.123456789Z": UTC nanoseconds as ISO 8601, every digit kept. */
export function isoTime(ns: bigint | string): string {
  const value = BigInt(ns);
  const rest = ((value % second) + second) % second;
  const date = new Date(Number((value - rest) / 1_000_000n));
  // What a broken clock gives may be outside of what a calendar date can say.
  if (Number.isNaN(date.getTime())) return `${value} ns`;
  return `${date.toISOString().slice(0, -5)}.${String(rest).padStart(9, "0")}Z`;
}
