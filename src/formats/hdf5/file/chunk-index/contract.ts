import type { ReadAt } from "../file-context.ts";

/** Where a chunk lies, and which filters it did not go through (bit i: filter i). */
export type ChunkEntry = {
  readonly address: number;
  readonly bytes: number;
  readonly filterMask: number;
};

/** Plain JSON, which does not grow with the number of chunks. */
export type ChunkIndexState = { readonly chunks: number; readonly places: readonly number[] };

/** A state that was read from the file; no part of the index and no chunk lies at or behind `endBytes`. */
export type LocatedIndex = {
  readonly places: readonly number[];
  readonly endBytes: number;
  readonly last?: ChunkEntry;
};

/**
 * Finds the chunks of one dataset, which come in row-major order. Nothing of what it writes is looked at by a reader
 * before the dataset's header says so: what an older header leads to stays as it is, also when only a part of the writes
 * of `write`, or of `connect` after a complete `write`, reached the disk.
 */
export interface ChunkIndex {
  readonly chunks: number;
  /** Takes the places that the header refers to from the start; the same in every run. */
  layOut(): void;
  /** The body of the data layout message. */
  layoutMessage(): Uint8Array;
  append(entry: ChunkEntry): void;
  /** Another place for the last chunk, which readers may know already. */
  replaceLast(entry: ChunkEntry): void;
  /** Writes what no reader comes across yet. May be tried again when it rejects, like `connect`. */
  write(): Promise<void>;
  /** Lets what was written be found, by readers of a header that includes it. */
  connect(): Promise<void>;
  state(): ChunkIndexState;
  /** The state of an index of that many chunks, which a data layout message in the file leads to. Writes nothing. */
  locate(layout: Uint8Array, chunks: number, read: ReadAt): Promise<LocatedIndex>;
  /** Reads back what belongs to a state, and says so when it is not there. Writes nothing. */
  restore(state: ChunkIndexState, read: ReadAt): Promise<void>;
  /** Takes everything out of the file that came after the restored state. */
  rewind(): Promise<void>;
}
