import { DaqError } from "../../../model/errors.ts";
import type { FileSpace } from "./file-space.ts";
import type { GlobalHeap } from "./global-heap.ts";
import type { PayloadWrites } from "./payload-writes.ts";

export type ReadAt = (offsetBytes: number, length: number) => Promise<Uint8Array>;

/** What the parts of one file share. */
export type FileContext = {
  /** For messages. */
  readonly path: string;
  readonly space: FileSpace;
  readonly heap: GlobalHeap;
  readonly chunkIndex: "btree" | "extensible-array";
  /** How long a place rests before other bytes go there, so that no reader takes them for the old ones. */
  readonly placeRestMs: number;
  readonly now: () => number;
  readonly writeAt: (address: number, pieces: readonly Uint8Array[]) => Promise<void>;
  readonly payload: PayloadWrites;
  /** `adopted`: no data is added any more, only what belongs to the end. */
  phase: "declaring" | "open" | "adopted" | "closed" | "released" | "failed";
  /** Checkpoints so far. */
  generation: number;
};

/** Throws unless objects can still be declared. */
export function mustBeDeclaring(context: FileContext, what: string): void {
  if (context.phase === "declaring") return;
  throw misuse(context, `${what} is declared after the file was laid out`);
}

/** Throws unless data can be written. */
export function mustBeOpen(context: FileContext, what: string): void {
  if (context.phase === "open") return;
  const state = context.phase === "declaring" ? "begun" : context.phase;
  throw misuse(context, `${what} is written to, but the file is ${state === "begun" ? "not begun" : state}`);
}

/** A call that no program should make. */
export function misuse(context: FileContext, problem: string): DaqError {
  return new DaqError("format", `${context.path}: ${problem}.`, {
    hint: "The program that writes has to be corrected.",
  });
}

/** A file that is not what its last checkpoint says. */
export function damaged(context: FileContext, problem: string): DaqError {
  return new DaqError("format", `${context.path} cannot be continued: ${problem}.`, {
    hint: "Something else changed the file after the crash, or the disk damaged it. Keep it as it is: HDF5 readers may still open it.",
  });
}
