/** Bytes that grow, with the same ways of use as an array. */
export class Blob {
  bytes: number[];

  constructor(bytes: number[]) {
    this.bytes = bytes;
  }

  static from(bytes: Uint8Array): Blob {
    return new Blob(Array.from(bytes));
  }

  toBytes(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}
