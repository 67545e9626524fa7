/** 32 well-mixed bits of three integers (the finaliser of MurmurHash3): the same anywhere, in any order of calls. */
export function mixBits(seed: number, index: number, part: number): number {
  // An index may exceed 32 bits in a long run, so both halves of it go in.
  let bits = Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(part | 0, 0x85ebca77);
  bits = scramble(bits ^ (index | 0));
  return scramble(bits ^ Math.floor(index / 2 ** 32)) >>> 0;
}

function scramble(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

/** One number of the standard normal distribution that belongs to (seed, index, part), by Box and Muller. */
export function normalAt(seed: number, index: number, part: number): number {
  const radius = (mixBits(seed, index, 2 * part) + 1) / 2 ** 32;
  const angle = mixBits(seed, index, 2 * part + 1) / 2 ** 32;
  return Math.sqrt(-2 * Math.log(radius)) * Math.cos(2 * Math.PI * angle);
}

/**
 * Standard normal numbers to read in a loop: `length` of them (a power of two) with mean 0 and variance 1, then the
 * first `wrap` again, so that a run of up to `wrap` may start anywhere.
 */
export function normalTable(seed: number, length: number, wrap: number): Float32Array {
  const table = new Float32Array(length + wrap);
  let sum = 0;
  for (let index = 0; index < length; index++) {
    table[index] = normalAt(seed, index, 7);
    sum += table[index]!;
  }
  const mean = sum / length;
  let squares = 0;
  for (let index = 0; index < length; index++) squares += (table[index]! - mean) ** 2;
  const scale = 1 / Math.sqrt(squares / length);
  for (let index = 0; index < length; index++) table[index] = (table[index]! - mean) * scale;
  for (let index = 0; index < wrap; index++) table[length + index] = table[index % length]!;
  return table;
}
