import { DaqError } from "../../../model/errors.ts";
import type { Datatype } from "./datatype.ts";
import type { Filter } from "./filter-pipeline.ts";

/** What a dataset that is stored in chunks is declared with. */
export type ChunkedShape = {
  readonly datatype: Datatype;
  /** `"growing"`: no limit. */
  readonly dims: readonly (number | "growing")[];
  readonly chunkDims: readonly number[];
  readonly filters: readonly Filter[];
  readonly fillValue?: Uint8Array | undefined;
};

const maxRank = 32;
const maxFilters = 32;
/** The length of a chunk has 32 bits. */
const chunkLimitBytes = 2 ** 32;

/** Throws `DaqError("format")` for what HDF5 cannot hold. */
export function checkChunks(path: string, shape: ChunkedShape): void {
  const [problem, hint] = problemOf(shape) ?? [];
  if (problem === undefined) return;
  throw new DaqError("format", `HDF5 cannot hold ${path}: ${problem}.`, hint === undefined ? {} : { hint });
}

function problemOf(shape: ChunkedShape): readonly [problem: string, hint: string] | undefined {
  const { datatype, dims, chunkDims, filters, fillValue } = shape;
  if (dims.length < 1 || dims.length > maxRank)
    return [`it has ${dims.length} dimensions, 1 to ${maxRank} are possible`, "Use fewer dimensions."];
  const isExtent = (value: number) => Number.isSafeInteger(value) && value > 0;
  const fixed = dims.map((extent, dim) => (extent === "growing" ? chunkDims[dim]! : extent));
  if (!fixed.every(isExtent))
    return [`its extents ${dims.join(" × ")} are not positive integers`, "Correct the shape."];
  const isPart = chunkDims.every((extent, dim) => isExtent(extent) && extent <= fixed[dim]!);
  if (chunkDims.length !== dims.length || !isPart)
    return [
      `a chunk of ${chunkDims.join(" × ")} is not a part of ${dims.join(" × ")}`,
      "Choose chunks that are no larger than the dataset.",
    ];
  const bytes = chunkDims.reduce((product, extent) => product * extent, datatype.elementBytes);
  if (bytes >= chunkLimitBytes)
    return [
      `a chunk of ${chunkDims.join(" × ")} elements has ${bytes} bytes, and must stay below 4 GiB`,
      "Choose a smaller chunk_size.",
    ];
  if (filters.length > maxFilters)
    return [`it has ${filters.length} filters, at most ${maxFilters} are possible`, "Use fewer filters."];
  if (fillValue !== undefined && fillValue.byteLength !== datatype.elementBytes)
    return [`its fill value is not one element of ${datatype.elementBytes} bytes`, "Correct the fill value."];
  return undefined;
}
