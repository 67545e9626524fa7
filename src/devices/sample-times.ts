/** Nanoseconds from sample 0 to sample `index`: index × 10⁹ ⁄ rate, rounded once, so that nothing adds up. */
export function sampleOffsetNs(index: number, rateHz: number): bigint {
  const { wholeNs, rest } = split(index, rateHz);
  return wholeNs + BigInt(Math.round((rest * 1e9) / rateHz));
}

/** Timestamps of `count` samples from sample `first`, as `startNs + sampleOffsetNs(index)`. */
export function fillSampleTimes(
  target: BigInt64Array,
  startNs: bigint,
  first: number,
  count: number,
  rateHz: number,
): void {
  const { wholeNs, rest } = split(first, rateHz);
  const baseNs = startNs + wholeNs;
  // The halves are written as numbers: making a bigint for every sample takes longer than making the sample.
  const halves = new Uint32Array(target.buffer, target.byteOffset, target.length * 2);
  const baseLow = Number(BigInt.asUintN(32, baseNs));
  const baseHigh = Number(BigInt.asIntN(32, baseNs >> 32n));
  for (let index = 0; index < count; index++) {
    const low = baseLow + Math.round(((rest + index) * 1e9) / rateHz);
    const carry = Math.floor(low / 2 ** 32);
    halves[2 * index] = low - carry * 2 ** 32;
    halves[2 * index + 1] = baseHigh + carry;
  }
}

/** Whole seconds are exact for an integer rate; what is left then is small enough for a double to hold exactly. */
function split(index: number, rateHz: number): { wholeNs: bigint; rest: number } {
  if (!Number.isInteger(rateHz)) return { wholeNs: 0n, rest: index };
  const seconds = Math.floor(index / rateHz);
  return { wholeNs: BigInt(seconds) * 1_000_000_000n, rest: index - seconds * rateHz };
}
