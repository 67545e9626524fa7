import { DaqError } from "../../model/errors.ts";
import type { Codec } from "./codec-contract.ts";
import { damaged } from "./damaged.ts";
import type { StepOf } from "./encode-step.ts";

/** Snappy keeps the length in 32 bits. */
const largestBytes = 2 ** 32 - 1;

export const snappy: Codec<StepOf<"snappy">> = {
  // The library's MaxCompressedLength.
  maxEncodedBytes(_step, length) {
    if (length <= largestBytes) return 32 + length + Math.floor(length / 6);
    throw new DaqError("format", `Snappy cannot hold ${length} bytes.`, {
      hint: `Choose chunks of at most ${largestBytes} bytes.`,
    });
  },

  encode({ passesNoise }, { kernels, scratch }, { source, length, target, capacity }) {
    return kernels.snappyCompress(source, length, target, capacity, scratch, passesNoise ? 1 : 0);
  },

  decode(_step, { kernels }, { source, length, target, capacity }) {
    const decoded = kernels.snappyDecompress(source, length, target, capacity);
    if (decoded < 0) throw damaged("snappy", `it is not Snappy's format of at most ${capacity} bytes`);
    return decoded;
  },
};
