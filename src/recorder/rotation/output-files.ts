import { readdir } from "node:fs/promises";
import type { OutputFile } from "../../formats/contract.ts";
import { loadFormat } from "../../formats/registry.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import type { OutputOptions } from "../recorder-options.ts";
import { partOfFile, partPath } from "./part-path.ts";

/** The files of an output that goes on, of one in parts those whose parts are there. `folder`: where they stand now. */
export async function outputFiles(
  { format: name, path, streams: names, rotate }: OutputOptions,
  streams: readonly StreamSchema[],
  folder: string,
): Promise<readonly OutputFile[]> {
  const format = await loadFormat(name);
  const wanted = streams.filter((stream) => names.includes(stream.name));
  if (rotate === undefined) return format.plan(path, wanted);
  const found = (await readdir(folder)).map((file) => partOfFile(format, path, file));
  const parts = [...new Set(found.filter((part) => part !== undefined))].sort((a, b) => a - b);
  return parts.flatMap((part) => format.plan(partPath(format, path, part), wanted));
}
