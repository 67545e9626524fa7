/** Bytes for the tests of codecs, the same at each run. */

/** A small generator with a seed, so that a failure can be run again: whole numbers below `bound`. */
export function randomNumbers(seed: number): (bound: number) => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

export function noise(length: number, seed = 1): Uint8Array {
  const random = randomNumbers(seed);
  return new Uint8Array(length).map(() => random(256));
}

/** 16-bit values of a smooth picture with a little noise. */
export function picture(length: number, seed = 1): Uint8Array {
  const random = randomNumbers(seed);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 2) {
    const value = 1000 + ((at >> 1) % 640) + random(16);
    bytes[at] = value & 0xff;
    if (at + 1 < length) bytes[at + 1] = value >> 8;
  }
  return bytes;
}

export function zeros(length: number): Uint8Array {
  return new Uint8Array(length);
}

/** Kinds of content that codecs treat differently. */
export const contents = { noise, picture, zeros };

/** Empty, one byte, around the sizes of blocks, and larger than 64 KiB and 4 MiB. */
export const edgeLengths = [
  0,
  1,
  7,
  8,
  15,
  127,
  128,
  4096,
  65_535,
  65_536,
  65_537,
  (256 << 10) + 8,
  (4 << 20) + 24,
] as const;
