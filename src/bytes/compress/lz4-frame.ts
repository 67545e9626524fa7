import type { Codec, CodecAreas, CodecMemory } from "./codec-contract.ts";
import { damaged } from "./damaged.ts";
import type { StepOf } from "./encode-step.ts";
import { encodeLz4Block } from "./lz4-block.ts";
import { decodeLinkedLz4Block } from "./lz4-linked-block.ts";
import { xxh32 } from "./xxh32.ts";

const magic = 0x184d_2204;
/** Magic, flags, block size, content size, and a byte of the checksum of the three. */
export const lz4FrameHeaderBytes = 15;
const sizeBytes = 4;
/** In the length of a block that is stored as it is. */
export const lz4StoredBit = 0x8000_0000;

const flags = {
  version: 0b0100_0000,
  versionMask: 0b1100_0000,
  independentBlocks: 0b0010_0000,
  blockChecksums: 0b0001_0000,
  contentSize: 0b0000_1000,
  contentChecksum: 0b0000_0100,
  dictionary: 0b0000_0001,
} as const;

/** The sizes that a frame can announce for its blocks, by code. */
const blockSizes: readonly (readonly [code: number, bytes: number])[] = [
  [4, 64 << 10],
  [5, 256 << 10],
  [6, 1 << 20],
  [7, 4 << 20],
];

export const largestLz4FrameBlock = 4 << 20;

/** Blocks as large as there are: each begins with an empty dictionary. */
function blockSizeFor(length: number): readonly [code: number, bytes: number] {
  return blockSizes.find(([, bytes]) => length <= bytes) ?? blockSizes.at(-1)!;
}

/** Put before the blocks of a frame that was made in pieces; blocks are at most 4 MiB, and all but the last of one size. */
export function writeLz4FrameHeader(view: DataView, at: number, length: number): void {
  view.setUint32(at, magic, true);
  view.setUint8(at + 4, flags.version | flags.independentBlocks | flags.contentSize);
  view.setUint8(at + 5, blockSizeFor(length)[0] << 4);
  view.setBigUint64(at + 6, BigInt(length), true);
  view.setUint8(at + 14, (xxh32(view, at + 4, 10) >>> 8) & 0xff);
}

/** https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md */
export const lz4Frame: Codec<StepOf<"lz4-frame">> = {
  maxEncodedBytes(_step, length) {
    const blocks = Math.ceil(length / blockSizeFor(length)[1]);
    return lz4FrameHeaderBytes + length + sizeBytes * (blocks + 1);
  },

  encode(_step, memory, { source, length, target, work }) {
    const { bytes, view } = memory;
    const [, blockBytes] = blockSizeFor(length);
    writeLz4FrameHeader(view, target, length);
    let to = target + lz4FrameHeaderBytes;
    for (let from = source; from < source + length; from += blockBytes) {
      const rawBytes = Math.min(blockBytes, source + length - from);
      const body = to + sizeBytes;
      const room = { source: from, length: rawBytes, target: body, capacity: rawBytes - 1, work };
      const encoded = encodeLz4Block(memory, room);
      if (encoded === 0) bytes.copyWithin(body, from, from + rawBytes);
      view.setUint32(to, encoded === 0 ? rawBytes + lz4StoredBit : encoded, true);
      to = body + (encoded === 0 ? rawBytes : encoded);
    }
    view.setUint32(to, 0, true); // The end mark.
    return to + sizeBytes - target;
  },

  decode(_step, memory, areas) {
    const { bytes, view, kernels } = memory;
    const { source, length, target, capacity } = areas;
    const header = readHeader(memory, areas);
    const end = source + length;
    let from = source + header.bytes;
    let to = target;
    const need = (count: number): void => {
      if (count > end - from) throw damaged("lz4", "the frame ends too early");
    };
    for (;;) {
      need(sizeBytes);
      const word = view.getUint32(from, true);
      from += sizeBytes;
      if (word === 0) break;
      const isStored = word >= lz4StoredBit;
      const stored = isStored ? word - lz4StoredBit : word;
      need(stored);
      const room = Math.min(target + capacity - to, header.blockBytes);
      let decoded: number;
      if (isStored) {
        decoded = stored <= room ? stored : -1;
        if (decoded > 0) bytes.copyWithin(to, from, from + stored);
      } else if (header.hasIndependentBlocks || to === target) {
        decoded = kernels.lz4Decompress(from, stored, to, room);
      } else {
        decoded = decodeLinkedLz4Block(bytes, from, stored, to, room, target);
      }
      if (decoded < 0)
        throw damaged("lz4", `the block at byte ${to - target} is not one of at most ${room} bytes`);
      if (header.hasBlockChecksums) {
        checkSum(view, from, stored, from + stored, end, "a block");
        from += sizeBytes;
      }
      from += stored;
      to += decoded;
    }
    const decodedBytes = to - target;
    if (header.contentBytes !== undefined && header.contentBytes !== BigInt(decodedBytes))
      throw damaged("lz4", `the frame holds ${decodedBytes} bytes, but says ${header.contentBytes}`);
    if (header.hasContentChecksum) {
      checkSum(view, target, decodedBytes, from, end, "the frame");
      from += sizeBytes;
    }
    if (from !== end) throw damaged("lz4", `${end - from} bytes follow the frame`);
    return decodedBytes;
  },
};

function checkSum(view: DataView, start: number, length: number, at: number, end: number, of: string): void {
  if (end - at < sizeBytes) throw damaged("lz4", "the frame ends too early");
  const stored = view.getUint32(at, true);
  const computed = xxh32(view, start, length);
  if (stored !== computed)
    throw damaged(
      "lz4",
      `the checksum of ${of} is ${computed.toString(16)}, stored is ${stored.toString(16)}`,
    );
}

function readHeader({ bytes, view }: CodecMemory, { source, length, capacity }: CodecAreas) {
  if (length < 7 || view.getUint32(source, true) !== magic)
    throw damaged("lz4", "it does not start as an LZ4 frame");
  const flag = bytes[source + 4]!;
  if ((flag & flags.versionMask) !== flags.version)
    throw damaged("lz4", "the frame is of an unknown version");
  if ((flag & flags.dictionary) !== 0) throw damaged("lz4", "the frame needs a dictionary");
  const hasContentSize = (flag & flags.contentSize) !== 0;
  const checkedBytes = hasContentSize ? 10 : 2;
  const headerEnd = 4 + checkedBytes + 1;
  if (length < headerEnd) throw damaged("lz4", "the frame ends within its header");
  if (((xxh32(view, source + 4, checkedBytes) >>> 8) & 0xff) !== bytes[source + headerEnd - 1])
    throw damaged("lz4", "the checksum of the frame's header is wrong");
  const contentBytes = hasContentSize ? view.getBigUint64(source + 6, true) : undefined;
  if (contentBytes !== undefined && contentBytes > BigInt(capacity))
    throw damaged("lz4", `the frame says that it holds ${contentBytes} bytes, where ${capacity} belong`);
  const code = (bytes[source + 5]! >> 4) & 7;
  const blockSize = blockSizes.find(([known]) => known === code);
  if (blockSize === undefined) throw damaged("lz4", `the frame has blocks of the unknown size ${code}`);
  return {
    bytes: headerEnd,
    contentBytes,
    blockBytes: blockSize[1],
    hasIndependentBlocks: (flag & flags.independentBlocks) !== 0,
    hasBlockChecksums: (flag & flags.blockChecksums) !== 0,
    hasContentChecksum: (flag & flags.contentChecksum) !== 0,
  };
}
