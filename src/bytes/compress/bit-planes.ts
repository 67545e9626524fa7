import { DaqError } from "../../model/errors.ts";

/** What the bitshuffle library makes of a block when it is not told: cache-sized, and the same in every file. */
const targetBlockBytes = 8192;

/** Bit planes are made of 8 elements at a time; what is left over at the end stays as it is. */
export const elementsTogether = 8;

export function checkPlaneElement(codec: string, elementBytes: number): void {
  if ([1, 2, 4, 8].includes(elementBytes)) return;
  throw new DaqError("format", `${codec} works on elements of 1, 2, 4 or 8 bytes, not of ${elementBytes}.`, {
    hint: "Choose shuffle for other sizes.",
  });
}

export function planeBlockBytes(elementBytes: number): number {
  return Math.floor(targetBlockBytes / elementBytes / elementsTogether) * elementsTogether * elementBytes;
}

/** A piece that is shuffled for itself. */
export type PlaneBlock = { readonly offset: number; readonly bytes: number };

/** The blocks of `length` bytes: full ones, and one of as many whole groups of 8 elements as are left. */
export function* planeBlocks(
  elementBytes: number,
  length: number,
  blockBytes = planeBlockBytes(elementBytes),
): Generator<PlaneBlock> {
  const group = elementBytes * elementsTogether;
  const end = Math.floor(length / group) * group;
  for (let offset = 0; offset < end; offset += blockBytes)
    yield { offset, bytes: Math.min(blockBytes, end - offset) };
}
