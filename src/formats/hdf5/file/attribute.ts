import type { TypedArray } from "../../../model/dtype.ts";
import { DaqError } from "../../../model/errors.ts";
import { ByteWriter } from "./byte-writer.ts";
import { elementCount, encodeDataspace } from "./dataspace.ts";
import { booleanType, type Datatype, floatType, integerType, vlenStringType } from "./datatype.ts";
import type { GlobalHeap } from "./global-heap.ts";

/** Bytes of any type and shape; no dims: a scalar. */
export type RawAttribute = {
  readonly datatype: Datatype;
  readonly dims: readonly number[];
  readonly data: Uint8Array;
};

/**
 * Numbers become 64-bit integers where they are whole and safe (all of an array), else 64-bit floats; texts are UTF-8
 * of any length; typed arrays keep their type.
 */
export type AttributeValue =
  | number
  | bigint
  | string
  | boolean
  | readonly number[]
  | readonly bigint[]
  | readonly string[]
  | readonly boolean[]
  | TypedArray
  | RawAttribute;

export type Attributes = { readonly [name: string]: AttributeValue };

/** What holds texts: the file's heap, or one that only counts. */
export type TextHeap = Pick<GlobalHeap, "add">;

/** The character set of the name. */
const utf8 = 1;

/** The body of a message has a 16-bit length. */
export const maxMessageBytes = 0xffff;

/** An attribute message of version 3. Throws `DaqError("format")` for what no attribute can hold. */
export function encodeAttribute(
  where: string,
  name: string,
  value: AttributeValue,
  heap: TextHeap,
): Uint8Array {
  const problem =
    name === ""
      ? "its name is empty"
      : name.includes("\0")
        ? "its name contains the character NUL"
        : undefined;
  if (problem !== undefined) throw refused(where, name, problem, "Rename the metadata key.");
  const { datatype, dims, data } = rawAttribute(where, name, value, heap);
  if (data.byteLength !== elementCount(dims) * datatype.elementBytes)
    throw refused(
      where,
      name,
      `its ${data.byteLength} bytes are not ${elementCount(dims)} elements of ${datatype.elementBytes} bytes`,
      "The program that writes has to be corrected.",
    );
  const dataspace = encodeDataspace(dims);
  const encodedName = Buffer.from(`${name}\0`, "utf8");
  const message = new ByteWriter()
    .uint8(3)
    .uint8(0)
    .uint16(encodedName.byteLength)
    .uint16(datatype.message.byteLength)
    .uint16(dataspace.byteLength)
    .uint8(utf8)
    .bytes(encodedName)
    .bytes(datatype.message)
    .bytes(dataspace)
    .bytes(data)
    .finish();
  if (message.byteLength > maxMessageBytes)
    throw refused(
      where,
      name,
      `it takes ${message.byteLength} bytes, and HDF5 holds ${maxMessageBytes}`,
      "Shorten the value; long texts may have any length, but a list of them counts 16 bytes each.",
    );
  return message;
}

function refused(where: string, name: string, problem: string, hint: string): DaqError {
  return new DaqError(
    "format",
    `HDF5 cannot hold the attribute ${JSON.stringify(name)} of ${where}: ${problem}.`,
    { hint },
  );
}

/** References to texts, as elements of `vlenStringType`: length, collection, index. */
export function encodeTexts(texts: readonly string[], heap: TextHeap): Uint8Array {
  const writer = new ByteWriter();
  for (const text of texts) {
    const bytes = Buffer.from(text, "utf8");
    const { address, index } = heap.add(bytes);
    writer.uint32(bytes.byteLength).uint64(address).uint32(index);
  }
  return writer.finish();
}

function rawAttribute(where: string, name: string, value: AttributeValue, heap: TextHeap): RawAttribute {
  if (ArrayBuffer.isView(value)) return { ...typedArray(value), dims: [value.length] };
  if (isList(value)) return { ...list(where, name, value, heap), dims: [value.length] };
  if (typeof value === "object") return value;
  return { ...list(where, name, [value] as readonly (string | number | bigint | boolean)[], heap), dims: [] };
}

function isList(value: AttributeValue): value is Extract<AttributeValue, readonly unknown[]> {
  return Array.isArray(value);
}

type Values = { readonly datatype: Datatype; readonly data: Uint8Array };

function list(
  where: string,
  name: string,
  values: readonly (string | number | bigint | boolean)[],
  heap: TextHeap,
): Values {
  if (values.length > 0 && values.every((value) => typeof value === "string")) {
    const nul = values.find((value) => value.includes("\0"));
    if (nul !== undefined)
      throw refused(where, name, "it contains the character NUL, which ends a text", "Remove the character.");
    return { datatype: vlenStringType, data: encodeTexts(values, heap) };
  }
  if (values.length > 0 && values.every((value) => typeof value === "boolean"))
    return { datatype: booleanType, data: Uint8Array.from(values, Number) };
  if (values.length > 0 && values.every((value) => typeof value === "bigint" || isWhole(value))) {
    const integers = values.map((value) => BigInt(value));
    if (integers.every((value) => value === BigInt.asIntN(64, value)))
      return typedArray(BigInt64Array.from(integers));
    if (integers.every((value) => value === BigInt.asUintN(64, value)))
      return typedArray(BigUint64Array.from(integers));
    throw refused(
      where,
      name,
      "an integer in it needs more than 64 bits",
      "Write it as a text or as a float.",
    );
  }
  if (values.every((value) => typeof value === "number")) return typedArray(Float64Array.from(values));
  throw refused(
    where,
    name,
    "its values are of different types",
    "Give a list of numbers, of texts or of booleans.",
  );
}

function isWhole(value: string | number | bigint | boolean): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && !Object.is(value, -0);
}

function typedArray(values: TypedArray): Values {
  const width = values.BYTES_PER_ELEMENT;
  const isFloat = values instanceof Float32Array || values instanceof Float64Array;
  const isSigned =
    values instanceof Int8Array ||
    values instanceof Int16Array ||
    values instanceof Int32Array ||
    values instanceof BigInt64Array;
  return {
    datatype: isFloat ? floatType(width as 4 | 8) : integerType(width, isSigned),
    data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  };
}
