/** A decoded value: 64-bit integers are `bigint`, smaller ones `number`; a struct is its fields by number. */
export type ThriftRead = number | bigint | boolean | Uint8Array | ThriftFields | readonly ThriftRead[];

export type ThriftFields = ReadonlyMap<number, ThriftRead>;

/** Deeper than anything in Parquet's metadata: what nests further is damaged. */
const deepest = 32;

/** More than the footer of a file of a terabyte has: an empty structure takes a byte in a file, and two hundred in memory. */
const mostStructures = 1 << 22;

/** Decodes one struct. Throws `RangeError` with what is wrong when the bytes are not one. */
export function decodeThrift(bytes: Uint8Array): { readonly fields: ThriftFields; readonly length: number } {
  const reader = new ThriftReader(bytes);
  const fields = reader.struct(0);
  return { fields, length: reader.position };
}

class ThriftReader {
  position = 0;
  #structures = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  struct(depth: number): ThriftFields {
    if (depth > deepest) throw new RangeError(`structures nest deeper than ${deepest}`);
    if (++this.#structures > mostStructures)
      throw new RangeError(`it has more than ${mostStructures} structures`);
    const fields = new Map<number, ThriftRead>();
    let id = 0;
    for (let header = this.#byte(); header !== 0; header = this.#byte()) {
      const step = header >> 4;
      id = step === 0 ? Number(unzigzag(this.#varint())) : id + step;
      fields.set(id, this.#value(header & 15, depth, false));
    }
    return fields;
  }

  #value(type: number, depth: number, inList: boolean): ThriftRead {
    switch (type) {
      case 1:
      case 2:
        return inList ? this.#byte() === 1 : type === 1;
      case 3:
        return (this.#byte() << 24) >> 24;
      case 4:
      case 5:
        return Number(BigInt.asIntN(32, unzigzag(this.#varint())));
      case 6:
        return unzigzag(this.#varint());
      case 7:
        return this.#double();
      case 8:
        return this.#take(this.#count());
      case 9:
      case 10:
        return this.#list(depth);
      case 11:
        return this.#map(depth);
      case 12:
        return this.struct(depth + 1);
      default:
        throw new RangeError(`a field has the unknown type ${type}`);
    }
  }

  #list(depth: number): readonly ThriftRead[] {
    if (depth > deepest) throw new RangeError(`lists nest deeper than ${deepest}`);
    const header = this.#byte();
    const short = header >> 4;
    const count = short === 15 ? this.#count() : short;
    const values: ThriftRead[] = [];
    for (let at = 0; at < count; at++) values.push(this.#value(header & 15, depth + 1, true));
    return values;
  }

  /** Parquet has none; one is read over, as pairs. */
  #map(depth: number): readonly ThriftRead[] {
    if (depth > deepest) throw new RangeError(`maps nest deeper than ${deepest}`);
    const count = this.#count();
    const values: ThriftRead[] = [];
    if (count === 0) return values;
    const types = this.#byte();
    for (let at = 0; at < count; at++)
      values.push(this.#value(types >> 4, depth + 1, true), this.#value(types & 15, depth + 1, true));
    return values;
  }

  #double(): number {
    const bytes = this.#take(8);
    return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true);
  }

  /** A length: every item takes a byte at least, so more than what is left is damage, and never memory. */
  #count(): number {
    const count = this.#varint();
    const left = this.#bytes.byteLength - this.position;
    if (count > BigInt(left))
      throw new RangeError(`it counts ${count} items or bytes where ${left} bytes are left`);
    return Number(count);
  }

  #varint(): bigint {
    let value = 0;
    let weight = 1;
    for (let at = 0; at < 7; at++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * weight;
      if (byte < 0x80) return BigInt(value);
      weight *= 128;
    }
    let large = BigInt(value);
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      large |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, large);
    }
    throw new RangeError("a number is longer than 64 bits");
  }

  #byte(): number {
    const byte = this.#bytes[this.position++];
    if (byte === undefined)
      throw new RangeError(`it ends after ${this.#bytes.byteLength} bytes, within a structure`);
    return byte;
  }

  #take(count: number): Uint8Array {
    const end = this.position + count;
    if (end > this.#bytes.byteLength)
      throw new RangeError(`it ends after ${this.#bytes.byteLength} bytes, within a structure`);
    const bytes = this.#bytes.subarray(this.position, end);
    this.position = end;
    return bytes;
  }
}

function unzigzag(value: bigint): bigint {
  return (value >> 1n) ^ -(value & 1n);
}
