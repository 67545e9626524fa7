const prime1 = 0x9e37_79b1;
const prime2 = 0x85eb_ca77;
const prime3 = 0xc2b2_ae3d;
const prime4 = 0x27d4_eb2f;
const prime5 = 0x1656_67b1;

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function round(sum: number, word: number): number {
  return Math.imul(rotated((sum + Math.imul(word, prime2)) | 0, 13), prime1);
}

/** xxHash of 32 bits with seed 0: the checksum of LZ4 frames. */
export function xxh32(view: DataView, start: number, length: number): number {
  const end = start + length;
  let at = start;
  let sum = prime5;
  if (length >= 16) {
    let a = (prime1 + prime2) | 0;
    let b = prime2 | 0;
    let c = 0;
    let d = -prime1 | 0;
    for (; at + 16 <= end; at += 16) {
      a = round(a, view.getInt32(at, true));
      b = round(b, view.getInt32(at + 4, true));
      c = round(c, view.getInt32(at + 8, true));
      d = round(d, view.getInt32(at + 12, true));
    }
    sum = (rotated(a, 1) + rotated(b, 7) + rotated(c, 12) + rotated(d, 18)) | 0;
  }
  sum = (sum + length) | 0;
  for (; at + 4 <= end; at += 4)
    sum = Math.imul(rotated((sum + Math.imul(view.getInt32(at, true), prime3)) | 0, 17), prime4);
  for (; at < end; at++)
    sum = Math.imul(rotated((sum + Math.imul(view.getUint8(at), prime5)) | 0, 11), prime1);
  sum = Math.imul(sum ^ (sum >>> 15), prime2);
  sum = Math.imul(sum ^ (sum >>> 13), prime3);
  return (sum ^ (sum >>> 16)) >>> 0;
}
