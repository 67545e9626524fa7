import { DaqError } from "../../model/errors.ts";
import type { Store } from "../../stores/contract.ts";
import { ArrayReader } from "./hierarchy/array-reader.ts";
import { numberOf, placesIn } from "./hierarchy/grid.ts";
import type { ZarrArray } from "./hierarchy/zarr-array.ts";

/** Rows of an array from `from` up to `end`, exclusive. */
export type RowRange = { readonly from: number; readonly end: number };

/** Objects that are looked at ahead: a network folder takes its time for each. */
const looksAhead = 8;

/**
 * The rows of an array of which a part is in no chunk, in order, as few ranges as possible. Looks at every object and at
 * the index of every shard, and keeps none of it. A shard that is damaged has no chunk that could be read.
 */
async function* missingRows(store: Store, array: ZarrArray): AsyncGenerator<RowRange, void, void> {
  yield* joined(rangesByObject(store, array));
}

async function* rangesByObject(store: Store, array: ZarrArray): AsyncGenerator<RowRange, void, void> {
  const [objects = 0] = array.objectCounts;
  const reader = new ArrayReader(store, array);
  const looks: Promise<readonly RowRange[]>[] = [];
  for (let number = 0; number < objects || looks.length > 0; ) {
    while (number < objects && looks.length < looksAhead) {
      const look = array.isSharded
        ? missingInShard(reader, array, number++)
        : missingChunks(store, array, number++);
      // A failure is met when it is its turn; until then it must not count as unhandled.
      look.catch(() => undefined);
      looks.push(look);
    }
    yield* (await looks.shift())!;
  }
}

/** Of a row of chunks that are objects themselves. */
async function missingChunks(store: Store, array: ZarrArray, block: number): Promise<readonly RowRange[]> {
  const [, ...counts] = array.chunkCounts;
  for (const rest of placesIn(
    counts.map(() => 0),
    counts,
  )) {
    const found = await store.stat(array.key([block, ...rest]));
    if (found === undefined || found.bytes === 0) return [rowsOf(array, block)];
  }
  return [];
}

async function missingInShard(
  reader: ArrayReader,
  array: ZarrArray,
  shard: number,
): Promise<readonly RowRange[]> {
  const { chunksPerObjectShape, chunkCounts } = array;
  const [blocksPerShard = 1, ...restShape] = chunksPerObjectShape;
  const places = await placesOf(reader, [shard, ...restShape.map(() => 0)]);
  const missing: RowRange[] = [];
  const first = shard * blocksPerShard;
  const end = Math.min(first + blocksPerShard, chunkCounts[0]!);
  for (let block = first; block < end; block++)
    for (const rest of placesIn(
      restShape.map(() => 0),
      restShape,
    )) {
      if (places.has(numberOf([block - first, ...rest], chunksPerObjectShape))) continue;
      missing.push(rowsOf(array, block));
      break;
    }
  return missing;
}

async function placesOf(
  reader: ArrayReader,
  shardPlace: readonly number[],
): Promise<{ has(chunk: number): boolean }> {
  try {
    return (await reader.readShardIndex(shardPlace)) ?? new Map();
  } catch (error) {
    if (error instanceof DaqError && error.code === "format") return new Map();
    throw error;
  }
}

function rowsOf({ spec }: ZarrArray, block: number): RowRange {
  const [rows = 0] = spec.shape;
  const [rowsPerChunk = 1] = spec.chunkShape;
  return { from: block * rowsPerChunk, end: Math.min(rows, (block + 1) * rowsPerChunk) };
}

/** Ranges in order, those that touch as one. */
async function* joined(ranges: AsyncIterable<RowRange>): AsyncGenerator<RowRange, void, void> {
  let last: RowRange | undefined;
  for await (const range of ranges) {
    if (last !== undefined && range.from <= last.end) {
      last = { from: last.from, end: Math.max(last.end, range.end) };
      continue;
    }
    if (last !== undefined) yield last;
    last = range;
  }
  if (last !== undefined) yield last;
}

/** The rows that are missing in any of several arrays of equal length, in order. */
export async function* missingRowsOfAny(
  store: Store,
  arrays: readonly ZarrArray[],
): AsyncGenerator<RowRange, void, void> {
  yield* joined(inOrder(arrays.map((array) => missingRows(store, array))));
}

/** The ranges of several sources, by where they begin. */
async function* inOrder(
  sources: readonly AsyncGenerator<RowRange, void, void>[],
): AsyncGenerator<RowRange, void, void> {
  const heads: { range: RowRange; readonly source: AsyncGenerator<RowRange, void, void> }[] = [];
  for (const source of sources) {
    const { value } = await source.next();
    if (value !== undefined) heads.push({ range: value, source });
  }
  while (heads.length > 0) {
    let first = 0;
    for (let at = 1; at < heads.length; at++)
      if (heads[at]!.range.from < heads[first]!.range.from) first = at;
    const head = heads[first]!;
    yield head.range;
    const { value } = await head.source.next();
    if (value === undefined) heads.splice(first, 1);
    else head.range = value;
  }
}
