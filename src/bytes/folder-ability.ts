import { close, constants, open, write } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { createKernelMemory } from "../kernels/load-kernels.ts";
import { systemCode } from "../model/errors.ts";

/** What a folder lets a program do. */
export type FolderAbility =
  | { readonly isWritable: false; readonly reason: string }
  /** `directWrites`: past the page cache (O_DIRECT), which large recordings are faster with. */
  | { readonly isWritable: true; readonly directWrites: boolean };

const pageBytes = 4096;

/** Tries it with a small file, which is removed. */
export async function folderAbility(folder: string): Promise<FolderAbility> {
  const path = join(folder, `.daq-try-${process.pid}-${performance.now().toString(36)}`);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  try {
    await writePage(path, flags);
  } catch (error) {
    return { isWritable: false, reason: systemCode(error) ?? String(error) };
  } finally {
    await rm(path, { force: true }).catch(() => undefined);
  }
  if (constants.O_DIRECT === undefined) return { isWritable: true, directWrites: false };
  try {
    await writePage(path, flags | constants.O_DIRECT);
    return { isWritable: true, directWrites: true };
  } catch {
    return { isWritable: true, directWrites: false };
  } finally {
    await rm(path, { force: true }).catch(() => undefined);
  }
}

async function writePage(path: string, flags: number): Promise<void> {
  // WebAssembly's memory starts at a page, as O_DIRECT needs it.
  const page = new Uint8Array(createKernelMemory(pageBytes).buffer, 0, pageBytes);
  const fd = await promisify(open)(path, flags, 0o600);
  try {
    await promisify(write)(fd, page, 0, pageBytes, 0);
  } finally {
    await promisify(close)(fd);
  }
}
