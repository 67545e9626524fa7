import { type Column, columnItemBytes, type StreamSchema } from "../../model/stream-schema.ts";

/** How the records of one dataset are cut into chunks. */
export type ChunkPlan = {
  readonly rowsPerChunk: number;
  /** Extents of a chunk after the first dimension: those of a record, or fewer rows of a large frame. */
  readonly chunkItemShape: readonly number[];
  /** Chunks that hold one block of `rowsPerChunk` records: 1, or the tiles of a large frame. */
  readonly chunksPerRowBlock: number;
  /** Bytes of one chunk before compression. */
  readonly chunkBytes: number;
};

/**
 * A chunk of this size is large enough for the disk and for a codec, and small enough to be kept for each column, in
 * memory and, as long as it is not full, in the file.
 */
const chunkBytesGoal = 256 << 10;
const leastChunkBytes = 16 << 10;

/**
 * The chunks of one stretch of time, of all datasets together: about what a file has in chunks that are not full, which
 * after a short run is most of it. Narrow tables come to less.
 */
const slowChunksBytes = 1 << 20;
const unknownRateChunksBytes = 4 << 20;
const fastChunksBytes = 64 << 20;
const leastWideChunkBytes = 1 << 10;

/** A frame from this size on is a chunk of its own. */
const ownChunkBytes = 64 << 10;

/** Larger frames are cut into tiles, so that a reader of a part does not read all, and cores share the work. */
const largestFrameChunkBytes = 32 << 20;
const tileBytesGoal = 8 << 20;

/** A chunk of a slow stream is full after this time. */
const secondsPerChunk = 5;
const rowsWithoutRate = 2_048;
/** Time and sequence number. */
const indexRowBytes = 16;

/**
 * The chunks of a stream's datasets, which all have the same number of records, so that a stretch of time is one chunk
 * of each. `rows`: what the user asked for; frames have chunks of their own choice.
 */
export function rowsPerChunkOf(stream: StreamSchema, rows: number | undefined): number {
  const largest = Math.max(8, ...stream.columns.map(columnItemBytes));
  const isFrames = stream.kind === "array";
  if (isFrames && largest >= ownChunkBytes) return 1;
  if (rows !== undefined && !isFrames)
    return Math.min(rows, Math.max(1, Math.floor(largestFrameChunkBytes / largest)));
  const smallest = Math.min(...stream.columns.map(columnItemBytes));
  const rowBytes = stream.columns.reduce((sum, column) => sum + columnItemBytes(column), indexRowBytes);
  const rowsIn = (bytes: number) => Math.max(1, Math.ceil(bytes / Math.max(8, smallest)));
  const narrowRows = rowsIn(leastChunkBytes);
  const clamped = (allBytes: number, rows: number) =>
    Math.min(rows, Math.max(rowsIn(leastWideChunkBytes), Math.floor(allBytes / rowBytes)));
  const most = Math.max(1, Math.floor(chunkBytesGoal / largest));
  if (stream.rateHz === undefined) return Math.min(most, clamped(unknownRateChunksBytes, rowsWithoutRate));
  const inTime = Math.ceil(stream.rateHz * secondsPerChunk);
  const fastRows = Math.max(narrowRows, Math.floor(fastChunksBytes / rowBytes));
  return Math.min(most, fastRows, Math.max(clamped(slowChunksBytes, narrowRows), inTime));
}

export function chunkPlanOf(
  column: Pick<Column, "dtype" | "shape" | "name" | "dims" | "maxBytes">,
  rows: number,
): ChunkPlan {
  const itemBytes = columnItemBytes(column);
  const [slowest] = column.shape;
  if (rows > 1 || slowest === undefined || itemBytes <= largestFrameChunkBytes)
    return {
      rowsPerChunk: rows,
      chunkItemShape: column.shape,
      chunksPerRowBlock: 1,
      chunkBytes: rows * itemBytes,
    };
  const lineBytes = itemBytes / slowest;
  const lines = Math.max(1, Math.floor(tileBytesGoal / lineBytes));
  return {
    rowsPerChunk: 1,
    chunkItemShape: [lines, ...column.shape.slice(1)],
    chunksPerRowBlock: Math.ceil(slowest / lines),
    chunkBytes: lines * lineBytes,
  };
}
