import { open } from "node:fs/promises";
import type { ReadAt } from "./file/hdf5-file.ts";

/** Reads parts of a file while `use` runs. */
export async function readingFrom<T>(path: string, use: (read: ReadAt) => Promise<T>): Promise<T> {
  const handle = await open(path, "r");
  try {
    return await use(async (offsetBytes, length) => {
      const { bytesRead, buffer } = await handle.read(new Uint8Array(length), 0, length, offsetBytes);
      return buffer.subarray(0, bytesRead);
    });
  } finally {
    await handle.close();
  }
}
