import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";

/** What lies at the path of an output: the one file ("" is its name), or all files of a folder by their names in it. */
export async function outputContent(path: string): Promise<ReadonlyMap<string, Buffer>> {
  if (!(await stat(path)).isDirectory()) return new Map([["", await readFile(path)]]);
  const content = new Map<string, Buffer>();
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) content.set(relative(path, file), await readFile(file));
  return content;
}

export async function outputBytes(path: string): Promise<number> {
  let sum = 0;
  for (const bytes of (await outputContent(path)).values()) sum += bytes.byteLength;
  return sum;
}
