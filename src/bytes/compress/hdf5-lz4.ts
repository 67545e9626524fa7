import { DaqError } from "../../model/errors.ts";
import type { Codec } from "./codec-contract.ts";
import { damaged } from "./damaged.ts";
import type { StepOf } from "./encode-step.ts";
import { encodeLz4Block } from "./lz4-block.ts";

/** The plugin's own default. */
const defaultBlockBytes = 1 << 30;
const headerBytes = 12;
const sizeBytes = 4;

/**
 * ```
 * u64 BE all bytes │ u32 BE bytes of a block │ u32 BE stored bytes │ LZ4 block │ u32 BE … │ …
 * ```
 * A block whose stored bytes are as many as it holds is stored as it is.
 */
export const hdf5Lz4: Codec<StepOf<"hdf5-lz4">> = {
  check({ blockBytes = defaultBlockBytes }) {
    if (Number.isInteger(blockBytes) && blockBytes >= 1 && blockBytes <= 0x7e00_0000) return;
    throw new DaqError("format", `hdf5-lz4 has no blocks of ${blockBytes} bytes.`, {
      hint: "Leave the block size out, or choose from 1 to 2113929216.",
    });
  },

  maxEncodedBytes: ({ blockBytes = defaultBlockBytes }, length) =>
    headerBytes + length + sizeBytes * Math.ceil(length / blockBytes),

  encode({ blockBytes = defaultBlockBytes }, memory, areas) {
    const { bytes, view } = memory;
    const { source, length, target, work } = areas;
    const block = Math.max(Math.min(blockBytes, length), 1);
    view.setBigUint64(target, BigInt(length), false);
    view.setUint32(target + 8, block, false);
    let to = target + headerBytes;
    for (let from = source; from < source + length; from += block) {
      const rawBytes = Math.min(block, source + length - from);
      const body = to + sizeBytes;
      const room = { source: from, length: rawBytes, target: body, capacity: rawBytes - 1, work };
      let stored = encodeLz4Block(memory, room);
      if (stored === 0) {
        stored = rawBytes;
        bytes.copyWithin(body, from, from + rawBytes);
      }
      view.setUint32(to, stored, false);
      to = body + stored;
    }
    return to - target;
  },

  decode(_step, { bytes, view, kernels }, { source, length, target, capacity }) {
    const end = source + length;
    if (length < headerBytes) throw damaged("hdf5-lz4", `it has ${length} bytes, less than its header`);
    const decodedBytes = view.getBigUint64(source, false);
    if (decodedBytes > BigInt(capacity))
      throw damaged("hdf5-lz4", `it says that it holds ${decodedBytes} bytes, where ${capacity} belong`);
    const block = view.getUint32(source + 8, false);
    const targetEnd = target + Number(decodedBytes);
    let from = source + headerBytes;
    let to = target;
    while (to < targetEnd) {
      const rawBytes = Math.min(block, targetEnd - to);
      if (rawBytes === 0) throw damaged("hdf5-lz4", "its blocks have no bytes");
      const stored = end - from < sizeBytes ? -1 : view.getUint32(from, false);
      from += sizeBytes;
      if (stored < 0 || stored > end - from) throw damaged("hdf5-lz4", "it ends within a block");
      if (stored === rawBytes) bytes.copyWithin(to, from, from + stored);
      else if (kernels.lz4Decompress(from, stored, to, rawBytes) !== rawBytes)
        throw damaged("hdf5-lz4", `the block at byte ${to - target} is not one of ${rawBytes} bytes`);
      from += stored;
      to += rawBytes;
    }
    if (from !== end) throw damaged("hdf5-lz4", `${end - from} bytes follow its last block`);
    return to - target;
  },
};
