import { DaqError } from "../model/errors.ts";
import type { Format, FormatName } from "./contract.ts";
import { extensionIn, isBesideData } from "./file-extension.ts";

/** Adding a format is a folder and a line here. */
const parts: Record<FormatName, () => Promise<Format>> = {
  arrow: async () => (await import("./arrow/format.ts")).arrowFormat,
  hdf5: async () => (await import("./hdf5/format.ts")).hdf5Format,
  csv: async () => (await import("./csv/format.ts")).csvFormat,
  parquet: async () => (await import("./parquet/format.ts")).parquetFormat,
  zarr: async () => (await import("./zarr/format.ts")).zarrFormat,
  jsonl: async () => (await import("./jsonl/format.ts")).jsonlFormat,
};

export const formatNames = Object.keys(parts) as readonly FormatName[];

export function isFormatName(name: string): name is FormatName {
  return Object.hasOwn(parts, name);
}

export async function loadFormat(name: string): Promise<Format> {
  if (!isFormatName(name))
    throw new DaqError("format", `There is no format "${name}".`, {
      hint: `Choose from: ${formatNames.join(", ")}.`,
    });
  return parts[name]();
}

/** The format whose extension the path has; throws `DaqError("format")` when none has. */
export async function formatOfPath(path: string): Promise<Format> {
  for (const name of isBesideData(path) ? [] : formatNames) {
    const format = await parts[name]();
    if (extensionIn(path, format.extensions) !== undefined) return format;
  }
  throw new DaqError("format", `${path}: no known format has this extension.`, {
    hint: `Known: ${(await Promise.all(formatNames.map(loadFormat))).flatMap((f) => f.extensions).join(", ")}.`,
  });
}
