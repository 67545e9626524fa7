import { DaqError } from "../../../model/errors.ts";
import { ByteWriter, undefinedAddress } from "./byte-writer.ts";

const namesCharacterSet = 0x10;
const utf8 = 1;

/** A link message of version 1: a name in a group, and the header of the object that it leads to. */
export function encodeLink(name: string, address: number): Uint8Array {
  const bytes = Buffer.from(name, "utf8");
  const long = bytes.byteLength > 0xff;
  const writer = new ByteWriter()
    .uint8(1)
    .uint8(long ? namesCharacterSet | 1 : namesCharacterSet)
    .uint8(utf8);
  if (long) writer.uint16(bytes.byteLength);
  else writer.uint8(bytes.byteLength);
  return writer.bytes(bytes).uint64(address).finish();
}

/** A link info message without heap and index: the links are messages of the group's own header. */
export function encodeLinkInfo(): Uint8Array {
  return new ByteWriter().uint8(0).uint8(0).uint64(undefinedAddress).uint64(undefinedAddress).finish();
}

export function encodeGroupInfo(): Uint8Array {
  return Uint8Array.of(0, 0);
}

/** How many hard links lead to an object. */
export function encodeReferenceCount(count: number): Uint8Array {
  return new ByteWriter().uint8(0).uint32(count).finish();
}

/** A message holds 65,535 bytes; a longer name is a mistake long before that. */
const maxNameBytes = 4096;

/** Throws `DaqError("format")` for a name that no link can have. */
export function checkLinkName(where: string, name: string): void {
  const problem =
    name === ""
      ? "is empty"
      : name === "." || name === ".."
        ? "has another meaning in a path"
        : name.includes("/")
          ? 'contains "/", which separates the names of a path'
          : name.includes("\0")
            ? "contains the character NUL, which ends a name"
            : Buffer.byteLength(name) > maxNameBytes
              ? `is longer than ${maxNameBytes} bytes`
              : !name.isWellFormed()
                ? "is not valid Unicode"
                : undefined;
  if (problem === undefined) return;
  throw new DaqError(
    "format",
    `HDF5 cannot hold the name ${JSON.stringify(name)} in ${where}: it ${problem}.`,
    {
      hint: "Rename the stream, column or metadata key.",
    },
  );
}
