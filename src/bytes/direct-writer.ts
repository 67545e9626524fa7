import { constants } from "node:fs";
import { type FileHandle, open, statfs } from "node:fs/promises";
import { createKernelMemory } from "../kernels/load-kernels.ts";
import { systemCode } from "../model/errors.ts";

/** Offsets, lengths and memory of direct writes are multiples of it; no disk in use needs more. */
const alignmentBytes = 4096;

/** Large enough for the disk, small enough that copying into one overlaps with writing another. */
const bufferBytes = 4 << 20;
const bufferCount = 4;

/** File systems in memory have no disk to write past the page cache to. */
const memoryFileSystems: readonly number[] = [0x0102_1994, 0x8584_58f6];

/** Writes a part of a file through the page cache: what is not aligned, or what the disk refused. */
export type BufferedWrite = (offsetBytes: number, bytes: Uint8Array) => Promise<void>;

/**
 * Writes large pieces past the page cache (O_DIRECT): a quarter faster to a disk than what has to be flushed from the cache
 * later, at a part of the processor's time. Copies into 16 MiB of its own, so that what it was given is free at once.
 */
export class DirectWriter {
  readonly #handle: FileHandle;
  readonly #writeBuffered: BufferedWrite;
  readonly #free: Uint8Array[] = [];
  #unmade = bufferCount;
  readonly #waiting: ((buffer: Uint8Array) => void)[] = [];
  #memory: ArrayBufferLike | undefined;
  #isRefused = false;

  private constructor(handle: FileHandle, writeBuffered: BufferedWrite) {
    this.#handle = handle;
    this.#writeBuffered = writeBuffered;
  }

  /** Undefined where there is no such thing: another system, a file system in memory, one that refuses the flag. */
  static async open(path: string, writeBuffered: BufferedWrite): Promise<DirectWriter | undefined> {
    if (constants.O_DIRECT === undefined) return undefined;
    try {
      const { type } = await statfs(path);
      if (memoryFileSystems.includes(type)) return undefined;
      return new DirectWriter(await open(path, constants.O_WRONLY | constants.O_DIRECT), writeBuffered);
    } catch {
      return undefined;
    }
  }

  /** Resolves when the pieces are copied; `written` settles when they are on the disk. */
  async write(
    offsetBytes: number,
    pieces: readonly Uint8Array[],
  ): Promise<{ readonly written: Promise<void> }> {
    const length = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
    const end = offsetBytes + length;
    const alignedEnd = end - (end % alignmentBytes);
    const reader = new PieceReader(pieces);
    let at = Math.min(end, Math.ceil(offsetBytes / alignmentBytes) * alignmentBytes);
    const writes: Promise<void>[] = [];
    if (at > offsetBytes) await this.#writeBuffered(offsetBytes, reader.take(at - offsetBytes));
    while (at < alignedEnd) {
      const buffer = await this.#take();
      const part = buffer.subarray(0, Math.min(bufferBytes, alignedEnd - at));
      reader.fill(part);
      writes.push(this.#writePart(at, part).finally(() => this.#give(buffer)));
      at += part.byteLength;
    }
    if (at < end) await this.#writeBuffered(at, reader.take(end - at));
    const written = Promise.all(writes).then(() => undefined);
    // Whoever waits for it sees a failure; until then it must not count as unhandled.
    written.catch(() => undefined);
    return { written };
  }

  async #writePart(offsetBytes: number, part: Uint8Array): Promise<void> {
    for (let done = 0; done < part.byteLength; ) {
      const rest = part.subarray(done);
      if (this.#isRefused || rest.byteLength % alignmentBytes !== 0) {
        await this.#writeBuffered(offsetBytes + done, rest);
        return;
      }
      try {
        const { bytesWritten } = await this.#handle.write(rest, 0, rest.byteLength, offsetBytes + done);
        done += bytesWritten;
      } catch (error) {
        if (systemCode(error) !== "EINVAL") throw error;
        this.#isRefused = true; // A disk with other rules: the page cache takes anything.
      }
    }
  }

  #take(): Promise<Uint8Array> {
    const free = this.#free.pop();
    if (free !== undefined) return Promise.resolve(free);
    if (this.#unmade > 0) {
      // WebAssembly's memory begins at a page; a Buffer's does not.
      this.#memory ??= createKernelMemory(bufferBytes * bufferCount).buffer;
      this.#unmade--;
      return Promise.resolve(new Uint8Array(this.#memory, this.#unmade * bufferBytes, bufferBytes));
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #give(buffer: Uint8Array): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(buffer);
    else next(buffer);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Takes bytes from the front of several pieces. */
class PieceReader {
  readonly #pieces: readonly Uint8Array[];
  #index = 0;
  #offset = 0;

  constructor(pieces: readonly Uint8Array[]) {
    this.#pieces = pieces;
  }

  fill(target: Uint8Array): void {
    for (let at = 0; at < target.byteLength; ) {
      const piece = this.#pieces[this.#index]!;
      const part = piece.subarray(this.#offset, this.#offset + target.byteLength - at);
      target.set(part, at);
      at += part.byteLength;
      this.#offset += part.byteLength;
      if (this.#offset === piece.byteLength) {
        this.#index++;
        this.#offset = 0;
      }
    }
  }

  /** A copy: few bytes. */
  take(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    this.fill(bytes);
    return bytes;
  }
}
