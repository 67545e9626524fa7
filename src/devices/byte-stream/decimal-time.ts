const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;
/** More digits than any clock has; it bounds the work on a line of nothing but digits. */
const longestText = 64;
const latestNs = 2n ** 63n - 1n;

/**
 * Unix seconds in decimal digits as integer nanoseconds, or undefined when the text is not that. A double would be
 * wrong by up to 120 ns today, so the digits are shifted as text; from half a nanosecond on it rounds away from zero.
 */
export function parseUnixSeconds(text: string): bigint | undefined {
  const match = text.length > longestText ? null : pattern.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const digits = whole + fraction;
  if (digits === "") return undefined;
  /** How many of the digits stand before the decimal point, once it is moved to count nanoseconds. */
  const point = whole.length + Number(exponent) + 9;
  const kept = point <= 0 ? "0" : digits.slice(0, point).padEnd(point, "0");
  const next = point < 0 ? "0" : (digits[point] ?? "0");
  const magnitude = BigInt(kept) + (next >= "5" ? 1n : 0n);
  if (magnitude > latestNs) return undefined;
  return sign === "-" ? -magnitude : magnitude;
}
