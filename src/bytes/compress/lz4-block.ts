import { DaqError } from "../../model/errors.ts";
import type { Codec, CodecAreas, CodecMemory } from "./codec-contract.ts";
import { damaged } from "./damaged.ts";
import type { StepOf } from "./encode-step.ts";

/** LZ4_MAX_INPUT_SIZE: other decoders do not promise to take more. */
const largestBlockBytes = 0x7e00_0000;

/** LZ4_COMPRESSBOUND. */
export function maxLz4BlockBytes(length: number): number {
  return length + Math.floor(length / 255) + 16;
}

/** One raw LZ4 block; returns its bytes, or 0 when there is not enough room. `acceleration` as the kernel's. */
export function encodeLz4Block(
  { bytes, kernels, scratch }: CodecMemory,
  areas: CodecAreas,
  acceleration = 1,
): number {
  const { source, length, target, capacity } = areas;
  if (length > 0) return kernels.lz4Compress(source, length, target, capacity, scratch, acceleration);
  if (capacity === 0) return 0;
  bytes[target] = 0; // One sequence of no literals.
  return 1;
}

export const lz4Block: Codec<StepOf<"lz4-block">> = {
  maxEncodedBytes(_step, length) {
    if (length <= largestBlockBytes) return maxLz4BlockBytes(length);
    throw new DaqError("format", `An LZ4 block cannot hold ${length} bytes.`, {
      hint: `Choose chunks of at most ${largestBlockBytes} bytes.`,
    });
  },

  encode: (_step, memory, areas) => encodeLz4Block(memory, areas),

  decode(_step, { kernels }, { source, length, target, capacity }) {
    const decoded = kernels.lz4Decompress(source, length, target, capacity);
    if (decoded < 0) throw damaged("lz4", `it is not an LZ4 block of at most ${capacity} bytes`);
    return decoded;
  },
};
