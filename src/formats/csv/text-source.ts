import { type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";
import { constants, crc32, createInflateRaw } from "node:zlib";
import { DaqError, systemCode } from "../../model/errors.ts";
import { extensionIn } from "../file-extension.ts";
import { isGzip, memberHeaderBytes, trailerBytes } from "./gzip-framing.ts";

const chunkBytes = 256 * 1024;
/** A member's header with a file name is rarely longer than a few dozen bytes. */
const mostHeaderBytes = 64 * 1024;
/** A valid member ends with at most seven zeros (the size of an empty one, and a CRC that happens to). */
const mostTrailingZeros = 16;

/**
 * The text of a CSV file in chunks, decompressed when the file starts as gzip does. A last member that breaks off
 * gives all text that decompresses, and `torn`; damage before that is a `DaqError("format")` with its place.
 */
export class TextSource implements AsyncIterable<Uint8Array> {
  readonly path: string;
  readonly fileBytes: number;
  readonly compressed: boolean;
  readonly #handle: FileHandle;
  /** Gzip: true, once all is read, when the last member is not whole. */
  torn = false;
  /** Gzip: bytes of the file that whole members fill. */
  wholeBytes = 0;
  /** Gzip: bytes of text in whole members. */
  wholeTextBytes = 0;

  private constructor(path: string, handle: FileHandle, fileBytes: number, compressed: boolean) {
    this.path = path;
    this.#handle = handle;
    this.fileBytes = fileBytes;
    this.compressed = compressed;
  }

  /** Throws `DaqError("path")` when there is no such file. */
  static async open(path: string): Promise<TextSource> {
    let handle: FileHandle;
    try {
      handle = await open(path, "r");
    } catch (error) {
      throw openError(path, error);
    }
    try {
      const { size } = await handle.stat();
      const { buffer, bytesRead } = await handle.read(new Uint8Array(2), 0, 2, 0);
      // A gzip file that was cut after its first byte.
      const compressed = isGzip(buffer) || (extensionIn(path, [".gz"]) !== undefined && bytesRead < 2);
      return new TextSource(path, handle, size, compressed);
    } catch (error) {
      await handle.close();
      throw readError(path, error);
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    this.torn = false;
    this.wholeBytes = 0;
    this.wholeTextBytes = 0;
    if (!this.compressed) return yield* this.#chunks(0, this.fileBytes);
    const writtenBytes = await this.#writtenBytes();
    while (this.wholeBytes < writtenBytes && !this.torn) yield* this.#member(writtenBytes);
    // Behind the last member a machine that died may have left zeros.
    if (this.wholeBytes < this.fileBytes) this.torn = true;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *#chunks(start: number, end: number): AsyncGenerator<Uint8Array, void, void> {
    for (let at = start; at < end; ) {
      const { buffer, bytesRead } = await this.#read(at, Math.min(chunkBytes, end - at));
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  async #read(at: number, count: number) {
    try {
      return await this.#handle.read(new Uint8Array(count), 0, count, at);
    } catch (error) {
      throw readError(this.path, error);
    }
  }

  /** Length of the file without a long run of zeros at its end, which is what a machine that died leaves. */
  async #writtenBytes(): Promise<number> {
    for (let end = this.fileBytes; end > 0; ) {
      const start = Math.max(0, end - chunkBytes);
      const { buffer, bytesRead } = await this.#read(start, end - start);
      let last = bytesRead - 1;
      while (last >= 0 && buffer[last] === 0) last--;
      if (last >= 0)
        return this.fileBytes - (start + last + 1) > mostTrailingZeros ? start + last + 1 : this.fileBytes;
      end = start;
    }
    return 0;
  }

  async *#member(writtenBytes: number): AsyncGenerator<Uint8Array, void, void> {
    const start = this.wholeBytes;
    const where = `${this.path}, byte ${start}`;
    const { buffer, bytesRead } = await this.#read(start, Math.min(mostHeaderBytes, writtenBytes - start));
    const headerBytes = memberHeaderBytes(buffer.subarray(0, bytesRead), where);
    if (headerBytes === undefined) {
      this.torn = true;
      return;
    }
    const inflate = createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH, chunkSize: chunkBytes });
    const input = Readable.from(this.#chunks(start + headerBytes, writtenBytes));
    input.on("error", (error) => inflate.destroy(error));
    input.pipe(inflate);
    let crc = 0;
    let textBytes = 0;
    try {
      for await (const chunk of inflate as AsyncIterable<Uint8Array>) {
        crc = crc32(chunk, crc);
        textBytes += chunk.length;
        yield chunk;
      }
    } catch (error) {
      if (!systemCode(error)?.startsWith("Z_")) throw error;
      throw damaged(where, "does not decompress", error);
    } finally {
      input.destroy();
      inflate.destroy();
    }
    const trailerAt = start + headerBytes + inflate.bytesWritten;
    const trailer = await this.#read(trailerAt, trailerBytes);
    if (trailer.bytesRead < trailerBytes || trailerAt >= writtenBytes) {
      this.torn = true;
      return;
    }
    const view = new DataView(trailer.buffer.buffer, trailer.buffer.byteOffset, trailerBytes);
    if (view.getUint32(0, true) !== crc || view.getUint32(4, true) !== textBytes >>> 0)
      throw damaged(where, "does not match its checksum", undefined);
    this.wholeBytes = trailerAt + trailerBytes;
    this.wholeTextBytes += textBytes;
  }
}

function damaged(where: string, how: string, cause: unknown): DaqError {
  return new DaqError("format", `${where}: the gzip member that starts there ${how}; the file is damaged.`, {
    hint: "Keep it as it is and take it from a copy; what stands before that place can be read with `gzip -dc`.",
    cause,
  });
}

function openError(path: string, cause: unknown): DaqError {
  if (systemCode(cause) === "ENOENT")
    return new DaqError("path", `${path}: no such file.`, { hint: "Check the path.", cause });
  if (systemCode(cause) === "EACCES")
    return new DaqError("path", `${path} cannot be read: permission denied.`, {
      hint: "Ask its owner.",
      cause,
    });
  return readError(path, cause);
}

function readError(path: string, cause: unknown): DaqError {
  if (cause instanceof DaqError) return cause;
  if (systemCode(cause) === "EISDIR")
    return new DaqError("path", `${path} is a folder; a CSV file was expected.`, {
      hint: "Check the path.",
      cause,
    });
  return new DaqError(
    "io",
    `Reading ${path} failed: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      hint: "Check the disk and the connection to it.",
      cause,
    },
  );
}
