import { deflateRawSync } from "node:zlib";
import type { CodecAreas, CodecMemory } from "./codec-contract.ts";
import { systemEngine } from "./system/system-codecs.ts";
import type { SystemEngine } from "./system/system-engine.ts";

/** A stored block of deflate has at most this many bytes, and 5 more in front. */
const storedBytes = 65_535;
const storedHeaderBytes = 5;

/** What ISA-L has; where it is not installed, our own deflate does these levels. */
const isalLevels = 3;

/**
 * Up to this level our own deflate is used, whatever is installed: it comes within 4 % of the size of zlib's level 5 on
 * the benchmark's frames and samples at four to seven times its speed, and is three times as fast as libdeflate's.
 */
const kernelLevels = 5;

/** Nothing is made larger than stored blocks are; empty input takes one. */
export function maxDeflatedBytes(length: number): number {
  return length + storedHeaderBytes * Math.max(1, Math.ceil(length / storedBytes));
}

/** A raw deflate stream at `level`; returns its bytes, or 0 when there is not enough room. `maxDeflatedBytes` are. */
export function deflateRaw(level: number, memory: CodecMemory, areas: CodecAreas): number {
  const deflated = level === 0 ? 0 : compress(level, memory, areas);
  if (deflated > 0) return deflated;
  return areas.capacity < maxDeflatedBytes(areas.length) ? 0 : store(memory, areas);
}

function compress(level: number, memory: CodecMemory, areas: CodecAreas): number {
  const engine = systemEngineFor(level);
  if (engine !== undefined) return engine.compress(level, { bytes: memory.bytes, ...areas });
  if (level > kernelLevels) return deflateWithZlib(level, memory, areas);
  const { source, length, target, capacity } = areas;
  return memory.kernels.deflateFast(source, length, target, capacity, memory.scratch);
}

function systemEngineFor(level: number): SystemEngine | undefined {
  if (level <= isalLevels) return systemEngine("isal");
  return level <= kernelLevels ? undefined : systemEngine("libdeflate");
}

function deflateWithZlib(level: number, { bytes }: CodecMemory, areas: CodecAreas): number {
  const { source, length, target, capacity } = areas;
  const options = { level, chunkSize: Math.min(Math.max(capacity, 64), 1 << 20) };
  const deflated = deflateRawSync(bytes.subarray(source, source + length), options);
  if (deflated.byteLength > capacity) return 0;
  bytes.set(deflated, target);
  return deflated.byteLength;
}

function store({ bytes, view }: CodecMemory, { source, length, target }: CodecAreas): number {
  let to = target;
  let from = source;
  const end = source + length;
  do {
    const count = Math.min(storedBytes, end - from);
    bytes[to] = from + count === end ? 1 : 0;
    view.setUint16(to + 1, count, true);
    view.setUint16(to + 3, ~count & 0xffff, true);
    bytes.copyWithin(to + storedHeaderBytes, from, from + count);
    to += storedHeaderBytes + count;
    from += count;
  } while (from < end);
  return to - target;
}
