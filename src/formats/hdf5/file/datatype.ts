import { DaqError } from "../../../model/errors.ts";
import { ByteWriter } from "./byte-writer.ts";

/** What the elements of a dataset or an attribute are. */
export type Datatype = {
  /** Bytes of one element in the file. */
  readonly elementBytes: number;
  /** The datatype message. */
  readonly message: Uint8Array;
  /** Elements are texts in the file's heap: data is given as texts, not as bytes. */
  readonly isVlenString?: true;
};

const signedBit = 0x08;

/** Little-endian integers of 1 to 8 bytes. */
export function integerType(elementBytes: number, signed: boolean): Datatype {
  const message = new ByteWriter()
    .uint8(0x10)
    .uint8(signed ? signedBit : 0)
    .uint16(0)
    .uint32(elementBytes)
    .uint16(0)
    .uint16(elementBytes * 8)
    .finish();
  return { elementBytes, message };
}

/** By width: sign's place, exponent's place and bits, mantissa's bits, exponent's bias. */
const floatFields = {
  2: { sign: 15, exponentAt: 10, exponentBits: 5, mantissaBits: 10, bias: 15 },
  4: { sign: 31, exponentAt: 23, exponentBits: 8, mantissaBits: 23, bias: 127 },
  8: { sign: 63, exponentAt: 52, exponentBits: 11, mantissaBits: 52, bias: 1023 },
} as const;

/** Little-endian IEEE 754. */
export function floatType(elementBytes: keyof typeof floatFields): Datatype {
  const fields = floatFields[elementBytes];
  const leadingBitImplied = 0x20;
  const message = new ByteWriter()
    .uint8(0x11)
    .uint8(leadingBitImplied)
    .uint8(fields.sign)
    .uint8(0)
    .uint32(elementBytes)
    .uint16(0)
    .uint16(elementBytes * 8)
    .uint8(fields.exponentAt)
    .uint8(fields.exponentBits)
    .uint8(0)
    .uint8(fields.mantissaBits)
    .uint32(fields.bias)
    .finish();
  return { elementBytes, message };
}

const paddings = { "null-terminated": 0, "null-padded": 1, "space-padded": 2 } as const;
const utf8 = 0x10;

export type FixedStringOptions = {
  readonly padding?: keyof typeof paddings;
  readonly characterSet?: "ascii" | "utf-8";
};

/** Text of `elementBytes` bytes, filled up with NUL. h5py shows it as bytes. */
export function fixedStringType(elementBytes: number, options: FixedStringOptions = {}): Datatype {
  const { padding = "null-padded", characterSet = "utf-8" } = options;
  const bits = paddings[padding] | (characterSet === "utf-8" ? utf8 : 0);
  return {
    elementBytes,
    message: new ByteWriter().uint8(0x13).uint8(bits).uint16(0).uint32(elementBytes).finish(),
  };
}

const uint8Type = integerType(1, false);

/** UTF-8 text of any length: what h5py and others show as text. */
export const vlenStringType: Datatype = {
  elementBytes: 16,
  message: new ByteWriter()
    .uint32(0x0001_0119)
    .uint32(16)
    .uint32(0x10)
    .bytes(uint8Type.message.subarray(4))
    .finish(),
  isVlenString: true,
};

/** Lists of any length, which lie in the file's heap. */
export function vlenType(element: Datatype): Datatype {
  return {
    elementBytes: 16,
    message: new ByteWriter().uint32(0x19).uint32(16).bytes(element.message).finish(),
  };
}

/** The address of another object's header. */
export const objectReferenceType: Datatype = {
  elementBytes: 8,
  message: new ByteWriter().uint32(0x17).uint32(8).finish(),
};

/** Names for the values of an integer type. */
export function enumType(base: Datatype, members: { readonly [name: string]: number | bigint }): Datatype {
  const names = Object.keys(members);
  checkMembers("An enumeration", names);
  const writer = new ByteWriter().uint8(0x38).uint16(names.length).uint8(0).uint32(base.elementBytes);
  writer.bytes(base.message);
  for (const name of names) writer.text(name).uint8(0);
  for (const value of Object.values(members)) writer.unsigned(value, base.elementBytes);
  return { elementBytes: base.elementBytes, message: writer.finish() };
}

/** What h5py reads as `bool`. */
export const booleanType: Datatype = enumType(integerType(1, true), { FALSE: 0, TRUE: 1 });

export type CompoundMember = {
  readonly name: string;
  readonly type: Datatype;
  /** Absent: right behind the member before. */
  readonly offsetBytes?: number;
};

/** Records with named members. `elementBytes` absent: no room behind the last member. */
export function compoundType(members: readonly CompoundMember[], elementBytes?: number): Datatype {
  checkMembers(
    "A compound type",
    members.map(({ name }) => name),
  );
  let end = 0;
  const offsets = members.map(({ type, offsetBytes = end }) => {
    end = offsetBytes + type.elementBytes;
    return offsetBytes;
  });
  const size = elementBytes ?? end;
  const offsetWidth = size < 0x100 ? 1 : size < 0x1_0000 ? 2 : size < 0x100_0000 ? 3 : 4;
  const writer = new ByteWriter().uint8(0x36).uint16(members.length).uint8(0).uint32(size);
  for (const [index, { name, type }] of members.entries())
    writer.text(name).uint8(0).unsigned(offsets[index]!, offsetWidth).bytes(type.message);
  return { elementBytes: size, message: writer.finish() };
}

/** Elements that are small arrays of one shape. */
export function arrayType(base: Datatype, dims: readonly number[]): Datatype {
  const elementBytes = dims.reduce((bytes, dim) => bytes * dim, base.elementBytes);
  const writer = new ByteWriter().uint32(0x3a).uint32(elementBytes).uint8(dims.length);
  for (const dim of dims) writer.uint32(dim);
  return { elementBytes, message: writer.bytes(base.message).finish() };
}

function checkMembers(what: string, names: readonly string[]): void {
  const bad = names.find((name) => name === "" || name.includes("\0"));
  if (names.length > 0 && names.length <= 0xffff && bad === undefined && new Set(names).size === names.length)
    return;
  throw new DaqError(
    "format",
    `${what} needs 1 to 65535 members with different names without NUL; it has ${names.length}: ${names.slice(0, 5).join(", ")}.`,
    { hint: "Rename the members." },
  );
}
