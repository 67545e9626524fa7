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

/** A frame from this size on is a chunk of its own. */
const ownChunkBytes = 64 << 10;

/** Larger frames are cut into tiles, so that a reader of a part does not read all, and cores share the work. */
const largestFrameChunkBytes = 32 << 20;
const tileBytesGoal = 8 << 20;

/** A chunk of a slow stream is full after this time. */
const secondsPerChunk = 5;
const rowsWithoutRate = 2_048;

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
  const most = Math.max(1, Math.floor(chunkBytesGoal / largest));
  const inTime = stream.rateHz === undefined ? rowsWithoutRate : Math.ceil(stream.rateHz * secondsPerChunk);
  const least = Math.max(1, Math.ceil(leastChunkBytes / Math.max(8, smallest)));
  return Math.min(most, Math.max(least, inTime));
}

export function chunkPlanOf(
  column: Pick<Column, "dtype" | "shape" | "name" | "dims">,
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
