import { Random } from "../ring/random.ts";

/** Bytes that no compressor finds anything in. */
export function noise(length: number, seed: number): Uint8Array {
  const random = new Random(seed);
  return Uint8Array.from({ length }, () => random.integer(0, 255));
}

/** Noise of three bits: short matches by chance, which gain little. */
export function narrowNoise(length: number, seed: number): Uint8Array {
  return noise(length, seed).map((byte) => byte & 7);
}

/** 16-bit pixels over a dark floor: what a camera sends. */
export function pixels(length: number, seed: number): Uint8Array {
  const random = new Random(seed);
  const values = Uint16Array.from(
    { length: Math.ceil(length / 2) },
    (_, at) => 100 + Math.round(40 * Math.sin(at / 300)) + random.integer(0, 7),
  );
  return new Uint8Array(values.buffer, values.byteOffset, length);
}

/** Literals and copies from `offset` bytes back, of random lengths: what finds the corners of copying. */
export function repeating(length: number, offset: number, seed: number): Uint8Array {
  const random = new Random(seed);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const fresh = Math.min(Math.max(offset - at, random.integer(1, 24)), length - at);
    for (const end = at + fresh; at < end; at++) bytes[at] = random.integer(0, 255);
    const copied = Math.min(
      random.chance(0.1) ? random.integer(1, 2000) : random.integer(1, 80),
      length - at,
    );
    for (const end = at + copied; at < end; at++) bytes[at] = bytes[at - offset]!;
  }
  return bytes;
}

/** Words of a small vocabulary, one right behind the other: matches with nothing between them. */
export function words(length: number, seed: number): Uint8Array {
  const random = new Random(seed);
  const vocabulary = Array.from({ length: 12 }, (_, at) => noise(random.integer(5, 30), seed + at));
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const word = random.pick(vocabulary).subarray(0, length - at);
    bytes.set(word, at);
    at += word.length;
  }
  return bytes;
}
