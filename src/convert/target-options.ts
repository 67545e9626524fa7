import type { Format, FormatOptions } from "../formats/contract.ts";
import { extensionIn } from "../formats/file-extension.ts";
import { DaqError } from "../model/errors.ts";

export type WantedTarget = {
  readonly compression?: string;
  readonly level?: number;
  /** Images also at a half, a quarter, … of their size. */
  readonly pyramid?: boolean;
};

/**
 * How OUT is written. What is not asked for is the format's default, unless the extension says it (`.csv.gz`). Throws
 * `DaqError("usage")` for a codec, a level or an extension that do not go together.
 */
export function targetOptions(format: Format, path: string, wanted: WantedTarget): FormatOptions {
  const extension = extensionIn(path, format.extensions)?.toLowerCase();
  const told = format.compressions.filter((compression) => extensionOf(format, compression) === extension);
  const compression = wanted.level === 0 ? "none" : (wanted.compression ?? usual(format, told));
  if (!format.compressions.includes(compression))
    throw new DaqError("usage", `${format.name} has no compression "${compression}".`, {
      hint: `It has: ${format.compressions.join(", ")}.`,
    });
  // Where no codec gives this extension (.nxs of HDF5), it says nothing about one.
  if (told.length > 0 && !told.includes(compression))
    throw new DaqError(
      "usage",
      `${path} ends with ${extension}, but ${format.name} with compression "${compression}" with ${extensionOf(format, compression)}.`,
      {
        hint: `Name the file ….${extensionOf(format, compression).slice(1)}, or choose ${told.join(" or ")}.`,
      },
    );
  if (wanted.pyramid === true && format.name !== "zarr")
    throw new DaqError("usage", `${path}: ${format.name} has no image pyramids.`, {
      hint: "Zarr has: name OUT ….zarr, or leave out --pyramid.",
    });
  const options: FormatOptions = {
    compression,
    durability: "power",
    ...(wanted.pyramid === true ? { zarr: { pyramid: true } } : {}),
  };
  return wanted.level === undefined || wanted.level === 0
    ? options
    : { ...options, compressionLevel: checkedLevel(format, compression, wanted.level) };
}

function extensionOf(format: Format, compression: string): string {
  return format.extension({ compression, durability: "power" });
}

function usual({ defaultCompression }: Format, told: readonly string[]): string {
  return told.length === 0 || told.includes(defaultCompression) ? defaultCompression : told[0]!;
}

function checkedLevel({ name, maxCompressionLevel }: Format, compression: string, level: number): number {
  const most = Object.hasOwn(maxCompressionLevel, compression) ? maxCompressionLevel[compression]! : 0;
  if (Number.isInteger(level) && level > 0 && level <= most) return level;
  throw new DaqError(
    "usage",
    most === 0
      ? `"${compression}" of ${name} takes no level.`
      : `"${compression}" of ${name} takes a level from 1 to ${most}, or 0 for none, not ${level}.`,
    {
      hint: `Levels: ${
        Object.entries(maxCompressionLevel)
          .map(([codec, max]) => `${codec} 1–${max}`)
          .join(", ") || "none"
      }.`,
    },
  );
}
