import { readFile } from "node:fs/promises";
import { systemCode } from "../../model/errors.ts";
import { type ColumnLayout, columnLayouts } from "./column-layout.ts";
import { damaged, type ParquetInput } from "./input.ts";
import type { ParsedMetadata } from "./parse-metadata.ts";
import { readFooter } from "./read-footer.ts";
import { type Scan, scanFrames } from "./scan.ts";
import { type TailSlot, tailPath, tailSlots } from "./tail-file.ts";
import { decodeTail, type TailContents } from "./tail-frames.ts";

/** A tail that belongs behind the last row group of an unfinished file. */
export type FoundTail = {
  readonly slot: TailSlot;
  readonly contents: TailContents;
  readonly cutBytes: number;
};

export type FileContents =
  | { readonly state: "complete"; readonly footer: ParsedMetadata }
  | {
      readonly state: "unfinished";
      readonly scan: Scan;
      readonly layouts: readonly ColumnLayout[];
      readonly tail?: FoundTail;
      /** What is wrong with the footer, where there is a part of one. */
      readonly problem?: string;
    };

/** By the footer when there is a good one, else by the frames. Throws `DaqError("format")` when there is neither. */
export async function readContents(input: ParquetInput): Promise<FileContents> {
  let problem: unknown;
  try {
    const footer = await readFooter(input);
    if (footer !== undefined) return { state: "complete", footer };
  } catch (error) {
    problem = error;
  }
  const scan = await scanFrames(input);
  if (scan === undefined) {
    if (problem !== undefined) throw problem;
    throw damaged(
      input.path,
      'it does not end with "PAR1": its end, which tells where the data is, is missing',
    );
  }
  const { stream, index } = scan.opening;
  const layouts = columnLayouts(stream, index);
  const tail = await findTail(input.path, scan.rowGroups.length, layouts);
  return {
    state: "unfinished",
    scan,
    layouts,
    ...(tail === undefined ? {} : { tail }),
    ...(problem === undefined
      ? {}
      : { problem: problem instanceof Error ? problem.message : String(problem) }),
  };
}

async function findTail(
  path: string,
  rowGroup: number,
  layouts: readonly ColumnLayout[],
): Promise<FoundTail | undefined> {
  for (const slot of tailSlots) {
    const bytes = await readTail(path, slot);
    if (bytes === undefined) continue;
    const contents = decodeTail(bytes, rowGroup, layouts);
    if (contents.records > 0) return { slot, contents, cutBytes: bytes.byteLength - contents.bytes };
  }
  return undefined;
}

/** Undefined when there is no such tail. */
export async function readTail(path: string, slot: TailSlot): Promise<Uint8Array | undefined> {
  try {
    const { buffer, byteOffset, byteLength } = await readFile(tailPath(path, slot));
    // A Buffer's `slice` is a view; the parts of a tail have to be copies.
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
