/** The value of an address that points nowhere. */
export const undefinedAddress = 0xffff_ffff_ffff_ffffn;

/** Collects fields behind one another. Everything in an HDF5 file's metadata is little-endian. */
export class ByteWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  uint8(value: number): this {
    const at = this.#extend(1);
    this.#view.setUint8(at, value);
    return this;
  }

  uint16(value: number): this {
    const at = this.#extend(2);
    this.#view.setUint16(at, value, true);
    return this;
  }

  uint32(value: number): this {
    const at = this.#extend(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  uint64(value: number | bigint): this {
    const at = this.#extend(8);
    this.#view.setBigUint64(at, BigInt(value), true);
    return this;
  }

  int64(value: number | bigint): this {
    const at = this.#extend(8);
    this.#view.setBigInt64(at, BigInt(value), true);
    return this;
  }

  /** A field of 1 to 8 bytes, as wide as another field says. */
  unsigned(value: number | bigint, bytes: number): this {
    let rest = BigInt.asUintN(bytes * 8, BigInt(value));
    for (let index = 0; index < bytes; index++) {
      this.uint8(Number(rest & 0xffn));
      rest >>= 8n;
    }
    return this;
  }

  bytes(bytes: Uint8Array): this {
    const at = this.#extend(bytes.byteLength);
    this.#bytes.set(bytes, at);
    return this;
  }

  text(text: string): this {
    return this.bytes(Buffer.from(text, "utf8"));
  }

  zeros(count: number): this {
    this.#extend(count);
    return this;
  }

  /** The fields so far, as bytes of their own. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #extend(bytes: number): number {
    const at = this.#length;
    this.#length += bytes;
    if (this.#length > this.#bytes.byteLength) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.byteLength * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}
