import { access, constants, mkdir, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { OutputFile } from "../formats/contract.ts";
import { DaqError, systemCode } from "../model/errors.ts";
import type { Run } from "../model/run.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import type { JournalContent } from "./journal-lines.ts";
import { lossPaths } from "./loss-file.ts";
import type { OutputOptions } from "./recorder-options.ts";
import { formatOf } from "./rotation/format-of.ts";

/** Every file that the outputs will make for these streams; of files in parts the first. */
export async function plannedFiles(
  { outputs }: { readonly outputs: readonly OutputOptions[] },
  streams: readonly StreamSchema[],
): Promise<OutputFile[]> {
  const files = await Promise.all(
    outputs.map(async (output) =>
      (await formatOf(output)).plan(
        output.path,
        streams.filter((stream) => output.streams.includes(stream.name)),
      ),
    ),
  );
  return files.flat();
}

/** Removes the files of a run that was killed before its first checkpoint: they were just made, and hold nothing. */
export async function removeFreshFiles({ head }: JournalContent): Promise<void> {
  await removeMadeFiles(head.options, head.run);
  for (const path of lossPaths(head.options)) await rm(path, { force: true });
}

/** Removes what the outputs made for a run. */
export async function removeMadeFiles(
  { outputs }: { readonly outputs: readonly OutputOptions[] },
  { info, streams }: Run,
): Promise<void> {
  for (const output of outputs) {
    const format = await formatOf(output);
    for (const { path } of await plannedFiles({ outputs: [output] }, streams))
      if (format.discard === undefined) await rm(path, { force: true });
      else await format.discard(path, info.uid);
  }
}

/** Makes the folder that the files go to. Throws `DaqError("path")`, also when it is there but may not be written to. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeFolders(path);
  } catch (error) {
    const code = systemCode(error);
    const why = code === "EEXIST" || code === "ENOTDIR" ? "a file is in the way" : (error as Error).message;
    throw new DaqError("path", `The folder ${path} cannot be made: ${why}.`, {
      hint: "Check output_path, and that you may write there.",
      cause: error,
    });
  }
  try {
    await access(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new DaqError("path", `The folder ${path} cannot be written to: ${(error as Error).message}.`, {
      hint: "Choose another output_path, or get the permission to write there.",
      cause: error,
    });
  }
}

/** One level after the other: Node's own `recursive` never ends where a folder exists in which none can be made (/proc). */
async function makeFolders(path: string): Promise<void> {
  try {
    await mkdir(path);
    return;
  } catch (error) {
    if (systemCode(error) === "EEXIST" && (await stat(path)).isDirectory()) return;
    const parent = dirname(path);
    if (systemCode(error) !== "ENOENT" || parent === path) throw error;
    if (await stat(parent).catch(() => undefined)) throw error;
    await makeFolders(parent);
  }
  await makeFolders(path);
}
