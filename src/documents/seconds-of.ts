/** The model's float seconds: the nearest double, made from whole seconds and the rest so that nothing is lost twice. */
export function secondsOf(timeNs: bigint): number {
  return Number(timeNs / 1_000_000_000n) + Number(timeNs % 1_000_000_000n) / 1e9;
}
