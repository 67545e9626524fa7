/** The texts of a dictionary page, each behind its length. */
export class TextEntries {
  readonly #bytes: Uint8Array;
  readonly #ends: Uint32Array;

  /** `bytes` are kept. Throws `RangeError` when they are not `count` texts. */
  constructor(bytes: Uint8Array, count: number) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#bytes = bytes;
    // A text has four bytes at least.
    if (count > bytes.byteLength / 4) throw new RangeError("its dictionary has fewer values than it says");
    this.#ends = new Uint32Array(count);
    let end = 0;
    for (let at = 0; at < count; at++) {
      if (end + 4 > bytes.byteLength) throw new RangeError("its dictionary ends within a text");
      end += 4 + view.getUint32(end, true);
      if (end > bytes.byteLength) throw new RangeError("its dictionary ends within a text");
      this.#ends[at] = end;
    }
  }

  /** A view of the text. Throws `RangeError` for an index that it does not have. */
  at(index: number): Uint8Array {
    const end = this.#ends[index];
    if (end === undefined)
      throw new RangeError(`a page has the index ${index} of ${this.#ends.length} values`);
    const start = index === 0 ? 0 : this.#ends[index - 1]!;
    return this.#bytes.subarray(start + 4, end);
  }
}
