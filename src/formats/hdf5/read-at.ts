import { open } from "node:fs/promises";
import type { ReadAt } from "./file/hdf5-file.ts";

/** Reads parts of a file while `use` runs. */
export async function readingFrom<T>(path: string, use: (read: ReadAt) => Promise<T>): Promise<T> {
  const handle = await open(path, "r");
  try {
    return await use(async (offsetBytes, length) => {
      // An address that a damaged file gives; the caller says that the file ends before it.
      if (!Number.isSafeInteger(offsetBytes)) return new Uint8Array(0);
      const { bytesRead, buffer } = await handle.read(new Uint8Array(length), 0, length, offsetBytes);
      return buffer.subarray(0, bytesRead);
    });
  } finally {
    await handle.close();
  }
}
