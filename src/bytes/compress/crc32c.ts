import type { Codec } from "./codec-contract.ts";
import { damaged } from "./damaged.ts";
import type { StepOf } from "./encode-step.ts";

const sumBytes = 4;

export const crc32c: Codec<StepOf<"crc32c">> = {
  maxEncodedBytes: (_step, length) => length + sumBytes,

  encode(_step, { bytes, view, kernels }, { source, length, target }) {
    bytes.copyWithin(target, source, source + length);
    view.setUint32(target + length, kernels.crc32c(0, source, length), true);
    return length + sumBytes;
  },

  decode(_step, { bytes, view, kernels }, { source, length, target, capacity }) {
    const rest = length - sumBytes;
    if (rest < 0 || rest > capacity)
      throw damaged("crc32c", `${length} bytes, where ${capacity} and 4 belong`);
    const stored = view.getUint32(source + rest, true);
    const computed = kernels.crc32c(0, source, rest) >>> 0;
    if (stored !== computed)
      throw damaged("crc32c", `its checksum is ${computed.toString(16)}, stored is ${stored.toString(16)}`);
    bytes.copyWithin(target, source, source + rest);
    return rest;
  },
};
