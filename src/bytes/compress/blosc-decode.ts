import { elementsTogether } from "./bit-planes.ts";
import { bloscFlags, bloscHeaderBytes, bloscStreamBytes, compressors, streamsOf } from "./blosc-layout.ts";
import type { CodecAreas, CodecMemory } from "./codec-contract.ts";
import { damaged } from "./damaged.ts";
import { deflate } from "./deflate.ts";
import { lz4Block } from "./lz4-block.ts";
import { zstd } from "./zstd.ts";

type Header = {
  readonly flags: number;
  readonly elementBytes: number;
  readonly rawBytes: number;
  readonly blockBytes: number;
};

/** Decodes a chunk as its own header says; `work` has as many bytes as `capacity`. */
export function decodeBloscChunk(memory: CodecMemory, areas: CodecAreas): number {
  const { bytes } = memory;
  const { source, length, target, work } = areas;
  const header = readHeader(memory, areas);
  const { flags, rawBytes, blockBytes } = header;
  if ((flags & bloscFlags.stored) !== 0) {
    if (length !== bloscHeaderBytes + rawBytes)
      throw damaged("blosc", `it has ${length} bytes, where ${bloscHeaderBytes + rawBytes} belong`);
    bytes.copyWithin(target, source + bloscHeaderBytes, source + length);
    return rawBytes;
  }
  const blocks = Math.ceil(rawBytes / blockBytes);
  const bodyStart = bloscHeaderBytes + blocks * bloscStreamBytes;
  if (bodyStart > length) throw damaged("blosc", "it ends within the places of its blocks");
  for (let block = 0; block < blocks; block++) {
    const offset = block * blockBytes;
    const bytesInBlock = Math.min(blockBytes, rawBytes - offset);
    const isFiltered = filterOf(header, bytesInBlock) !== "none";
    const start = memory.view.getUint32(source + bloscHeaderBytes + block * bloscStreamBytes, true);
    if (start < bodyStart || start > length) throw damaged("blosc", `block ${block} is outside the chunk`);
    const room = { source: source + start, length: length - start, capacity: bytesInBlock, work };
    decodeStreams(memory, header, { ...room, target: isFiltered ? work : target + offset });
    if (isFiltered) unfilter(memory, header, work, bytesInBlock, target + offset);
  }
  return rawBytes;
}

function readHeader({ bytes, view }: CodecMemory, { source, length, capacity }: CodecAreas): Header {
  if (length < bloscHeaderBytes) throw damaged("blosc", `it has ${length} bytes, less than its header`);
  const version = bytes[source]!;
  if (version !== 2) throw damaged("blosc", `it is of version ${version}, where 2 was expected`);
  const flags = bytes[source + 2]!;
  const elementBytes = bytes[source + 3]!;
  const rawBytes = view.getUint32(source + 4, true);
  const blockBytes = view.getUint32(source + 8, true);
  const chunkBytes = view.getUint32(source + 12, true);
  if (chunkBytes !== length) throw damaged("blosc", `it has ${length} bytes, but says ${chunkBytes}`);
  if (rawBytes > capacity)
    throw damaged("blosc", `it says that it holds ${rawBytes} bytes, where ${capacity} belong`);
  if (rawBytes > 0 && (blockBytes === 0 || elementBytes === 0))
    throw damaged("blosc", "its blocks or elements have no bytes");
  return { flags, elementBytes, rawBytes, blockBytes };
}

function filterOf({ flags, elementBytes }: Header, length: number): "none" | "byte" | "bit" {
  if ((flags & bloscFlags.byteShuffle) !== 0 && elementBytes > 1) return "byte";
  if ((flags & bloscFlags.bitShuffle) === 0) return "none";
  // Version 2 of the layout leaves a block as it is when its elements are not whole groups of 8.
  const elements = Math.floor(length / elementBytes);
  return elements > 0 && elements % elementsTogether === 0 ? "bit" : "none";
}

function unfilter(
  { bytes, kernels, scratch }: CodecMemory,
  header: Header,
  source: number,
  length: number,
  target: number,
): void {
  const { elementBytes } = header;
  if (filterOf(header, length) === "byte") {
    kernels.unshuffle(elementBytes, source, length, target);
    return;
  }
  if (![1, 2, 4, 8].includes(elementBytes))
    throw damaged("blosc", `bit shuffle of elements of ${elementBytes} bytes is not known here`);
  const elements = Math.floor(length / elementBytes);
  kernels.bitunshuffle(elementBytes, source, elements, target, scratch);
  const done = elements * elementBytes;
  bytes.copyWithin(target + done, source + done, source + length);
}

/** Decodes the streams of one block to `target`; `length` is what is left of the chunk. */
function decodeStreams(memory: CodecMemory, header: Header, areas: CodecAreas): void {
  const { bytes, view } = memory;
  const { source, length, target, capacity, work } = areas;
  const end = source + length;
  const isSplit = (header.flags & bloscFlags.unsplit) === 0;
  const streams = streamsOf(isSplit, header.elementBytes, header.blockBytes, capacity);
  if (capacity % streams !== 0) throw damaged("blosc", "its blocks do not hold whole elements");
  const partBytes = capacity / streams;
  let from = source;
  for (let part = 0; part < streams; part++) {
    const stored = end - from < bloscStreamBytes ? -1 : view.getInt32(from, true);
    from += bloscStreamBytes;
    if (stored < 0 || stored > end - from) throw damaged("blosc", "it ends within a stream");
    const to = target + part * partBytes;
    const room = { source: from, length: stored, target: to, capacity: partBytes, work };
    if (stored === partBytes) bytes.copyWithin(to, from, from + stored);
    else if (decodeStream(memory, header.flags >> bloscFlags.compressorShift, room) !== partBytes)
      throw damaged("blosc", `a stream does not hold ${partBytes} bytes`);
    from += stored;
  }
}

function decodeStream(memory: CodecMemory, compressor: number, areas: CodecAreas): number {
  switch (compressor) {
    case compressors.lz4:
      return lz4Block.decode({ codec: "lz4-block" }, memory, areas);
    case compressors.zlib:
      return deflate.decode({ codec: "zlib", level: 1 }, memory, areas);
    case compressors.zstd:
      return zstd.decode({ codec: "zstd", level: 1 }, memory, areas);
    default:
      throw damaged("blosc", `its codec number ${compressor} is not known here (blosclz is 0, snappy 2)`);
  }
}
