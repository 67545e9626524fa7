import { type Kernels, reservedBytes } from "../../kernels/kernels.ts";
import { compileKernels, createKernelMemory, instantiateKernels } from "../../kernels/load-kernels.ts";
import type { Batch } from "../../model/batch.ts";
import type { MemoryArea, RowLayout } from "./row-layout.ts";

/**
 * Batches that take no more than this are made text by the calling thread: about 0.2 ms, which is what it takes to have
 * a worker do it.
 */
export const mostBytesHere = 512 << 10;

let here: { readonly kernels: Kernels; readonly area: MemoryArea } | undefined;

function kernelsHere(): { readonly kernels: Kernels; readonly area: MemoryArea } {
  if (here === undefined) {
    const memory = createKernelMemory(reservedBytes + mostBytesHere);
    const kernels = instantiateKernels(compileKernels(), memory);
    const bytes = new Uint8Array(memory.buffer, reservedBytes, mostBytesHere);
    here = { kernels, area: { address: reservedBytes, bytes } };
  }
  return here;
}

/** The text of a batch whose `areaBytes` are at most `mostBytesHere`; valid until the next call. */
export function encodeHere(layout: RowLayout, batch: Batch): Uint8Array {
  const { kernels, area } = kernelsHere();
  const length = kernels.encodeRows(...layout.fill(area, batch, 0, batch.count));
  layout.checkAllWritten(area, batch.count);
  return area.bytes.subarray(0, length);
}
