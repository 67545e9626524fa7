import { checkPlaneElement, planeBlocks } from "./bit-planes.ts";
import type { Codec } from "./codec-contract.ts";
import { damaged } from "./damaged.ts";
import type { StepOf } from "./encode-step.ts";

/** Puts the first bits of the elements of a block first, then their second bits, and so on. */
export const bitshuffle: Codec<StepOf<"bitshuffle">> = {
  check({ codec, elementBytes }) {
    checkPlaneElement(codec, elementBytes);
  },

  maxEncodedBytes: (_step, length) => length,

  encode({ elementBytes }, { bytes, kernels, scratch }, { source, length, target }) {
    let done = 0;
    for (const block of planeBlocks(elementBytes, length)) {
      const elements = block.bytes / elementBytes;
      kernels.bitshuffle(elementBytes, source + block.offset, elements, target + block.offset, scratch);
      done = block.offset + block.bytes;
    }
    bytes.copyWithin(target + done, source + done, source + length);
    return length;
  },

  decode({ elementBytes }, { bytes, kernels, scratch }, { source, length, target, capacity }) {
    if (length > capacity) throw damaged("bitshuffled", `${length} bytes, where ${capacity} belong`);
    let done = 0;
    for (const block of planeBlocks(elementBytes, length)) {
      const elements = block.bytes / elementBytes;
      kernels.bitunshuffle(elementBytes, source + block.offset, elements, target + block.offset, scratch);
      done = block.offset + block.bytes;
    }
    bytes.copyWithin(target + done, source + done, source + length);
    return length;
  },
};
