import { DaqError } from "../../model/errors.ts";
import { checkPlaneElement, elementsTogether, planeBlockBytes, planeBlocks } from "./bit-planes.ts";
import { bitshuffle } from "./bitshuffle.ts";
import type { Codec, CodecAreas, CodecMemory } from "./codec-contract.ts";
import { damaged } from "./damaged.ts";
import type { StepOf } from "./encode-step.ts";
import { encodeLz4Block, lz4Block, maxLz4BlockBytes } from "./lz4-block.ts";
import { zstd } from "./zstd.ts";

type Step = StepOf<"hdf5-bitshuffle">;

const name = "hdf5-bitshuffle";
const headerBytes = 12;
const sizeBytes = 4;

function plain({ elementBytes }: Step) {
  return { codec: "bitshuffle", elementBytes } as const;
}

function zstdStep({ level = 1 }: Step) {
  return { codec: "zstd", level } as const;
}

function maxBlockBytes(step: Step, bytes: number): number {
  return step.inner === "lz4" ? maxLz4BlockBytes(bytes) : zstd.maxEncodedBytes(zstdStep(step), bytes);
}

/**
 * Without a codec, just the shuffled blocks. With one:
 * ```
 * u64 BE all bytes │ u32 BE bytes of a block │ u32 BE stored bytes │ shuffled and compressed block │ … │ the rest
 * ```
 * The rest is fewer than 8 elements, as they are.
 */
export const hdf5Bitshuffle: Codec<Step> = {
  check(step) {
    checkPlaneElement(name, step.elementBytes);
    if (step.inner === "zstd") zstd.check!(zstdStep(step));
  },

  maxEncodedBytes(step, length) {
    if (step.inner === "none") return length;
    const block = planeBlockBytes(step.elementBytes);
    return (
      headerBytes +
      Math.ceil(length / block) * (sizeBytes + maxBlockBytes(step, block)) +
      elementsTogether ** 2
    );
  },

  // A foreign file may have all in one block.
  workBytes(step, length, direction) {
    if (step.inner === "none") return 0;
    return direction === "encode" ? planeBlockBytes(step.elementBytes) : length;
  },

  encode(step, memory, areas) {
    if (step.inner === "none") return bitshuffle.encode(plain(step), memory, areas);
    const { bytes, view, kernels, scratch } = memory;
    const { source, length, target, capacity, work } = areas;
    const { elementBytes } = step;
    if (length % elementBytes !== 0)
      throw new DaqError("format", `${name}: ${length} bytes are not whole elements of ${elementBytes}.`);
    view.setBigUint64(target, BigInt(length), false);
    view.setUint32(target + 8, planeBlockBytes(elementBytes), false);
    let to = target + headerBytes;
    let done = 0;
    for (const block of planeBlocks(elementBytes, length)) {
      kernels.bitshuffle(elementBytes, source + block.offset, block.bytes / elementBytes, work, scratch);
      const body = to + sizeBytes;
      const room = {
        source: work,
        length: block.bytes,
        target: body,
        capacity: target + capacity - body,
        work,
      };
      const stored =
        step.inner === "lz4" ? encodeLz4Block(memory, room) : zstd.encode(zstdStep(step), memory, room);
      view.setUint32(to, stored, false);
      to = body + stored;
      done = block.offset + block.bytes;
    }
    bytes.copyWithin(to, source + done, source + length);
    return to + length - done - target;
  },

  decode(step, memory, areas) {
    if (step.inner === "none") return bitshuffle.decode(plain(step), memory, areas);
    const { bytes, view, kernels, scratch } = memory;
    const { source, length, target, capacity, work } = areas;
    const { elementBytes } = step;
    const end = source + length;
    if (length < headerBytes) throw damaged(name, `it has ${length} bytes, less than its header`);
    const declared = view.getBigUint64(source, false);
    if (declared > BigInt(capacity))
      throw damaged(name, `it says that it holds ${declared} bytes, where ${capacity} belong`);
    const decodedBytes = Number(declared);
    const blockBytes = view.getUint32(source + 8, false);
    if (blockBytes === 0 || blockBytes % (elementBytes * elementsTogether) !== 0)
      throw damaged(name, `blocks of ${blockBytes} bytes do not hold groups of 8 elements`);
    let from = source + headerBytes;
    let done = 0;
    for (const block of planeBlocks(elementBytes, decodedBytes, blockBytes)) {
      const stored = end - from < sizeBytes ? -1 : view.getUint32(from, false);
      from += sizeBytes;
      if (stored < 0 || stored > end - from) throw damaged(name, "it ends within a block");
      const room = { source: from, length: stored, target: work, capacity: block.bytes, work };
      if (decodeBlock(step, memory, room) !== block.bytes)
        throw damaged(name, `the block at byte ${block.offset} is not one of ${block.bytes} bytes`);
      kernels.bitunshuffle(elementBytes, work, block.bytes / elementBytes, target + block.offset, scratch);
      from += stored;
      done = block.offset + block.bytes;
    }
    if (end - from !== decodedBytes - done)
      throw damaged(name, "what follows its last block has a wrong length");
    bytes.copyWithin(target + done, from, end);
    return decodedBytes;
  },
};

function decodeBlock(step: Step, memory: CodecMemory, areas: CodecAreas): number {
  if (step.inner === "lz4") return lz4Block.decode({ codec: "lz4-block" }, memory, areas);
  return zstd.decode(zstdStep(step), memory, areas);
}
