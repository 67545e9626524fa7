import { DaqError } from "../../model/errors.ts";

/**
 * Reads a flatbuffer that may be damaged. Every read is checked against the buffer (by `DataView`, which throws a
 * `RangeError`), and everything that is visited counts against a budget: offsets that point at the same place again
 * and again cannot make the reader busy for longer than the buffer's length justifies. The library's own decoder does
 * neither: it takes the length of a list as it stands.
 */
export class Flatbuffer {
  readonly view: DataView;
  #budgetBytes: number;

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // Builders share vtables and equal strings, so some places are rightly visited more than once.
    this.#budgetBytes = bytes.byteLength * 16 + 4096;
  }

  root(): FlatbufferTable {
    return new FlatbufferTable(this, this.view.getUint32(0, true));
  }

  spend(bytes: number): void {
    this.#budgetBytes -= bytes;
    if (this.#budgetBytes < 0) throw new RangeError("it refers to the same bytes again and again");
  }
}

/** Runs a decoder and turns what a damaged buffer makes it throw into `DaqError("format")`. */
export function decodeFlatbuffer<T>(
  what: string,
  bytes: Uint8Array,
  decode: (root: FlatbufferTable) => T,
): T {
  try {
    return decode(new Flatbuffer(bytes).root());
  } catch (cause) {
    if (cause instanceof DaqError) throw cause;
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new DaqError("format", `${what} is damaged: ${problem}.`, {
      hint: "Restore the file from a copy, or read the batches before this place.",
      cause,
    });
  }
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** One table: fields by their slot, in the order of the schema file (`Message.fbs`, `Schema.fbs`, `File.fbs`). */
export class FlatbufferTable {
  readonly #buffer: Flatbuffer;
  readonly #position: number;
  readonly #vtable: number;
  readonly #vtableBytes: number;

  constructor(buffer: Flatbuffer, position: number) {
    const { view } = buffer;
    this.#buffer = buffer;
    this.#position = position;
    this.#vtable = position - view.getInt32(position, true);
    this.#vtableBytes = view.getUint16(this.#vtable, true);
    buffer.spend(4 + this.#vtableBytes);
  }

  #at(slot: number): number | undefined {
    const entry = 4 + slot * 2;
    if (entry + 2 > this.#vtableBytes) return undefined;
    const offset = this.#buffer.view.getUint16(this.#vtable + entry, true);
    return offset === 0 ? undefined : this.#position + offset;
  }

  uint8(slot: number, absent: number): number {
    const at = this.#at(slot);
    return at === undefined ? absent : this.#buffer.view.getUint8(at);
  }

  int16(slot: number, absent: number): number {
    const at = this.#at(slot);
    return at === undefined ? absent : this.#buffer.view.getInt16(at, true);
  }

  int32(slot: number, absent: number): number {
    const at = this.#at(slot);
    return at === undefined ? absent : this.#buffer.view.getInt32(at, true);
  }

  /** A count or a length: 0 when absent, and never negative or above 2⁵³. */
  size(slot: number): number {
    const at = this.#at(slot);
    return at === undefined ? 0 : sizeAt(this.#buffer.view, at);
  }

  table(slot: number): FlatbufferTable | undefined {
    const at = this.#at(slot);
    return at === undefined ? undefined : new FlatbufferTable(this.#buffer, this.#follow(at));
  }

  string(slot: number): string | undefined {
    const at = this.#at(slot);
    if (at === undefined) return undefined;
    const { view } = this.#buffer;
    const start = this.#follow(at);
    const length = view.getUint32(start, true);
    this.#buffer.spend(4 + length);
    if (start + 4 + length > view.byteLength) throw new RangeError("a text runs past its end");
    return utf8.decode(new Uint8Array(view.buffer, view.byteOffset + start + 4, length));
  }

  tables(slot: number): FlatbufferTable[] {
    const { start, length } = this.#vector(slot, 4);
    return Array.from({ length }, (_, index) => {
      return new FlatbufferTable(this.#buffer, this.#follow(start + index * 4));
    });
  }

  /** `decode` gets a view and the position of each struct. */
  structs<T>(slot: number, structBytes: number, decode: (view: DataView, position: number) => T): T[] {
    const { start, length } = this.#vector(slot, structBytes);
    return Array.from({ length }, (_, index) => decode(this.#buffer.view, start + index * structBytes));
  }

  #vector(slot: number, elementBytes: number): { start: number; length: number } {
    const at = this.#at(slot);
    if (at === undefined) return { start: 0, length: 0 };
    const { view } = this.#buffer;
    const start = this.#follow(at);
    const length = view.getUint32(start, true);
    this.#buffer.spend(4 + length * elementBytes);
    if (start + 4 + length * elementBytes > view.byteLength) throw new RangeError("a list runs past its end");
    return { start: start + 4, length };
  }

  #follow(at: number): number {
    return at + this.#buffer.view.getUint32(at, true);
  }
}

/** A 64-bit length or offset, which must be a whole number that a double holds. */
export function sizeAt(view: DataView, position: number): number {
  const value = view.getBigInt64(position, true);
  if (value < 0n || value > 2n ** 53n) throw new RangeError(`${value} is not a possible size`);
  return Number(value);
}
