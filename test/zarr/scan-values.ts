import { countOf, numberOf } from "../../src/formats/zarr/hierarchy/grid.ts";
import type { ZarrArray } from "../../src/formats/zarr/hierarchy/zarr-array.ts";

/** What a chunk of a test's uint16 scan holds: all elements alike, so that a mixture of two turns is seen at once. */
export function scanChunk(array: ZarrArray, chunk: readonly number[], turn: number): Uint16Array {
  const number = numberOf(chunk, array.chunkCounts);
  return new Uint16Array(countOf(array.spec.chunkShape)).fill((turn % 50) * 1000 + number + 1);
}
