import { type Column, columnItemBytes, type StreamSchema } from "../../model/stream-schema.ts";
import type { ZarrOptions } from "../contract.ts";

/** How the records of a stream are cut: the same for all its arrays, so that a stretch of time is one chunk of each. */
export type StreamPlan = {
  readonly rowsPerChunk: number;
  /** Blocks of `rowsPerChunk` records in a shard; 1: no shards. */
  readonly blocksPerShard: number;
};

/** Large enough for a disk and a codec; kept in memory for each array while it is filled. */
const shardedChunkBytesGoal = 256 << 10;
/** Where each chunk is a file of its own. */
const wholeChunkBytesGoal = 1 << 20;
const leastChunkBytes = 16 << 10;

/** Chunks that are not full are in memory, for all arrays of a stream together: wide tables have smaller ones. */
const openChunksBytes = 16 << 20;
const leastWideChunkBytes = 1 << 10;
/** Time and sequence number. */
const indexRowBytes = 16;

/** A frame from this size on is a chunk of its own. */
const ownChunkBytes = 64 << 10;
/** Larger frames are cut into tiles, so that a reader of a part does not read all, and cores share the work. */
const largestFrameChunkBytes = 32 << 20;
const tileBytesGoal = 8 << 20;

const secondsPerChunk = 5;
const rowsWithoutRate = 2_048;

/** A day of frames at 30 Hz is then some 40,000 files. */
const mostShardChunks = 64;
const mostShardBytes = 1 << 30;
/** A stream shows its records to readers when a shard is whole: slow ones have smaller shards. */
const secondsPerShard = 600;

/** `rows`: records per chunk as the user asked for; frames have chunks of their own. */
export function streamPlanOf(stream: StreamSchema, rows: number | undefined, zarr: ZarrOptions): StreamPlan {
  const isSharded = zarr.zarrFormat !== 2 && zarr.shardChunks !== 1;
  const rowsPerChunk = rowsPerChunkOf(stream, rows, isSharded ? shardedChunkBytesGoal : wholeChunkBytesGoal);
  if (!isSharded) return { rowsPerChunk, blocksPerShard: 1 };
  const blocksPerShard = zarr.shardChunks ?? blocksPerShardOf(stream, rowsPerChunk);
  return { rowsPerChunk, blocksPerShard };
}

function rowsPerChunkOf(stream: StreamSchema, rows: number | undefined, chunkBytesGoal: number): number {
  const largest = Math.max(8, ...stream.columns.map(columnItemBytes));
  const isFrames = stream.kind === "array";
  if (isFrames && largest >= ownChunkBytes) return 1;
  if (rows !== undefined && !isFrames)
    return Math.min(rows, Math.max(1, Math.floor(largestFrameChunkBytes / largest)));
  const smallest = Math.min(...stream.columns.map(columnItemBytes));
  const most = Math.max(1, Math.floor(chunkBytesGoal / largest));
  const inTime = stream.rateHz === undefined ? rowsWithoutRate : Math.ceil(stream.rateHz * secondsPerChunk);
  const least = Math.max(1, Math.ceil(leastChunkBytes / Math.max(8, smallest)));
  const rowBytes = stream.columns.reduce((sum, column) => sum + columnItemBytes(column), indexRowBytes);
  const leastWide = Math.max(1, Math.ceil(leastWideChunkBytes / Math.max(8, smallest)));
  const inMemory = Math.max(leastWide, Math.floor(openChunksBytes / rowBytes));
  return Math.min(most, inMemory, Math.max(least, inTime));
}

function blocksPerShardOf(stream: StreamSchema, rowsPerChunk: number): number {
  const blockBytes = rowsPerChunk * Math.max(8, ...stream.columns.map(columnItemBytes));
  const inBytes = Math.max(1, Math.floor(mostShardBytes / blockBytes));
  const { rateHz } = stream;
  const inTime =
    rateHz === undefined ? mostShardChunks : Math.ceil((rateHz * secondsPerShard) / rowsPerChunk);
  return Math.max(1, Math.min(mostShardChunks, inBytes, inTime));
}

/** The extents of a chunk after the first dimension: those of a record, or fewer rows of a large frame. */
export function chunkItemShapeOf(
  column: Pick<Column, "name" | "dtype" | "shape" | "dims" | "maxBytes">,
): readonly number[] {
  const itemBytes = columnItemBytes(column);
  const [slowest, ...rest] = column.shape;
  if (slowest === undefined || itemBytes <= largestFrameChunkBytes) return column.shape;
  const lines = Math.max(1, Math.floor(tileBytesGoal / (itemBytes / slowest)));
  return [Math.min(lines, slowest), ...rest];
}
