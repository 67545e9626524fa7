import { basename, dirname } from "node:path";
import type { Format } from "../../formats/contract.ts";
import { extensionIn } from "../../formats/file-extension.ts";

/** The path of a part: "scan.parquet" is "scan_0001.parquet", "scan_0002.parquet" …, the number before the extension. */
export function partPath(format: Pick<Format, "extensions">, path: string, part: number): string {
  const extension = extensionIn(path, format.extensions) ?? "";
  return `${path.slice(0, path.length - extension.length)}_${String(part).padStart(4, "0")}${extension}`;
}

/**
 * The number of the part that a file belongs to, by its name: a data file of the format, or what stands beside one.
 * Undefined for a file of another output or run.
 */
export function partOfFile(
  format: Pick<Format, "extensions">,
  path: string,
  file: string,
): number | undefined {
  const extension = extensionIn(path, format.extensions) ?? "";
  const stem = basename(path.slice(0, path.length - extension.length));
  const name = basename(file);
  const isInFolder = dirname(file) === dirname(path) || dirname(file) === ".";
  if (!isInFolder || !name.startsWith(`${stem}_`)) return undefined;
  const [, number, rest = ""] = /^(\d{4,})(\..*)$/.exec(name.slice(stem.length + 1)) ?? [];
  return number !== undefined && rest.includes(extension) ? Number(number) : undefined;
}
