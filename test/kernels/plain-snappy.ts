/** A Snappy block, byte by byte as the format is described. Throws when it is damaged, or has more than `capacity`. */
export function plainSnappyDecode(block: Uint8Array, capacity: number): Uint8Array {
  let at = 0;
  const next = (): number => {
    if (at >= block.length) throw new Error("ends within an element");
    return block[at++]!;
  };
  const number = (bytes: number): number => {
    let value = 0;
    for (let byte = 0; byte < bytes; byte++) value += next() * 256 ** byte;
    return value;
  };
  let size = 0;
  for (let digit = 0; ; digit++) {
    const byte = next();
    size += (byte & 127) * 128 ** digit;
    if (byte < 128) break;
    if (digit === 4) throw new Error("length has more than five bytes");
  }
  if (size > capacity) throw new Error("does not fit");
  const bytes = new Uint8Array(size);
  let length = 0;
  const put = (byte: number): void => {
    if (length === size) throw new Error("more than the length in front");
    bytes[length++] = byte;
  };
  while (at < block.length) {
    const tag = next();
    if ((tag & 3) === 0) {
      const short = (tag >> 2) + 1;
      const literals = short <= 60 ? short : number(short - 60) + 1;
      if (literals > size - length) throw new Error("more than the length in front");
      for (let literal = 0; literal < literals; literal++) put(next());
      continue;
    }
    const near = (tag & 3) === 1;
    const copied = near ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const offset = near ? (tag >> 5) * 256 + next() : number((tag & 3) === 2 ? 2 : 4);
    if (offset === 0 || offset > length) throw new Error("offset points in front of the block");
    for (let copy = 0; copy < copied; copy++) put(bytes[length - offset]!);
  }
  if (length !== size) throw new Error("less than the length in front");
  return bytes;
}
