import { shuffle, unshuffle } from "./shuffle";

/** So many bytes are taken apart at once: what stands in the scratch between the steps stays in the nearest cache. */
const pieceBytes: u32 = 8192;

/**
 * Bit planes: the rows of bit 0 of the elements' first bytes, of bit 1, …, of bit 0 of their second bytes, …; each row
 * has an eighth of `elements` bytes, and the earliest element in the lowest bit. Eight bytes of a plane make one byte of
 * each of its eight rows, so that seen as one element of eight bytes, shuffle brings them to the places of the rows, and
 * what is left is to transpose 8 × 8 bits in place:
 *
 *     elements ──shuffle──▶ byte planes ──shuffle by 8──▶ eight lanes a plane ──transpose 8 × 8 bits──▶ rows
 *
 * Elements of up to 2048 bytes: a piece of at least 128 of them stands in the scratch, and one plane of it.
 */
export function bitshuffle(
  elementBytes: u32,
  source: usize,
  elements: u32,
  target: usize,
  scratch: usize,
): void {
  const piece = elementsOfPiece(elementBytes);
  const rowBytes = elements >> 3;
  for (let from: u32 = 0; from < elements; ) {
    const count = min<u32>(piece, elements - from);
    const bytes = count * elementBytes;
    const place = source + from * elementBytes;
    const planes = elementBytes > 1 ? scratch : place;
    const lanes = scratch + bytes;
    if (elementBytes > 1) shuffle(elementBytes, place, bytes, planes);
    for (let plane: u32 = 0; plane < elementBytes; plane++) {
      shuffle(8, planes + plane * count, count, lanes);
      transpose(lanes, count >> 3, target + plane * elements + (from >> 3), rowBytes, count >> 3);
    }
    from += count;
  }
}

/** The inverse of `bitshuffle`. */
export function bitunshuffle(
  elementBytes: u32,
  source: usize,
  elements: u32,
  target: usize,
  scratch: usize,
): void {
  const piece = elementsOfPiece(elementBytes);
  const rowBytes = elements >> 3;
  for (let from: u32 = 0; from < elements; ) {
    const count = min<u32>(piece, elements - from);
    const bytes = count * elementBytes;
    const place = target + from * elementBytes;
    const planes = elementBytes > 1 ? scratch : place;
    const lanes = scratch + bytes;
    for (let plane: u32 = 0; plane < elementBytes; plane++) {
      transpose(source + plane * elements + (from >> 3), rowBytes, lanes, count >> 3, count >> 3);
      unshuffle(8, lanes, count, planes + plane * count);
    }
    if (elementBytes > 1) unshuffle(elementBytes, planes, bytes, place);
    from += count;
  }
}

/** A multiple of 128, so that only the last piece ends within a vector. */
function elementsOfPiece(elementBytes: u32): u32 {
  const fitting = (pieceBytes / elementBytes) & ~127;
  return fitting === 0 ? 128 : fitting;
}

/**
 * Eight rows of `bytes`, `fromStride` apart, to eight rows `toStride` apart: bit k of row n becomes bit n of row k, at
 * each place of the rows. It is its own inverse. Nibbles are exchanged between rows four apart, then pairs of bits, then
 * bits (Hacker's Delight, 7–3), for sixteen places at once.
 */
function transpose(from: usize, fromStride: u32, to: usize, toStride: u32, bytes: u32): void {
  const nibbles = i8x16.splat(0x0f);
  const pairs = i8x16.splat(0x33);
  const bits = i8x16.splat(0x55);
  let at: u32 = 0;
  for (; at + 16 <= bytes; at += 16) {
    let row = from + at;
    let a = v128.load(row);
    row += fromStride;
    let b = v128.load(row);
    row += fromStride;
    let c = v128.load(row);
    row += fromStride;
    let d = v128.load(row);
    row += fromStride;
    let e = v128.load(row);
    row += fromStride;
    let f = v128.load(row);
    row += fromStride;
    let g = v128.load(row);
    let h = v128.load(row + fromStride);
    let t = v128.and(v128.xor(i16x8.shr_u(a, 4), e), nibbles);
    a = v128.xor(a, i16x8.shl(t, 4));
    e = v128.xor(e, t);
    t = v128.and(v128.xor(i16x8.shr_u(b, 4), f), nibbles);
    b = v128.xor(b, i16x8.shl(t, 4));
    f = v128.xor(f, t);
    t = v128.and(v128.xor(i16x8.shr_u(c, 4), g), nibbles);
    c = v128.xor(c, i16x8.shl(t, 4));
    g = v128.xor(g, t);
    t = v128.and(v128.xor(i16x8.shr_u(d, 4), h), nibbles);
    d = v128.xor(d, i16x8.shl(t, 4));
    h = v128.xor(h, t);
    t = v128.and(v128.xor(i16x8.shr_u(a, 2), c), pairs);
    a = v128.xor(a, i16x8.shl(t, 2));
    c = v128.xor(c, t);
    t = v128.and(v128.xor(i16x8.shr_u(b, 2), d), pairs);
    b = v128.xor(b, i16x8.shl(t, 2));
    d = v128.xor(d, t);
    t = v128.and(v128.xor(i16x8.shr_u(e, 2), g), pairs);
    e = v128.xor(e, i16x8.shl(t, 2));
    g = v128.xor(g, t);
    t = v128.and(v128.xor(i16x8.shr_u(f, 2), h), pairs);
    f = v128.xor(f, i16x8.shl(t, 2));
    h = v128.xor(h, t);
    row = to + at;
    t = v128.and(v128.xor(i16x8.shr_u(a, 1), b), bits);
    v128.store(row, v128.xor(a, i16x8.shl(t, 1)));
    row += toStride;
    v128.store(row, v128.xor(b, t));
    t = v128.and(v128.xor(i16x8.shr_u(c, 1), d), bits);
    row += toStride;
    v128.store(row, v128.xor(c, i16x8.shl(t, 1)));
    row += toStride;
    v128.store(row, v128.xor(d, t));
    t = v128.and(v128.xor(i16x8.shr_u(e, 1), f), bits);
    row += toStride;
    v128.store(row, v128.xor(e, i16x8.shl(t, 1)));
    row += toStride;
    v128.store(row, v128.xor(f, t));
    t = v128.and(v128.xor(i16x8.shr_u(g, 1), h), bits);
    row += toStride;
    v128.store(row, v128.xor(g, i16x8.shl(t, 1)));
    v128.store(row + toStride, v128.xor(h, t));
  }
  for (; at < bytes; at++) {
    let matrix: u64 = 0;
    for (let row: u32 = 0; row < 8; row++)
      matrix |= (<u64>load<u8>(from + at + row * fromStride)) << (row << 3);
    matrix = transposed(matrix);
    for (let row: u32 = 0; row < 8; row++) store<u8>(to + at + row * toStride, <u8>(matrix >> (row << 3)));
  }
}

/** Bit k of byte n becomes bit n of byte k. */
function transposed(matrix: u64): u64 {
  let t = (matrix ^ (matrix >> 28)) & 0x00000000f0f0f0f0;
  matrix ^= t ^ (t << 28);
  t = (matrix ^ (matrix >> 14)) & 0x0000cccc0000cccc;
  matrix ^= t ^ (t << 14);
  t = (matrix ^ (matrix >> 7)) & (((<u64>0x00aa00aa) << 32) | 0x00aa00aa);
  return matrix ^ t ^ (t << 7);
}
