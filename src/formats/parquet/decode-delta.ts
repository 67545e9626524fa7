/** DELTA_BINARY_PACKED: `count` integers of 4 or 8 bytes. Throws `RangeError` for bytes that are not that. */
export function decodeDelta(bytes: Uint8Array, valueBytes: 4 | 8, count: number): Uint8Array {
  const values = new BigInt64Array(count);
  let position = 0;
  const next = (): number => {
    const byte = bytes[position++];
    if (byte === undefined) throw new RangeError("packed integers end too early");
    return byte;
  };
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = next();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new RangeError("a packed integer is longer than 64 bits");
  };
  const zigzag = (): bigint => {
    const value = varint();
    return (value >> 1n) ^ -(value & 1n);
  };
  const blockValues = Number(varint());
  const miniblocks = Number(varint());
  const stated = Number(varint());
  const miniblockValues = blockValues / miniblocks;
  if (stated !== count || !Number.isInteger(miniblockValues) || miniblockValues % 32 !== 0)
    throw new RangeError(`packed integers count ${stated}, where ${count} belong`);
  let value = zigzag();
  if (count > 0) values[0] = value;
  for (let filled = 1; filled < count; ) {
    const smallest = zigzag();
    const widths = Array.from({ length: miniblocks }, next);
    for (const width of widths) {
      if (filled >= count) break;
      if (width > 64) throw new RangeError(`packed integers of ${width} bits`);
      let word = 0n;
      let bits = 0n;
      const size = BigInt(width);
      for (let at = 0; at < miniblockValues; at++) {
        for (; bits < size; bits += 8n) word |= BigInt(next()) << bits;
        const above = word & ((1n << size) - 1n);
        word >>= size;
        bits -= size;
        if (filled >= count) continue;
        value = BigInt.asIntN(64, value + smallest + above);
        values[filled++] = value;
      }
    }
  }
  if (valueBytes === 8) return new Uint8Array(values.buffer);
  const narrow = new Int32Array(count);
  for (let at = 0; at < count; at++) narrow[at] = Number(BigInt.asIntN(32, values[at]!));
  return new Uint8Array(narrow.buffer);
}
