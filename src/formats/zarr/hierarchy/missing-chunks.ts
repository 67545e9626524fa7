import type { Store } from "../../../stores/contract.ts";
import { ArrayReader } from "./array-reader.ts";
import type { AttributeValue } from "./attributes.ts";
import { countOf, numberOf, placesIn } from "./grid.ts";
import { chunksWithin } from "./open-shard.ts";
import type { ZarrArray } from "./zarr-array.ts";

/** `count` chunks from number `first` on; chunks are numbered in row-major order of their grid. */
export type MissingRange = readonly [first: number, count: number];

/** The account of one array: `chunks = stored + missing`. */
export type ChunkLedger = {
  readonly chunks: number;
  readonly stored: number;
  readonly missing: number;
  /** The first `mostRanges` of them. */
  readonly ranges: readonly MissingRange[];
  /** Ranges beyond those. */
  readonly moreRanges: number;
};

/** The attribute with the ledger, as JSON text: programs that copy arrays to other formats keep text. */
export const ledgerKey = "daq_ledger";

const mostRanges = 1_000;
const indexesAtOnce = 16;

/** One bit for each chunk. */
class ChunkSet {
  readonly #bits: Uint8Array;
  constructor(chunks: number) {
    this.#bits = new Uint8Array(Math.ceil(chunks / 8));
  }

  add(chunk: number): void {
    this.#bits[Math.floor(chunk / 8)]! |= 1 << (chunk % 8);
  }

  has(chunk: number): boolean {
    return (this.#bits[Math.floor(chunk / 8)]! & (1 << (chunk % 8))) !== 0;
  }
}

async function chunksOfShard(
  reader: ArrayReader,
  array: ZarrArray,
  shardPlace: readonly number[],
  shardBytes: number,
): Promise<readonly number[]> {
  const { chunksPerObjectShape, chunkCounts } = array;
  const places = await reader.readShardIndex(shardPlace, shardBytes);
  if (places === undefined) return [];
  const origin = shardPlace.map((index, axis) => index * chunksPerObjectShape[axis]!);
  const zeros = origin.map(() => 0);
  const found: number[] = [];
  for (const within of placesIn(zeros, chunksWithin(array, shardPlace)))
    if (places.has(numberOf(within, chunksPerObjectShape)))
      found.push(
        numberOf(
          within.map((index, axis) => index + origin[axis]!),
          chunkCounts,
        ),
      );
  return found;
}

/** Looks in the store which chunks are there. Reads the indexes of shards, no chunk. */
export async function findMissingChunks(store: Store, array: ZarrArray): Promise<ChunkLedger> {
  const chunks = countOf(array.chunkCounts);
  const there = new ChunkSet(chunks);
  const reader = new ArrayReader(store, array);
  const reading = new Set<Promise<void>>();
  for await (const { key, bytes } of store.list(`${array.path}/`)) {
    const place = array.placeOfKey(key);
    if (place === undefined) continue;
    if (!array.isSharded) {
      there.add(numberOf(place, array.chunkCounts));
      continue;
    }
    const read = chunksOfShard(reader, array, place, bytes).then((chunks) => {
      for (const chunk of chunks) there.add(chunk);
      reading.delete(read);
    });
    // A failure is met below; until then it must not count as unhandled.
    read.catch(() => undefined);
    reading.add(read);
    if (reading.size >= indexesAtOnce) await Promise.race(reading);
  }
  await Promise.all(reading);
  const ranges: [number, number][] = [];
  let missing = 0;
  let moreRanges = 0;
  let last: [number, number] | undefined;
  for (let chunk = 0; chunk < chunks; chunk++) {
    if (there.has(chunk)) {
      last = undefined;
      continue;
    }
    missing++;
    if (last !== undefined) {
      last[1]++;
      continue;
    }
    last = [chunk, 1];
    if (ranges.length < mostRanges) ranges.push(last);
    else moreRanges++;
  }
  return { chunks, stored: chunks - missing, missing, ranges, moreRanges };
}

/** The attribute of an array before it is closed. */
export function openLedger(isFillValueOpen: boolean): AttributeValue {
  return JSON.stringify({ closed: false, ...(isFillValueOpen ? { fillValue: "open" } : {}) });
}

/** Nobody asked for the array's fill value: it is there only while chunks are missing. */
export function isFillValueOpen(attribute: AttributeValue | undefined): boolean {
  try {
    const ledger: unknown = JSON.parse(String(attribute));
    return typeof ledger === "object" && ledger !== null && "fillValue" in ledger;
  } catch {
    return false;
  }
}

/** The attribute of an array that is closed. */
export function ledgerAttribute(ledger: ChunkLedger, isFillOpen: boolean): AttributeValue {
  const { moreRanges, ...rest } = ledger;
  return JSON.stringify({
    closed: true,
    ...rest,
    ...(moreRanges === 0 ? {} : { moreRanges }),
    ...(isFillOpen ? { fillValue: "open" } : {}),
  });
}
