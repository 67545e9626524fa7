import { DaqError } from "../../model/errors.ts";
import { mostPackedBytes, packTexts, unpackTexts } from "../length-prefixed-texts.ts";
import type { Codec } from "./codec-contract.ts";
import { damaged } from "./damaged.ts";
import type { StepOf } from "./encode-step.ts";

const countBytes = 4;

/** How many texts, then each behind its length; decoded, they are cells of one size. (zarr-extensions, "vlen-utf8" codec.) */
export const vlenUtf8: Codec<StepOf<"vlen-utf8">> = {
  check({ cellBytes }) {
    if (Number.isInteger(cellBytes) && cellBytes >= 1) return;
    throw new DaqError("format", `vlen-utf8 works on cells of 1 byte or more, not of ${cellBytes}.`, {
      hint: "Give the room for one text.",
    });
  },

  maxEncodedBytes: ({ cellBytes }, length) =>
    countBytes + mostPackedBytes(Math.ceil(length / cellBytes), cellBytes),

  encode({ cellBytes }, { bytes, view }, { source, length, target, capacity }) {
    const packed = bytes.subarray(target + countBytes, target + capacity);
    view.setUint32(target, length / cellBytes, true);
    const cells = bytes.subarray(source, source + length);
    return countBytes + packTexts(cells, cellBytes, undefined, "empty", packed);
  },

  decode({ cellBytes }, { bytes, view }, { source, length, target, capacity }) {
    const texts = Math.floor(capacity / cellBytes);
    const found = length < countBytes ? undefined : view.getUint32(source, true);
    if (found !== texts) throw damaged("vlen-utf8", `it has ${found ?? "no"} texts, where ${texts} belong`);
    const cells = bytes.subarray(target, target + texts * cellBytes).fill(0);
    const packed = bytes.subarray(source + countBytes, source + length);
    const taken = unpackTexts(packed, cellBytes, undefined, "empty", cells);
    if (taken !== packed.byteLength)
      throw damaged("vlen-utf8", `${packed.byteLength - taken} bytes are behind its last text`);
    return cells.byteLength;
  },
};
