import { writevSync } from "node:fs";
import { constants, type FileHandle, open } from "node:fs/promises";
import { DaqError, systemCode, writeError } from "../model/errors.ts";
import type { ByteSink, OpenSink } from "./byte-sink.ts";
import { DirectWriter } from "./direct-writer.ts";

/** Linux takes at most 1024 pieces in one call (IOV_MAX). */
const maxPieces = 1024;

/** A write that took longer than this shows that the disk stalls; the next ones then leave the thread free. */
const stallMs = 50;
const writesAfterStall = 32;

class FileSink implements ByteSink {
  readonly path: string;
  writeBehind: ByteSink["writeBehind"];
  #handle: FileHandle;
  #positionBytes: number;
  #closed = false;
  /** Writes that still go through the pool; infinity for a sink that never blocks its thread. */
  #pooledWrites: number;

  #direct: DirectWriter | undefined;

  constructor(path: string, handle: FileHandle, positionBytes: number, mayBlock: boolean) {
    this.path = path;
    this.#handle = handle;
    this.#positionBytes = positionBytes;
    this.#pooledWrites = mayBlock ? 0 : Number.POSITIVE_INFINITY;
  }

  /** Finds out whether large pieces can go past the page cache here. */
  async prepareDirectWrites(): Promise<void> {
    const direct = await DirectWriter.open(this.path, (offsetBytes, bytes) =>
      this.writeAt(offsetBytes, [bytes]),
    );
    if (direct === undefined) return;
    this.#direct = direct;
    this.writeBehind = (offsetBytes, pieces) => this.#writeDirect(direct, offsetBytes, pieces);
  }

  get positionBytes(): number {
    return this.#positionBytes;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.writeAll([bytes]);
  }

  async writeAll(pieces: readonly Uint8Array[]): Promise<void> {
    await this.#writePieces(this.#positionBytes, pieces, (bytesWritten) => {
      this.#positionBytes += bytesWritten;
    });
  }

  async writeAt(offsetBytes: number, pieces: readonly Uint8Array[]): Promise<void> {
    await this.#writePieces(offsetBytes, pieces);
  }

  async #writeDirect(
    direct: DirectWriter,
    offsetBytes: number,
    pieces: readonly Uint8Array[],
  ): Promise<{ readonly written: Promise<void> }> {
    const named = (error: unknown): never => {
      throw writeError(this.path, error);
    };
    const { written } = await direct.write(offsetBytes, pieces).catch(named);
    const settled = written.catch(named);
    settled.catch(() => undefined); // Seen by whoever waits for it.
    return { written: settled };
  }

  async #writePieces(
    offsetBytes: number,
    pieces: readonly Uint8Array[],
    advance?: (bytesWritten: number) => void,
  ): Promise<void> {
    try {
      let offset = offsetBytes;
      let rest = pieces.filter((piece) => piece.byteLength > 0);
      while (rest.length > 0) {
        const written = this.#writeSome(rest.slice(0, maxPieces), offset);
        const bytesWritten = typeof written === "number" ? written : await written;
        offset += bytesWritten;
        advance?.(bytesWritten);
        rest = withoutFirst(rest, bytesWritten);
      }
    } catch (error) {
      throw writeError(this.path, error);
    }
  }

  #writeSome(pieces: readonly Uint8Array[], offset: number): number | Promise<number> {
    if (this.#pooledWrites > 0) {
      this.#pooledWrites--;
      return this.#handle.writev(pieces, offset).then(({ bytesWritten }) => bytesWritten);
    }
    const start = performance.now();
    const bytesWritten = writevSync(this.#handle.fd, pieces, offset);
    if (performance.now() - start > stallMs) this.#pooledWrites = writesAfterStall;
    return bytesWritten;
  }

  async truncate(bytes: number): Promise<void> {
    try {
      await this.#handle.truncate(bytes);
      this.#positionBytes = bytes;
    } catch (error) {
      throw writeError(this.path, error);
    }
  }

  async flush(): Promise<void> {
    try {
      await this.#handle.sync();
    } catch (error) {
      throw writeError(this.path, error);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.#direct?.close();
      await this.#handle.close();
    } catch (error) {
      throw writeError(this.path, error);
    }
  }
}

function withoutFirst(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes;
  let index = 0;
  while (index < pieces.length && skip >= pieces[index]!.byteLength) skip -= pieces[index++]!.byteLength;
  const rest = pieces.slice(index);
  if (skip > 0) rest[0] = rest[0]!.subarray(skip);
  return rest;
}

/** Opens a local file. Throws `DaqError("path")` when it exists (new), is missing (resume) or cannot be written. */
export const openFileSink: OpenSink = (path, options) => openSink(path, options, false);

/**
 * The same for a process that does nothing but record: writes block its thread while the disk takes them at once,
 * which saves handing each to the pool and back (a tenth of the time on a tmpfs).
 */
export const openBlockingFileSink: OpenSink = (path, options) => openSink(path, options, true);

async function openSink(
  path: string,
  { resumeAtBytes, inOrder = false, aside = false }: NonNullable<Parameters<OpenSink>[1]> = {},
  ownThread: boolean,
): Promise<ByteSink> {
  const mayBlock = ownThread && !aside;
  const resume = resumeAtBytes !== undefined;
  const flags = resume ? constants.O_RDWR : constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
  let handle: FileHandle;
  try {
    handle = await open(path, flags, 0o644);
  } catch (error) {
    throw openError(path, error);
  }
  if (!resume) {
    const sink = new FileSink(path, handle, 0, mayBlock);
    if (!inOrder) await sink.prepareDirectWrites();
    return sink;
  }
  const { size } = await handle.stat();
  if (size < resumeAtBytes) {
    await handle.close();
    throw new DaqError(
      "format",
      `${path} has ${size} bytes, but ${resumeAtBytes} were stored in it before.`,
      {
        hint: "Something else cut or replaced the file. Keep it, and inspect it with `daq inspect`.",
      },
    );
  }
  const sink = new FileSink(path, handle, size, mayBlock);
  if (!inOrder) await sink.prepareDirectWrites();
  await sink.truncate(resumeAtBytes);
  return sink;
}

function openError(path: string, cause: unknown): DaqError {
  switch (systemCode(cause)) {
    case "EEXIST":
      return new DaqError("path", `${path} exists already; existing files are never overwritten.`, {
        hint: "Choose another output_path, or put {version} into it, which counts up.",
        cause,
      });
    case "ENOENT":
      return new DaqError("path", `${path}: no such file or folder.`, { hint: "Check the path.", cause });
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new DaqError("path", `${path} cannot be written: permission denied.`, {
        hint: "Choose a folder that you may write to.",
        cause,
      });
    default:
      return writeError(path, cause);
  }
}
