const bars = "▁▂▃▄▅▆▇█";

/** Recent values as a row of bars from the smallest to the largest; a missing value is a blank. */
export function sparkline(values: readonly (number | undefined)[]): string {
  const finite = values.filter((value): value is number => value !== undefined && Number.isFinite(value));
  const least = finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return values
    .map((value) => {
      if (value === undefined || !Number.isFinite(value)) return " ";
      // Values that are all alike are a line in the middle, not at the bottom.
      if (most === least) return bars[3]!;
      // Halved first: the difference of two large doubles can overflow.
      const position = (value / 2 - least / 2) / (most / 2 - least / 2);
      return bars[Math.min(bars.length - 1, Math.floor(position * bars.length))]!;
    })
    .join("");
}
