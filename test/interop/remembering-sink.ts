import type { ByteSink } from "../../src/bytes/byte-sink.ts";

export type Operation =
  | { readonly kind: "write"; readonly offset: number; readonly length: number; readonly at: number }
  | { readonly kind: "truncate"; readonly length: number }
  | { readonly kind: "flush" }
  /** Everything up to that many rows must be readable from here on. */
  | { readonly kind: "mark"; readonly rows: number };

/** A file in memory that remembers all that was done to it, in order. */
export class RememberingSink implements ByteSink {
  readonly path = "memory.h5";
  readonly operations: Operation[] = [];
  /** What was written, one behind the other. */
  readonly #pieces: Buffer[] = [];
  #piecesBytes = 0;
  #bytes: Buffer;
  #length: number;

  constructor(start: Uint8Array = new Uint8Array(0)) {
    this.#bytes = Buffer.from(start);
    this.#length = start.byteLength;
  }

  get positionBytes(): number {
    return this.#length;
  }

  /** The file as it is now. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(0, this.#length));
  }

  /** All bytes that were written, in order. */
  get written(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  mark(rows: number): void {
    this.operations.push({ kind: "mark", rows });
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.writeAt(this.#length, [bytes]);
  }

  async writeAll(pieces: readonly Uint8Array[]): Promise<void> {
    await this.writeAt(this.#length, pieces);
  }

  writeAt = async (offset: number, pieces: readonly Uint8Array[]): Promise<void> => {
    const bytes = Buffer.concat(pieces);
    this.operations.push({ kind: "write", offset, length: bytes.byteLength, at: this.#piecesBytes });
    this.#pieces.push(bytes);
    this.#piecesBytes += bytes.byteLength;
    this.#resize(Math.max(this.#length, offset + bytes.byteLength));
    bytes.copy(this.#bytes, offset);
  };

  async truncate(length: number): Promise<void> {
    this.operations.push({ kind: "truncate", length });
    this.#bytes.fill(0, Math.min(length, this.#length), this.#length);
    this.#resize(length);
  }

  async flush(): Promise<void> {
    this.operations.push({ kind: "flush" });
  }

  async close(): Promise<void> {}

  #resize(length: number): void {
    if (length > this.#bytes.byteLength) {
      const grown = Buffer.alloc(Math.max(length, this.#bytes.byteLength * 2));
      this.#bytes.copy(grown);
      this.#bytes = grown;
    }
    this.#length = length;
  }
}

/** The file after the first `count` operations. */
export function imageAfter(sink: RememberingSink, count: number): Uint8Array {
  const { operations, written } = sink;
  const longest = operations.reduce((most, operation) => {
    const end = operation.kind === "write" ? operation.offset + operation.length : 0;
    return Math.max(most, operation.kind === "truncate" ? operation.length : end);
  }, 0);
  const image = Buffer.alloc(longest);
  let length = 0;
  for (const operation of operations.slice(0, count)) {
    if (operation.kind === "write") {
      written.copy(image, operation.offset, operation.at, operation.at + operation.length);
      length = Math.max(length, operation.offset + operation.length);
    } else if (operation.kind === "truncate") {
      image.fill(0, Math.min(length, operation.length), length);
      length = operation.length;
    }
  }
  return new Uint8Array(image.subarray(0, length));
}
