import { DaqError, type ErrorCode } from "../../model/errors.ts";
import type { AddressSpace } from "./address-space.ts";
import type { Block } from "./block.ts";
import type { Job, JobFailure } from "./pool-messages.ts";

/** Memory of a job, from when it is posted until its outcome. */
export type JobAreas = {
  /** Where the result's memory is from; the spare one is always of the outputs' part. */
  readonly space: AddressSpace;
  readonly result: number;
  readonly resultBytes: number;
  readonly spare: number;
  readonly spareBytes: number;
};

/** A piece of work from the call to its outcome. */
export type PendingJob = {
  readonly id: number;
  /** For messages: "zlib of 8388608 bytes". */
  readonly what: string;
  /** How much work it is, in bytes of input. */
  readonly weight: number;
  readonly input: Block | undefined;
  /** False: its outcome is a number alone, and it needs no memory. */
  readonly hasResult: boolean;
  /** The result goes to the memory for what is kept for long, where there is room. */
  readonly isKept: boolean;
  readonly resultBytes: number;
  readonly spareBytes: number;
  readonly message: (id: number, areas: JobAreas) => Job;
  readonly done: (value: number, areas: JobAreas, checksum: number | undefined) => void;
  readonly failed: (error: Error) => void;
  areas: JobAreas | undefined;
  /** Workers that ended while they had it. */
  endedWorkers: number;
};

/** The error of a job whose worker threw. */
export function jobError(what: string, failure: JobFailure): DaqError {
  const { code, hint, message, stack } = failure;
  if (code !== undefined) return new DaqError(code as ErrorCode, message, hint === undefined ? {} : { hint });
  const cause = new Error(message);
  if (stack !== undefined) cause.stack = stack;
  return new DaqError("process", `A worker failed at ${what}: ${message}`, { cause });
}

/** The error of a job whose worker ended at it. */
export function endedError(what: string, reason: string, cause: unknown): DaqError {
  return new DaqError("process", `A worker ended at ${what} (${reason}); it was replaced.`, {
    hint: "Check the memory of the machine, and try again; what was stored before is not touched by this.",
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The error of work that a closed pool did not begin. */
export function closedError(what: string): DaqError {
  return new DaqError("process", `The pool of workers was closed before it began ${what}.`, {
    hint: "The program that closes it has to wait for its work first.",
  });
}
