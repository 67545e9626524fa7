import { DaqError } from "../../model/errors.ts";
import type { LostRange } from "../../model/ledger.ts";
import type { Store } from "../../stores/contract.ts";
import type { DeclaredStream } from "./declare-run.ts";
import { ArrayReader } from "./hierarchy/array-reader.ts";
import type { ZarrArray } from "./hierarchy/zarr-array.ts";
import { missingRowsOfAny } from "./missing-rows.ts";

/** `count` records from sequence number `first` on. */
export type RecordRange = Pick<LostRange, "first" | "count">;

/** Why they are lost, as the ledger says it. */
export const removedDetail = "chunks of them were deleted from the folder, or damaged, while it was written";

/**
 * The records of which a part is not in the folder, though all of their rows were put there: somebody deleted chunks, or
 * damaged a shard. Smaller images of a pyramid do not count, they can be made again. `rows`: what the arrays have. `lost`:
 * records that were lost otherwise, so that numbers can be told where the sequence numbers themselves are gone.
 */
export async function* removedRecords(
  store: Store,
  { timestamps, sequence, columns }: DeclaredStream,
  rows: number,
  lost: readonly RecordRange[] = [],
): AsyncGenerator<RecordRange, void, void> {
  const arrays = [
    timestamps,
    sequence,
    ...columns.flatMap(({ values, validity }) => (validity === undefined ? [values] : [values, validity])),
  ].map(({ array }) => array.withShape([rows, ...array.spec.shape.slice(1)]));
  const numbers = new SequenceNumbers(store, sequence.array.withShape([rows]), lost);
  for await (const { from, end } of missingRowsOfAny(store, arrays)) yield* numbers.of(from, end);
}

/** The sequence numbers of rows, as ranges without holes. */
export class SequenceNumbers {
  readonly #array: ZarrArray;
  readonly #reader: ArrayReader;
  readonly #lost: readonly RecordRange[];

  /** `lost`: numbers that no row has. Those that are not known leave the numbers of rows whose chunk is gone too low. */
  constructor(store: Store, array: ZarrArray, lost: readonly RecordRange[] = []) {
    this.#array = array;
    this.#reader = new ArrayReader(store, array);
    this.#lost = lost.toSorted((a, b) => a.first - b.first);
  }

  async *of(from: number, end: number): AsyncGenerator<RecordRange, void, void> {
    const [rowsPerChunk = 1] = this.#array.spec.chunkShape;
    let next = from === 0 ? 0 : await this.#numberAfter(from - 1);
    for (let row = from; row < end; ) {
      const stop = Math.min(end, (Math.floor(row / rowsPerChunk) + 1) * rowsPerChunk);
      const ranges = (await this.#stored(row, stop)) ?? this.#supposed(next, stop - row);
      yield* ranges;
      const last = ranges.at(-1)!;
      next = last.first + last.count;
      row = stop;
    }
  }

  /** Behind that of a row; 0 where it is not known. */
  async #numberAfter(row: number): Promise<number> {
    const [range] = (await this.#stored(row, row + 1)) ?? [];
    return range === undefined ? 0 : range.first + range.count;
  }

  /** Of rows of one chunk; undefined where that is gone. */
  async #stored(from: number, end: number): Promise<RecordRange[] | undefined> {
    const [rowsPerChunk = 1] = this.#array.spec.chunkShape;
    const block = Math.floor(from / rowsPerChunk);
    const chunk = await this.#reader.readChunk([block]).catch((error: unknown) => {
      if (error instanceof DaqError && error.code === "format") return undefined;
      throw error;
    });
    if (chunk === undefined) return undefined;
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const ranges: { first: number; count: number }[] = [];
    for (let row = from; row < end; row++) {
      const number = Number(view.getBigInt64((row - block * rowsPerChunk) * 8, true));
      const last = ranges.at(-1);
      if (last !== undefined && last.first + last.count === number) last.count++;
      else ranges.push({ first: number, count: 1 });
    }
    return ranges;
  }

  /** So many numbers from `first` on that are not known to be lost. */
  #supposed(first: number, count: number): RecordRange[] {
    const ranges: RecordRange[] = [];
    let [next, left] = [first, count];
    for (const range of this.#lost) {
      const behind = range.first + range.count;
      if (behind <= next) continue;
      const free = Math.min(left, Math.max(0, range.first - next));
      if (free > 0) ranges.push({ first: next, count: free });
      left -= free;
      if (left === 0) return ranges;
      next = behind;
    }
    return [...ranges, { first: next, count: left }];
  }
}
