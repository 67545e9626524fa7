import { DaqError } from "../../model/errors.ts";
import type { Codec, CodecAreas, CodecMemory } from "./codec-contract.ts";
import { damaged } from "./damaged.ts";
import type { StepOf } from "./encode-step.ts";

type Shuffle = StepOf<"shuffle">;

/** Puts the first bytes of all elements first, then all second bytes, and so on. */
export const shuffle: Codec<Shuffle> = {
  check({ elementBytes }) {
    if (Number.isInteger(elementBytes) && elementBytes >= 1) return;
    throw new DaqError("format", `shuffle works on elements of 1 byte or more, not of ${elementBytes}.`, {
      hint: "Give the size of one value.",
    });
  },

  maxEncodedBytes: (_step, length) => length,

  encode({ elementBytes }, { kernels }, { source, length, target }) {
    kernels.shuffle(elementBytes, source, length, target);
    return length;
  },

  decode({ elementBytes }, memory: CodecMemory, { source, length, target, capacity }: CodecAreas) {
    if (length > capacity) throw damaged("shuffled", `${length} bytes, where ${capacity} belong`);
    memory.kernels.unshuffle(elementBytes, source, length, target);
    return length;
  },
};
