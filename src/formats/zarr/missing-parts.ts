import { DaqError } from "../../model/errors.ts";
import type { Store, StoredObject } from "../../stores/contract.ts";
import { countOf, numberOf } from "./hierarchy/grid.ts";
import { keyIn } from "./hierarchy/node-path.ts";
import { readNode } from "./hierarchy/read-node.ts";
import type { ZarrArray } from "./hierarchy/zarr-array.ts";
import { presentRows } from "./present-rows.ts";
import { readRunRoot } from "./run-root.ts";
import { type StreamLayout, streamLayouts } from "./stream-layout.ts";

/** Objects of one array: a bit for each of them that is there. */
class FoundObjects {
  readonly array: ZarrArray;
  readonly #bits: Uint8Array;

  constructor(array: ZarrArray) {
    this.array = array;
    this.#bits = new Uint8Array(Math.ceil(countOf(array.objectCounts) / 8));
  }

  add(key: string): void {
    const place = this.array.placeOfKey(key);
    if (place === undefined) return;
    const number = numberOf(place, this.array.objectCounts);
    this.#bits[number >> 3]! |= 1 << (number & 7);
  }

  /** What is not there, in words; undefined where all of it is. */
  problem(): string | undefined {
    const { array } = this;
    const objects = countOf(array.objectCounts);
    let first: number | undefined;
    let missing = 0;
    for (let number = 0; number < objects; number++) {
      if ((this.#bits[number >> 3]! & (1 << (number & 7))) !== 0) continue;
      first ??= number;
      missing++;
    }
    if (first === undefined) return undefined;
    const key = array.key(placeOf(first, array.objectCounts));
    const what = array.isSharded ? "shard" : "chunk";
    if (objects === 1) return `${key} is not there: the only ${what} of ${array.path}.`;
    return missing === 1
      ? `${key} is not there: one of the ${objects} ${what}s of ${array.path}.`
      : `${missing} of the ${objects} ${what}s of ${array.path} are not there, ${key} and further ones.`;
  }
}

/** The inverse of `numberOf`. */
function placeOf(number: number, counts: readonly number[]): readonly number[] {
  let rest = number;
  return counts
    .toReversed()
    .map((count) => {
      const index = rest % count;
      rest = Math.floor(rest / count);
      return index;
    })
    .toReversed();
}

/**
 * Arrays, chunks and shards of a finished run that are not in its folder, though its ledger has their records as stored. By
 * names and sizes alone; where the ledger has records as deleted while it was recorded, also by the indexes of the shards.
 * Nothing is said of another program's hierarchy, where a chunk that is not there means the fill value.
 */
export async function missingZarrParts(
  path: string,
  objects?: AsyncIterable<StoredObject>,
): Promise<readonly string[]> {
  const { store, record } = await readRunRoot(path);
  if (record?.complete !== true) return [];
  const { run, options, ledger } = record;
  const problems: string[] = [];
  const found = new Map<string, FoundObjects>();
  for (const layout of streamLayouts(run.streams, options.chunkRows, options.zarr ?? {})) {
    const { arrays, missing } = await arraysOf(store, layout);
    problems.push(...missing);
    const stored = ledger?.accounts.find(({ stream }) => stream === layout.stream.name)?.stored;
    const rows = arrays[0]?.spec.shape[0] ?? 0;
    if (missing.length > 0 || stored === undefined || stored >= rows)
      for (const array of arrays) found.set(array.path, new FoundObjects(array));
    // What is only listed is not here to be looked into.
    else if (objects === undefined) problems.push(...(await problemBeyond(store, arrays, rows - stored)));
  }
  for await (const { key, bytes } of objects ?? store.list("")) if (bytes > 0) arrayOf(key, found)?.add(key);
  return [...problems, ...[...found.values()].flatMap((array) => array.problem() ?? [])];
}

/** The array that an object is below: some parts of its key are its place. */
function arrayOf(key: string, arrays: ReadonlyMap<string, FoundObjects>): FoundObjects | undefined {
  for (let end = key.lastIndexOf("/"); end > 0; end = key.lastIndexOf("/", end - 1)) {
    const found = arrays.get(key.slice(0, end));
    if (found !== undefined) return found;
  }
  return undefined;
}

async function arraysOf(
  store: Store,
  { group, timestamps, sequence, columns }: StreamLayout,
): Promise<{ readonly arrays: readonly ZarrArray[]; readonly missing: readonly string[] }> {
  const names = [
    timestamps,
    sequence,
    ...columns.flatMap(({ name, validityName }) =>
      validityName === undefined ? [name] : [name, validityName],
    ),
  ];
  const arrays: ZarrArray[] = [];
  const missing: string[] = [];
  for (const name of names) {
    const path = keyIn(group, name);
    try {
      const node = await readNode(store, path);
      if (node?.kind === "array") arrays.push(node.array);
      else missing.push(`The array ${path} is missing.`);
    } catch (error) {
      if (!(error instanceof DaqError)) throw error;
      missing.push(error.message);
    }
  }
  return { arrays, missing };
}

async function problemBeyond(store: Store, arrays: readonly ZarrArray[], lost: number): Promise<string[]> {
  try {
    await presentRows(store, arrays, lost);
    return [];
  } catch (error) {
    if (error instanceof DaqError && error.code === "format") return [error.message];
    throw error;
  }
}
