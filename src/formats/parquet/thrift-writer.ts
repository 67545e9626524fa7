/** One value in Thrift's compact protocol. `raw` is a struct that is encoded already. */
export type ThriftValue =
  | { readonly bool: boolean }
  | { readonly i8: number }
  | { readonly i16: number }
  | { readonly i32: number }
  | { readonly i64: number | bigint }
  | { readonly binary: Uint8Array | string }
  | { readonly struct: ThriftStruct }
  | { readonly raw: Uint8Array }
  | { readonly list: readonly ThriftValue[] };

/** Fields by increasing number; those without a value are left out. */
export type ThriftStruct = readonly (readonly [id: number, value: ThriftValue | undefined])[];

const text = new TextEncoder();

/** Types of the compact protocol. */
const types = { boolTrue: 1, boolFalse: 2, i8: 3, i16: 4, i32: 5, i64: 6, binary: 8, list: 9, struct: 12 };

function typeOf(value: ThriftValue): number {
  if ("bool" in value) return value.bool ? types.boolTrue : types.boolFalse;
  if ("i8" in value) return types.i8;
  if ("i16" in value) return types.i16;
  if ("i32" in value) return types.i32;
  if ("i64" in value) return types.i64;
  if ("binary" in value) return types.binary;
  return "list" in value ? types.list : types.struct;
}

/** The bytes of one struct, as Parquet's headers and footer have them. */
export function encodeThrift(struct: ThriftStruct): Uint8Array {
  const writer = new ThriftWriter();
  writer.struct(struct);
  return writer.bytes();
}

class ThriftWriter {
  #bytes = new Uint8Array(512);
  #length = 0;

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  struct(struct: ThriftStruct): void {
    let last = 0;
    for (const [id, value] of struct) {
      if (value === undefined) continue;
      const step = id - last;
      if (step >= 1 && step <= 15) this.#byte((step << 4) | typeOf(value));
      else {
        this.#byte(typeOf(value));
        this.#varint(BigInt(zigzag32(id)));
      }
      last = id;
      // A field's truth is its type.
      if (!("bool" in value)) this.#value(value);
    }
    this.#byte(0);
  }

  #value(value: ThriftValue): void {
    if ("bool" in value) this.#byte(typeOf(value));
    else if ("i8" in value) this.#byte(value.i8 & 0xff);
    else if ("i16" in value) this.#varint(BigInt(zigzag32(value.i16)));
    else if ("i32" in value) this.#varint(BigInt(zigzag32(value.i32)));
    else if ("i64" in value) this.#varint(zigzag64(BigInt(value.i64)));
    else if ("binary" in value) {
      const bytes = typeof value.binary === "string" ? text.encode(value.binary) : value.binary;
      this.#varint(BigInt(bytes.byteLength));
      this.#append(bytes);
    } else if ("struct" in value) this.struct(value.struct);
    else if ("raw" in value) this.#append(value.raw);
    else this.#list(value.list);
  }

  #list(values: readonly ThriftValue[]): void {
    const [first] = values;
    // Truths in a list have one type, whatever they are.
    const type = first === undefined ? types.struct : "bool" in first ? types.boolTrue : typeOf(first);
    if (values.length < 15) this.#byte((values.length << 4) | type);
    else {
      this.#byte(0xf0 | type);
      this.#varint(BigInt(values.length));
    }
    for (const value of values) this.#value(value);
  }

  #varint(value: bigint): void {
    let rest = value;
    while (rest > 0x7fn) {
      this.#byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.#byte(Number(rest));
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  #append(bytes: Uint8Array): void {
    this.#reserve(bytes.byteLength);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.byteLength;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.byteLength) return;
    const larger = new Uint8Array(Math.max(this.#bytes.byteLength * 2, this.#length + bytes));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

function zigzag32(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

function zigzag64(value: bigint): bigint {
  return BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
}
