import { copyFile, open } from "node:fs/promises";

/** Copies a file and flushes the copy to the device: it gets its name only when it is whole. */
export async function copyFlushed(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  await using handle = await open(to, "r");
  await handle.sync();
}
