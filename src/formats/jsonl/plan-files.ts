import { DaqError } from "../../model/errors.ts";
import { parseStreamSchema, type StreamSchema } from "../../model/stream-schema.ts";
import type { OutputFile } from "../contract.ts";
import { isBesideData } from "../file-extension.ts";

export const extension = ".jsonl";

/** Elements of one record of a column. A line of text is taken whole into memory by whoever reads it. */
export const mostElements = 65_536;

/** What JSON lines cannot hold of this stream, as a sentence; undefined when they can. */
export function refusal({ name, kind, columns }: StreamSchema): string | undefined {
  if (kind === "array")
    return `JSON lines cannot hold the frames of ${name}: use arrow, hdf5 or zarr for them, with \`format\` of that device.`;
  for (const column of columns) {
    if (!column.name.isWellFormed())
      return `JSON lines cannot hold the column name ${JSON.stringify(column.name)} of ${name}: it is not valid text; use arrow, or rename it.`;
    const elements = column.shape.reduce((product, extent) => product * extent, 1);
    if (elements > mostElements)
      return `JSON lines cannot hold ${name}.${column.name}: a record has ${elements} elements, and a line is made for ${mostElements} at most; use arrow, hdf5 or zarr.`;
  }
  return undefined;
}

/** One file for all streams. Throws `DaqError("format")` for a stream that it cannot hold. */
export function planFiles(path: string, streams: readonly StreamSchema[]): readonly OutputFile[] {
  if (isBesideData(path))
    throw new DaqError("path", `${path}: a journal or a file of documents has this name, not data.`, {
      hint: `Let the path end with ${extension} alone.`,
    });
  for (const stream of streams) {
    const problem = refusal(stream);
    if (problem !== undefined)
      throw new DaqError("format", problem, { hint: 'Set storage.format to "arrow".' });
    parseStreamSchema(stream);
  }
  return [{ path, streams: streams.map(({ name }) => name) }];
}
