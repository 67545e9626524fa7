function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/**
 * Bob Jenkins' lookup3 (`hashlittle`, initial value 0): the checksum of every structure of HDF5 that has one.
 * Blocks of 12 bytes are mixed while more than 12 are left; the last 1 to 12 are filled up with zeros.
 */
export function lookup3(bytes: Uint8Array): number {
  const length = bytes.byteLength;
  let a = (0xdeadbeef + length) | 0;
  let b = a;
  let c = a;
  if (length === 0) return c >>> 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  let at = 0;
  for (; length - at > 12; at += 12) {
    a = (a + view.getInt32(at, true)) | 0;
    b = (b + view.getInt32(at + 4, true)) | 0;
    c = (c + view.getInt32(at + 8, true)) | 0;
    a = (a - c) ^ rotate(c, 4);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 6);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 8);
    b = (b + a) | 0;
    a = (a - c) ^ rotate(c, 16);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 19);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 4);
    b = (b + a) | 0;
  }
  const tail = new DataView(new ArrayBuffer(12));
  for (let index = at; index < length; index++) tail.setUint8(index - at, bytes[index]!);
  a = (a + tail.getInt32(0, true)) | 0;
  b = (b + tail.getInt32(4, true)) | 0;
  c = (c + tail.getInt32(8, true)) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return c >>> 0;
}

/** The bytes with their checksum behind them. */
export function withChecksum(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(bytes.byteLength + 4);
  whole.set(bytes);
  new DataView(whole.buffer).setUint32(bytes.byteLength, lookup3(bytes), true);
  return whole;
}

/** Whether the last four bytes are the checksum of those before. */
export function hasValidChecksum(bytes: Uint8Array): boolean {
  const at = bytes.byteLength - 4;
  if (at < 0) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(at, true) === lookup3(bytes.subarray(0, at));
}
