import { noise, pixels, repeating, words } from "./sample-bytes.ts";

type Input = { readonly name: string; readonly bytes: Uint8Array };

/** Each byte value half as often as the golden ratio has it: without a limit the rarest codes have some 22 bits. */
export function fibonacciBytes(): Uint8Array {
  const counts = [1, 1];
  while (counts.length < 23) counts.push(counts.at(-1)! + counts.at(-2)!);
  const bytes = Uint8Array.from(counts.flatMap((count, value) => new Array<number>(count).fill(value)));
  // Mixed, so that there are few matches, and each block has all values. 30,011 has no divisor in common with it.
  return bytes.map((_, at) => bytes[(at * 30_011) % bytes.length]!);
}

/** So often that the lengths of literals, of header items and of matches take every extreme. */
function skewed(symbols: number, length: number): Uint8Array {
  const random = noise(length * 2, symbols);
  return Uint8Array.from({ length }, (_, at) =>
    Math.min(Math.clz32((random[2 * at]! << 24) | (random[2 * at + 1]! << 16) | 1), symbols - 1),
  );
}

/** Copies of one piece of noise with fresh noise between, all of them `length` bytes: one length of match. */
function matchesOf(length: number): Uint8Array {
  const piece = noise(length, length);
  return Buffer.concat(Array.from({ length: 60 }, (_, at) => Buffer.concat([piece, noise(9, at)])));
}

/** What finds the corners of a deflate encoder. */
export function deflateInputs(): Input[] {
  const edges = [65_519, 65_534, 65_535, 65_536, 65_537, 65_551, 131_069, 131_070, 131_071, 131_072, 196_605];
  return [
    ...edges.flatMap((length) => [
      { name: `${length} zeros`, bytes: new Uint8Array(length) },
      { name: `${length} bytes of noise`, bytes: noise(length, length) },
      { name: `${length} bytes of pixels`, bytes: pixels(length, length) },
      { name: `${length} bytes of words`, bytes: words(length, length) },
    ]),
    ...Array.from({ length: 20 }, (_, at) => ({
      name: `copies from ${at + 1} bytes back`,
      bytes: repeating(20_000, at + 1, at),
    })),
    ...[2048, 16_384, 32_766, 32_767, 32_768, 32_769, 65_535, 65_536, 65_537].map((offset) => ({
      name: `copies from ${offset} bytes back`,
      bytes: repeating(200_000, offset, offset),
    })),
    ...[4, 5, 7, 8, 9, 15, 16, 17, 24, 25, 66, 67, 130, 131, 256, 257, 258, 259, 260, 516].map((length) => ({
      name: `matches of ${length}`,
      bytes: matchesOf(length),
    })),
    ...[1, 2, 3, 4, 16].map((symbols) => ({
      name: `${symbols} symbols`,
      bytes: skewed(symbols, 100_000),
    })),
    { name: "one symbol that is not zero", bytes: new Uint8Array(100_000).fill(255) },
    { name: "two symbols by turns", bytes: Uint8Array.from({ length: 100_000 }, (_, at) => (at & 1) * 255) },
    { name: "every byte once", bytes: Uint8Array.from({ length: 256 }, (_, at) => at) },
    { name: "Fibonacci frequencies", bytes: fibonacciBytes() },
    {
      name: "noise, zeros, pixels and words",
      bytes: Buffer.concat([
        noise(70_001, 1),
        new Uint8Array(70_001),
        pixels(70_001, 2),
        words(70_001, 3),
        noise(10, 4),
      ]),
    },
    {
      name: "planes of doubles",
      bytes: Buffer.concat([
        noise(131_072, 5),
        noise(131_072, 6).map((byte) => byte >> 5),
        new Uint8Array(131_072),
      ]),
    },
  ];
}
