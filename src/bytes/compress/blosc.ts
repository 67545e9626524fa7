import { DaqError } from "../../model/errors.ts";
import { checkPlaneElement, elementsTogether } from "./bit-planes.ts";
import { decodeBloscChunk } from "./blosc-decode.ts";
import { bloscFlags, bloscHeaderBytes, bloscStreamBytes, compressors } from "./blosc-layout.ts";
import type { Codec, CodecAreas, CodecMemory } from "./codec-contract.ts";
import { encodeDeflate } from "./deflate.ts";
import type { StepOf } from "./encode-step.ts";
import { encodeLz4Block } from "./lz4-block.ts";
import { encodeZstd } from "./zstd.ts";

type Step = StepOf<"blosc">;

/** Blocks of this many bytes stay in a core's own cache through filter and codec. */
const targetBlockBytes = 256 << 10;

/** The chunk's offsets are signed 32-bit numbers. */
const largestBytes = 2 ** 31 - 1 - bloscHeaderBytes;

/** Shorter chunks are stored, as by the library. */
const smallestCompressedBytes = 128;

/** Whole groups of elements, so that each block but the last is filtered as a whole. */
function blockBytesOf({ elementBytes }: Step, length: number): number {
  const group = elementBytes * elementsTogether;
  const bytes = Math.min(length, targetBlockBytes);
  const unit = bytes >= group ? group : elementBytes;
  return bytes >= unit ? Math.floor(bytes / unit) * unit : bytes;
}

export const blosc: Codec<Step> = {
  check({ elementBytes, shuffle, level, inner }) {
    if (!Number.isInteger(elementBytes) || elementBytes < 1 || elementBytes > 255)
      throw new DaqError("format", `blosc works on elements of 1 to 255 bytes, not of ${elementBytes}.`, {
        hint: "Give the size of one value, or 1.",
      });
    if (shuffle === "bit") checkPlaneElement("blosc with bit shuffle", elementBytes);
    if (!Number.isInteger(level) || level < 0 || level > 9)
      throw new DaqError("format", `blosc has no level ${level}.`, {
        hint: "Choose a whole number from 0 to 9; 0 is off.",
      });
    if (!Object.hasOwn(compressors, inner))
      throw new DaqError("format", `blosc has no codec "${inner}" here.`, {
        hint: `Choose from: ${Object.keys(compressors).join(", ")}.`,
      });
  },

  maxEncodedBytes(_step, length) {
    if (length <= largestBytes) return bloscHeaderBytes + length;
    throw new DaqError("format", `A Blosc chunk cannot hold ${length} bytes.`, {
      hint: `Choose chunks of at most ${largestBytes} bytes.`,
    });
  },

  // A foreign chunk may be one block.
  workBytes: (step, length, direction) => (direction === "encode" ? blockBytesOf(step, length) : length),

  encode(step, memory, areas) {
    if (step.level === 0 || areas.length < smallestCompressedBytes) return store(step, memory, areas);
    const encoded = encodeBlocks(step, memory, areas);
    return encoded === 0 ? store(step, memory, areas) : encoded;
  },

  decode: (_step, memory, areas) => decodeBloscChunk(memory, areas),
};

function writeHeader(
  { bytes, view }: CodecMemory,
  target: number,
  header: { flags: number; elementBytes: number; rawBytes: number; blockBytes: number; chunkBytes: number },
): void {
  bytes[target] = 2; // Version of the chunk's layout.
  bytes[target + 1] = 1; // Version of the codec's own format; 1 for all of them.
  bytes[target + 2] = header.flags;
  bytes[target + 3] = header.elementBytes;
  view.setUint32(target + 4, header.rawBytes, true);
  view.setUint32(target + 8, header.blockBytes, true);
  view.setUint32(target + 12, header.chunkBytes, true);
}

