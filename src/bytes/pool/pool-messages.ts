import type { Kernels } from "../../kernels/kernels.ts";
import type { EncodeStep } from "../compress/encode-step.ts";

/** A number that stands for itself, or for the address of the scratch of the worker that makes the call. */
export type KernelArgument = number | "scratch";

export type KernelCall = { readonly kernel: keyof Kernels; readonly args: readonly KernelArgument[] };

/** One piece of work. `id` is greater than 0. */
export type Job =
  | {
      readonly id: number;
      readonly kind: "encode" | "decode";
      readonly steps: readonly EncodeStep[];
      readonly decodedBytes: number;
      readonly source: number;
      readonly length: number;
      readonly result: number;
      readonly spare: number;
      /** Kernels that are called first. */
      readonly before?: readonly KernelCall[];
      /** The CRC-32 of the result is wanted. */
      readonly checksum?: boolean;
    }
  | {
      readonly id: number;
      readonly kind: "checksum";
      readonly before: readonly KernelCall[];
      readonly source: number;
      readonly length: number;
    }
  | ({ readonly id: number; readonly kind: "call" } & KernelCall);

/** What a worker starts with. */
export type WorkerStart = {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Of its own `scratchBytes`. */
  readonly scratch: number;
  /** Of the 32-bit word in which it keeps the id of the job that it is at; 0 between jobs. */
  readonly progress: number;
};

export type ToWorker = { readonly type: "jobs"; readonly jobs: readonly Job[] } | { readonly type: "close" };

export type JobFailure = {
  /** The `code` and `hint` of a `DaqError`; absent: any other error. */
  readonly code?: string;
  readonly hint?: string;
  readonly message: string;
  readonly stack?: string;
};

export type JobOutcome =
  | { readonly id: number; readonly value: number; readonly checksum?: number }
  | { readonly id: number; readonly failure: JobFailure };

export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "done"; readonly outcomes: readonly JobOutcome[] };
