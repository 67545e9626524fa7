import { lz4FrameHeaderBytes, lz4StoredBit, writeLz4FrameHeader } from "../../bytes/compress/lz4-frame.ts";
import { type Block, type JobResult, sharedPool, type WorkerPool } from "../../bytes/pool/worker-pool.ts";
import type { BufferCodec } from "./buffer-codec.ts";

/** The pieces of each buffer as they stand in a compressed body. */
export type StoredBuffers = readonly (readonly Uint8Array[])[];

/** Buffers that are being compressed. */
export type CompressingBuffers = {
  /** The pieces are good until `release`. */
  readonly stored: Promise<StoredBuffers>;
  /** Gives the memory back. To be called when `stored` has settled, and its pieces are written. */
  readonly release: () => void;
};

/** A part of a buffer when it is done: encoded, or as it was where that is not smaller. */
type Part = { readonly bytes: Uint8Array; readonly isEncoded: boolean };

const prefixBytes = 8;
const wordBytes = 4;
/** A part counts as smaller where it also pays for what an LZ4 frame adds around it. */
const framingBytes = lz4FrameHeaderBytes + 2 * wordBytes;

/**
 * How much of the workers' memory all batches together keep while they wait for the disk; the rest of what waits is
 * copied out. It has to stay well below what the pool hands out: a batch keeps its first results until the last is done.
 */
const largestHeldBytes = 32 << 20;
let heldBytes = 0;

/**
 * Compresses the buffers of record batches in the workers of this process. Results are written from where they are in the
 * workers' memory.
 */
export class BufferCompressor {
  readonly #codec: BufferCodec;

  constructor(codec: BufferCodec) {
    this.#codec = codec;
  }

  /** Resolves when the buffers have been copied: from then on they are the caller's again. */
  async start(buffers: readonly Uint8Array[]): Promise<CompressingBuffers> {
    const pool = await sharedPool();
    const held: Block[] = [];
    const release = (): void => {
      for (const block of held.splice(0)) {
        heldBytes -= block.bytes.byteLength;
        pool.give(block);
      }
    };
    const started: Promise<Part>[][] = [];
    try {
      for (const bytes of buffers) started.push(await this.#startParts(pool, bytes, held));
    } catch (error) {
      await Promise.allSettled(started.flat());
      release();
      throw error;
    }
    const lengths = buffers.map(({ byteLength }) => byteLength);
    const stored = Promise.allSettled(started.flat()).then(() =>
      Promise.all(
        started.map(async (parts, index) => this.#pieces(lengths[index]!, await Promise.all(parts))),
      ),
    );
    // Whoever waits for it hears of the failure; nobody has to.
    stored.catch(() => undefined);
    return { stored, release };
  }

  /** Copies the parts of one buffer to the workers, one after the other. */
  async #startParts(pool: WorkerPool, bytes: Uint8Array, held: Block[]): Promise<Promise<Part>[]> {
    const { partBytes, compressLarge } = this.#codec;
    if (compressLarge !== undefined && bytes.byteLength > partBytes) {
      const encoded = await compressLarge(bytes);
      const isEncoded = encoded.byteLength < bytes.byteLength;
      return [Promise.resolve({ bytes: isEncoded ? encoded : Uint8Array.from(bytes), isEncoded })];
    }
    const parts: Promise<Part>[] = [];
    for (let from = 0; from < bytes.byteLength; from += partBytes) {
      const part = bytes.subarray(from, from + partBytes);
      const block = await pool.take(part.byteLength);
      block.bytes.set(part);
      const done = this.#compress(pool, block, part.byteLength, held);
      done.catch(() => undefined);
      parts.push(done);
    }
    return parts;
  }

  async #compress(pool: WorkerPool, input: Block, length: number, held: Block[]): Promise<Part> {
    let result: JobResult;
    try {
      result = await pool.encode(input, length, [this.#codec.step]);
    } catch (error) {
      pool.give(input);
      throw error;
    }
    const isEncoded = result.length + framingBytes < length;
    const [kept, other] = isEncoded ? [result.block, input] : [input, result.block];
    pool.give(other);
    const bytes = kept.bytes.subarray(0, isEncoded ? result.length : length);
    if (heldBytes + kept.bytes.byteLength <= largestHeldBytes) {
      heldBytes += kept.bytes.byteLength;
      held.push(kept);
      return { bytes, isEncoded };
    }
    const copy = Uint8Array.from(bytes);
    pool.give(kept);
    return { bytes: copy, isEncoded };
  }

  /**
   * An empty buffer stays empty; another one is its length (int64) and the compressed bytes, or −1 and the bytes
   * themselves where none of them became smaller.
   */
  #pieces(length: number, parts: readonly Part[]): readonly Uint8Array[] {
    if (length === 0) return [];
    const prefix = new Uint8Array(prefixBytes);
    const isStored = parts.every(({ isEncoded }) => !isEncoded);
    new DataView(prefix.buffer).setBigInt64(0, isStored ? -1n : BigInt(length), true);
    const bytes = parts.map((part) => part.bytes);
    if (isStored || this.#codec.step.codec !== "lz4-block") return [prefix, ...bytes];
    return [prefix, ...lz4FrameAround(length, parts)];
  }
}

function lz4FrameAround(length: number, parts: readonly Part[]): readonly Uint8Array[] {
  const header = new Uint8Array(lz4FrameHeaderBytes);
  writeLz4FrameHeader(new DataView(header.buffer), 0, length);
  return [
    header,
    ...parts.flatMap(({ bytes, isEncoded }) => [
      lz4Word(isEncoded ? bytes.byteLength : bytes.byteLength + lz4StoredBit),
      bytes,
    ]),
    lz4Word(0),
  ];
}

function lz4Word(value: number): Uint8Array {
  const word = new Uint8Array(wordBytes);
  new DataView(word.buffer).setUint32(0, value, true);
  return word;
}