/** Libraries do not agree on what bit shuffle does to a part of an element at the end: such a chunk goes without it. */
function shuffleFlag({ shuffle, elementBytes }: Step, length: number): number {
  if (shuffle === "bit") return length % elementBytes === 0 ? bloscFlags.bitShuffle : 0;
  return shuffle === "byte" && elementBytes > 1 ? bloscFlags.byteShuffle : 0;
}

function store(step: Step, memory: CodecMemory, { source, length, target }: CodecAreas): number {
  const chunkBytes = bloscHeaderBytes + length;
  const flags =
    bloscFlags.stored | shuffleFlag(step, length) | (compressors[step.inner] << bloscFlags.compressorShift);
  const blockBytes = blockBytesOf(step, length);
  writeHeader(memory, target, {
    flags,
    elementBytes: step.elementBytes,
    rawBytes: length,
    blockBytes,
    chunkBytes,
  });
  memory.bytes.copyWithin(target + bloscHeaderBytes, source, source + length);
  return chunkBytes;
}

/** Returns 0 when the chunk would not be smaller than what it holds. */
function encodeBlocks(step: Step, memory: CodecMemory, areas: CodecAreas): number {
  const { bytes, view } = memory;
  const { source, length, target, capacity, work } = areas;
  const blockBytes = blockBytesOf(step, length);
  const blocks = Math.ceil(length / blockBytes);
  const filter = shuffleFlag(step, length);
  const end = target + Math.min(capacity, bloscHeaderBytes + length);
  let to = target + bloscHeaderBytes + bloscStreamBytes * blocks;
  for (let block = 0; block < blocks; block++) {
    const rawBytes = Math.min(blockBytes, length - block * blockBytes);
    const start = source + block * blockBytes;
    const from = filter === 0 ? start : filterBlock(step, memory, start, rawBytes, work);
    view.setUint32(target + bloscHeaderBytes + bloscStreamBytes * block, to - target, true);
    const body = to + bloscStreamBytes;
    const room = Math.min(rawBytes - 1, end - body);
    if (room < 0) return 0;
    let stored = encodeStream(step, memory, {
      source: from,
      length: rawBytes,
      target: body,
      capacity: room,
      work,
    });
    if (stored === 0) {
      if (rawBytes > end - body) return 0;
      bytes.copyWithin(body, from, from + rawBytes);
      stored = rawBytes;
    }
    view.setUint32(to, stored, true);
    to = body + stored;
  }
  // The library splits some blocks into a stream for each byte of an element: here that gained nothing.
  const flags = filter | bloscFlags.unsplit | (compressors[step.inner] << bloscFlags.compressorShift);
  const { elementBytes } = step;
  writeHeader(memory, target, { flags, elementBytes, rawBytes: length, blockBytes, chunkBytes: to - target });
  return to - target;
}

/** Returns where the filtered block is. */
function filterBlock(step: Step, memory: CodecMemory, source: number, length: number, work: number): number {
  const { bytes, kernels, scratch } = memory;
  const { elementBytes } = step;
  if (step.shuffle === "byte") {
    kernels.shuffle(elementBytes, source, length, work);
    return work;
  }
  // Version 2 of the layout leaves a block as it is when its elements are not whole groups of 8.
  const elements = Math.floor(length / elementBytes);
  if (elements % elementsTogether !== 0 || elements === 0) return source;
  kernels.bitshuffle(elementBytes, source, elements, work, scratch);
  const done = elements * elementBytes;
  bytes.copyWithin(work + done, source + done, source + length);
  return work;
}

/** Returns 0 when the stream does not get smaller. */
function encodeStream({ inner, level }: Step, memory: CodecMemory, areas: CodecAreas): number {
  // The library's own meaning of its levels.
  switch (inner) {
    case "lz4":
      return encodeLz4Block(memory, areas, 10 - level);
    case "zstd":
      return encodeZstd(level < 9 ? level * 2 - 1 : 22, memory, areas);
    case "zlib":
      return encodeDeflate({ codec: "zlib", level }, memory, areas);
  }
}
