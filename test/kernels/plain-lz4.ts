/** Reads a length that goes on behind the token, one byte after the other. */
function extended(block: Uint8Array, at: number): { readonly more: number; readonly at: number } {
  let more = 0;
  for (;;) {
    if (at >= block.length) throw new Error("ends within a length");
    const byte = block[at++]!;
    more += byte;
    if (byte < 255) return { more, at };
  }
}

/** An LZ4 block, byte by byte as the format is described. Throws when it is damaged, or has more than `capacity`. */
export function plainLz4Decode(block: Uint8Array, capacity: number): Uint8Array {
  const bytes = new Uint8Array(capacity);
  let length = 0;
  let at = 0;
  const put = (byte: number): void => {
    if (length === capacity) throw new Error("does not fit");
    bytes[length++] = byte;
  };
  for (;;) {
    if (at >= block.length) throw new Error("ends without last literals");
    const token = block[at++]!;
    let literals = token >> 4;
    if (literals === 15) {
      const read = extended(block, at);
      literals += read.more;
      at = read.at;
    }
    if (literals > block.length - at) throw new Error("ends within literals");
    for (let literal = 0; literal < literals; literal++) put(block[at++]!);
    if (at === block.length) return bytes.slice(0, length);
    if (block.length - at < 2) throw new Error("ends within an offset");
    const offset = block[at]! | (block[at + 1]! << 8);
    at += 2;
    if (offset === 0 || offset > length) throw new Error("offset points in front of the block");
    let match = token & 15;
    if (match === 15) {
      const read = extended(block, at);
      match += read.more;
      at = read.at;
    }
    if (match + 4 > capacity - length) throw new Error("does not fit");
    for (let copied = 0; copied < match + 4; copied++) put(bytes[length - offset]!);
  }
}
