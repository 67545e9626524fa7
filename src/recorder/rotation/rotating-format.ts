import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Format, WriterTarget } from "../../formats/contract.ts";
import { DaqError, systemCode } from "../../model/errors.ts";
import { partOfFile, partPath } from "./part-path.ts";
import { RotatingWriter } from "./rotating-writer.ts";
import type { Rotation } from "./rotation.ts";

/** The same format, in parts that are each a complete file; `plan` tells of the first. */
export function rotatingFormat(format: Format, rotation: Rotation): Format {
  return {
    ...format,
    plan: (path, streams) => format.plan(partPath(format, path, 1), streams),
    async create(target) {
      await refuseParts(format, target);
      return RotatingWriter.create(format, target, rotation);
    },
    resume: (target, state) => RotatingWriter.resume(format, target, rotation, state),
  };
}

/** A part of a later number that is there would be in the way in the middle of the run. */
async function refuseParts(format: Format, { path }: WriterTarget): Promise<void> {
  const folder = dirname(path);
  const names = await readdir(folder).catch((cause: unknown) => {
    if (systemCode(cause) === "ENOENT") return [];
    throw new DaqError("path", `${folder} cannot be read: ${(cause as Error).message}.`, { cause });
  });
  const taken = names.find((name) => partOfFile(format, path, join(folder, name)) !== undefined);
  if (taken !== undefined)
    throw new DaqError(
      "path",
      `${join(folder, taken)} exists already; existing files are never overwritten.`,
      {
        hint: "Choose another output_path, or put {version} into it, which counts up.",
      },
    );
}
