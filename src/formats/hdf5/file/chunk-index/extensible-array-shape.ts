import type { ExtensibleArrayParameters } from "../data-layout.ts";

/** The library's own choice. */
export const parameters: ExtensibleArrayParameters = {
  maxIndexBits: 32,
  indexBlockElements: 4,
  minDataBlockElements: 16,
  minDataBlockPointers: 4,
  pageBits: 10,
};

/** Elements of the index block itself. */
export const elementsInIndexBlock = parameters.indexBlockElements;

/** Data blocks that the index block points at itself: those of the first four super blocks. */
export const dataBlocksOfIndexBlock = 6;
export const superBlocksWithoutBlock = 4;

/** The rest of the 29 super blocks that 32 bits of index need. */
export const superBlocksOfIndexBlock = 25;

/** Elements of a data block beyond which it consists of pages, each with a checksum of its own. */
export const pageElements = 2 ** parameters.pageBits;

/** Most chunks of one dataset. */
export const maxElements = elementsInIndexBlock + parameters.minDataBlockElements * (2 ** 29 - 1);

export type SuperBlockShape = {
  readonly dataBlocks: number;
  /** Elements of each of its data blocks. */
  readonly elements: number;
  /** Its first element, counted without those of the index block. */
  readonly firstElement: number;
};

/** Super block `index` has `2^⌊index/2⌋` data blocks of `16 · 2^⌊(index+1)/2⌋` elements. */
export function superBlockShape(index: number): SuperBlockShape {
  const least = parameters.minDataBlockElements;
  return {
    dataBlocks: 2 ** (index >> 1),
    elements: least * 2 ** ((index + 1) >> 1),
    firstElement: least * (2 ** index - 1),
  };
}

export type ElementPlace = {
  readonly superBlock: number;
  readonly dataBlock: number;
  readonly element: number;
};

/** Where an element lies that the index block has no room for. */
export function elementPlace(index: number): ElementPlace {
  const behind = index - elementsInIndexBlock;
  // Exact: below 2³², no quotient is rounded up to a power of two.
  const superBlock = Math.floor(Math.log2(Math.floor(behind / parameters.minDataBlockElements) + 1));
  const { elements, firstElement } = superBlockShape(superBlock);
  const inSuperBlock = behind - firstElement;
  return {
    superBlock,
    dataBlock: Math.floor(inSuperBlock / elements),
    element: inSuperBlock % elements,
  };
}

/** Where the index block has the address of a data block of one of the first super blocks. */
export function indexBlockSlot(superBlock: number, dataBlock: number): number {
  let slot = dataBlock;
  for (let before = 0; before < superBlock; before++) slot += superBlockShape(before).dataBlocks;
  return slot;
}
