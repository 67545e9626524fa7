import { DaqError } from "../../../model/errors.ts";
import { ByteWriter, undefinedAddress } from "./byte-writer.ts";
import { hasValidChecksum, withChecksum } from "./lookup3.ts";

const signature = Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a);

/** Bytes of a superblock of version 2 or 3, which always lies at offset 0. */
export const superblockBytes = 48;

export type Superblock = {
  /** 2: read by HDF5 1.8 and later. 3: 1.10 and later. */
  readonly version: 2 | 3;
  /** No address lies at or behind it, and the file is never shorter. */
  readonly endOfFileBytes: number;
  readonly rootAddress: number;
};

/**
 * ```
 *  0 signature   8 version   9 size of offsets 8   10 size of lengths 8   11 consistency flags
 * 12 base address 0   20 extension (none)   28 end of file   36 root group   44 checksum
 * ```
 * The flags that mark a file as being written stay 0: a reader may open it at any time, and after a crash nothing has
 * to be cleared.
 */
export function encodeSuperblock(superblock: Superblock): Uint8Array {
  return withChecksum(
    new ByteWriter()
      .bytes(signature)
      .uint8(superblock.version)
      .uint8(8)
      .uint8(8)
      .uint8(0)
      .uint64(0)
      .uint64(undefinedAddress)
      .uint64(superblock.endOfFileBytes)
      .uint64(superblock.rootAddress)
      .finish(),
  );
}

/** Throws `DaqError("format")` when the bytes are not a superblock that this writer makes. */
export function decodeSuperblock(path: string, bytes: Uint8Array): Superblock {
  const whole = bytes.byteLength === superblockBytes;
  if (!whole || !signature.every((byte, index) => bytes[index] === byte))
    throw new DaqError("format", `${path} does not start with the signature of an HDF5 file.`, {
      hint: "Something else wrote this file: keep it, and choose another output_path.",
    });
  const version = bytes[8];
  if ((version !== 2 && version !== 3) || !hasValidChecksum(bytes))
    throw new DaqError(
      "format",
      `${path}: the superblock at byte 0 is of version ${version}, or its checksum is wrong.`,
      {
        hint: "Another program changed the file, or the disk damaged it; keep it, and restore it from a copy.",
      },
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    version,
    endOfFileBytes: Number(view.getBigUint64(28, true)),
    rootAddress: Number(view.getBigUint64(36, true)),
  };
}
