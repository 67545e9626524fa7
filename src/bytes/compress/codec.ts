import { reservedBytes, scratchBytes } from "../../kernels/kernels.ts";
import { compileKernels, createKernelMemory, instantiateKernels } from "../../kernels/load-kernels.ts";
import { DaqError } from "../../model/errors.ts";
import type { CodecMemory } from "./codec-contract.ts";
import type { EncodeStep } from "./encode-step.ts";
import { decodeNeeds, decodePipeline, encodeNeeds, encodePipeline, type PipelineNeeds } from "./pipeline.ts";

export type { EncodeStep } from "./encode-step.ts";

/** Memory up to this size is kept between calls; a larger one is left to the garbage collector. */
const keptBytes = 32 << 20;
const smallestKeptBytes = 4 << 20;
const areasStart = reservedBytes + scratchBytes;

let module: WebAssembly.Module | undefined;
let kept: CodecMemory | undefined;

/** The memory of this thread, or one for this call where that is too small. */
function memoryOf(bytes: number): CodecMemory {
  if (kept !== undefined && kept.bytes.byteLength >= bytes) return kept;
  module ??= compileKernels();
  const isKept = bytes <= keptBytes;
  const memory = newMemory(isKept ? Math.max(2 ** Math.ceil(Math.log2(bytes)), smallestKeptBytes) : bytes);
  const codecMemory = {
    bytes: new Uint8Array(memory.buffer),
    view: new DataView(memory.buffer),
    kernels: instantiateKernels(module, memory),
    scratch: reservedBytes,
  };
  if (isKept) kept = codecMemory;
  return codecMemory;
}

function newMemory(bytes: number): WebAssembly.Memory {
  try {
    return createKernelMemory(bytes);
  } catch (cause) {
    throw new DaqError("format", `Encoding or decoding in one piece would take ${bytes} bytes of memory.`, {
      hint: "At most 4 GiB are possible: choose smaller chunks.",
      cause,
    });
  }
}

function wholePages(bytes: number): number {
  return Math.ceil(bytes / 4096) * 4096;
}

/** Copies `bytes` into this thread's own memory, runs `work` there, and copies the result out. */
function inOwnMemory(
  bytes: Uint8Array,
  { resultBytes, spareBytes }: PipelineNeeds,
  work: (
    memory: CodecMemory,
    areas: { source: number; length: number; result: number; spare: number },
  ) => number,
): Uint8Array {
  const result = areasStart + wholePages(bytes.byteLength);
  const spare = result + wholePages(resultBytes);
  const memory = memoryOf(spare + spareBytes);
  memory.bytes.set(bytes, areasStart);
  const length = work(memory, { source: areasStart, length: bytes.byteLength, result, spare });
  const copy = new Uint8Array(length);
  copy.set(memory.bytes.subarray(result, result + length));
  return copy;
}

/**
 * Runs the steps in the calling thread. Takes about three times the bytes of memory meanwhile. Throws
 * `DaqError("format")` for steps that are not possible.
 */
export function encodeBytes(bytes: Uint8Array, steps: readonly EncodeStep[]): Uint8Array {
  const needs = encodeNeeds(steps, bytes.byteLength);
  return inOwnMemory(bytes, needs, (memory, areas) => encodePipeline(memory, steps, areas));
}

/**
 * Undoes the steps, last one first, in the calling thread. The memory that it takes follows from `decodedBytes` (up to
 * about three times that, and the bytes themselves), not from what damaged bytes claim. Throws `DaqError("format")`, with
 * the codec and the cause, when `bytes` are not `decodedBytes` encoded with these steps.
 */
export function decodeBytes(
  bytes: Uint8Array,
  steps: readonly EncodeStep[],
  decodedBytes: number,
): Uint8Array {
  const needs = decodeNeeds(steps, decodedBytes);
  return inOwnMemory(bytes, needs, (memory, areas) => decodePipeline(memory, steps, decodedBytes, areas));
}
