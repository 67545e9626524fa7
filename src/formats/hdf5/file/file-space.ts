/** Deals out the bytes of the file, from the front to the back. */
export class FileSpace {
  #endBytes: number;

  constructor(endBytes = 0) {
    this.#endBytes = endBytes;
  }

  /** No place that was given out lies at or behind it. */
  get endBytes(): number {
    return this.#endBytes;
  }

  /** A place of that length, at a multiple of `alignmentBytes`. */
  allocate(bytes: number, alignmentBytes = 1): number {
    const address = Math.ceil(this.#endBytes / alignmentBytes) * alignmentBytes;
    this.#endBytes = address + bytes;
    return address;
  }

  /** Takes back a place that was never written successfully, if nothing was given out behind it. */
  takeBack(address: number, bytes: number): void {
    if (this.#endBytes === address + bytes) this.#endBytes = address;
  }

  /** Goes on where another run of the program stopped. */
  continueAt(endBytes: number): void {
    this.#endBytes = endBytes;
  }
}
