/** How a dataset is divided into chunks, which are counted in row-major order. */
export type ChunkGrid = {
  readonly chunkDims: readonly number[];
  readonly elementBytes: number;
  /** Chunks beside one another in each dimension after the first. */
  readonly chunksAcross: readonly number[];
  /** Chunks that share the same rows. */
  readonly chunksPerRowBlock: number;
};

export function chunkGrid(
  chunkDims: readonly number[],
  itemShape: readonly number[],
  elementBytes: number,
): ChunkGrid {
  const chunksAcross = itemShape.map((extent, index) => Math.ceil(extent / chunkDims[index + 1]!));
  return {
    chunkDims,
    elementBytes,
    chunksAcross,
    chunksPerRowBlock: chunksAcross.reduce((product, count) => product * count, 1),
  };
}

/** Bytes of one chunk before any filter. */
export function chunkBytes({ chunkDims, elementBytes }: ChunkGrid): number {
  return chunkDims.reduce((product, dim) => product * dim, elementBytes);
}

/** The first element of a chunk, in each dimension. */
export function chunkOffsets(grid: ChunkGrid, chunk: number): number[] {
  const offsets: number[] = [];
  let rest = chunk;
  for (let dim = grid.chunksAcross.length; dim > 0; dim--) {
    const across = grid.chunksAcross[dim - 1]!;
    offsets[dim] = (rest % across) * grid.chunkDims[dim]!;
    rest = Math.floor(rest / across);
  }
  offsets[0] = rest * grid.chunkDims[0]!;
  return offsets;
}
