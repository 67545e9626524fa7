/** The model's float seconds: the nearest double, made from whole seconds and the rest so that nothing is lost twice. */
export function secondsOf(timeNs: bigint): number {
  return Number(timeNs / 1_000_000_000n) + Number(timeNs % 1_000_000_000n) / 1e9;
}

/** The inverse, to the nanosecond that is nearest to the double: the whole and the rest apart, since their sum is too long for one. */
export function nanosecondsOf(seconds: number): bigint {
  const whole = Math.floor(seconds);
  return BigInt(whole) * 1_000_000_000n + BigInt(Math.round((seconds - whole) * 1e9));
}
