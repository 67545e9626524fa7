import { DaqError } from "../model/errors.ts";

export type UploadProgress = {
  /** What is known of so far; grows while the run goes on. */
  readonly objects: number;
  readonly bytes: number;
  readonly provenObjects: number;
  readonly provenBytes: number;
  /** What the store has taken in this process, also what had to be sent again. */
  readonly sentBytes: number;
  /** Why nothing gets through, and since when; absent while it does. */
  readonly problem?: { readonly message: string; readonly sinceMs: number };
};

/** Counts what an upload does, and ends its patience when nothing got through for too long. */
export class UploadWatch {
  readonly #nowMs: () => number;
  readonly #proven = { objects: 0, bytes: 0 };
  #found = { objects: 0, bytes: 0 };
  #sentBytes = 0;
  #lastArrivalMs: number;
  #problem: { readonly error: unknown; readonly atMs: number } | undefined;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
    this.#lastArrivalMs = nowMs();
  }

  /** Objects that are proven already, or are just now. */
  proven(objects: number, bytes: number): void {
    this.#proven.objects += objects;
    this.#proven.bytes += bytes;
    this.#arrived();
  }

  /** All that a look at the run has found, proven or not. */
  found(objects: number, bytes: number): void {
    this.#found = { objects, bytes };
  }

  sent(bytes: number): void {
    this.#sentBytes += bytes;
    this.#arrived();
  }

  #arrived(): void {
    this.#lastArrivalMs = this.#nowMs();
    this.#problem = undefined;
  }

  failed(error: unknown): void {
    this.#problem = { error, atMs: this.#problem?.atMs ?? this.#nowMs() };
  }

  /** For so long nothing got through; counted from `sinceMs` when that is later. */
  quietMs(sinceMs: number): number {
    return this.#nowMs() - Math.max(sinceMs, this.#lastArrivalMs);
  }

  /** What the last failure was, if there was one since something got through. */
  get problem(): unknown {
    return this.#problem?.error;
  }

  progress(): UploadProgress {
    const problem = this.#problem;
    return {
      objects: Math.max(this.#found.objects, this.#proven.objects),
      bytes: Math.max(this.#found.bytes, this.#proven.bytes),
      provenObjects: this.#proven.objects,
      provenBytes: this.#proven.bytes,
      sentBytes: this.#sentBytes,
      ...(problem === undefined
        ? {}
        : { problem: { message: problemText(problem.error), sinceMs: this.#nowMs() - problem.atMs } }),
    };
  }
}

export function problemText(error: unknown): string {
  if (error instanceof DaqError) return error.message;
  return error instanceof Error ? error.message : String(error);
}
