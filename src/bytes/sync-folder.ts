import { open } from "node:fs/promises";
import { writeError } from "../model/errors.ts";

/** Makes the names in a folder survive the death of the machine: what was created, renamed or deleted in it. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    throw writeError(path, error);
  }
}
