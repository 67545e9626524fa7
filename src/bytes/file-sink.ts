import { constants, type FileHandle, open } from "node:fs/promises";
import { DaqError, systemCode, writeError } from "../model/errors.ts";
import type { ByteSink, OpenSink } from "./byte-sink.ts";

/** Linux takes at most 1024 pieces in one call (IOV_MAX). */
const maxPieces = 1024;

class FileSink implements ByteSink {
  readonly path: string;
  #handle: FileHandle;
  #positionBytes: number;
  #closed = false;

  constructor(path: string, handle: FileHandle, positionBytes: number) {
    this.path = path;
    this.#handle = handle;
    this.#positionBytes = positionBytes;
  }

  get positionBytes(): number {
    return this.#positionBytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      let rest = bytes;
      while (rest.byteLength > 0) {
        const { bytesWritten } = await this.#handle.write(rest, 0, rest.byteLength, this.#positionBytes);
        this.#positionBytes += bytesWritten;
        rest = rest.subarray(bytesWritten);
      }
    } catch (error) {
      throw writeError(this.path, error);
    }
  }

  async writeAll(pieces: readonly Uint8Array[]): Promise<void> {
    try {
      let rest = pieces.filter((piece) => piece.byteLength > 0);
      while (rest.length > 0) {
        const { bytesWritten } = await this.#handle.writev(rest.slice(0, maxPieces), this.#positionBytes);
        this.#positionBytes += bytesWritten;
        rest = withoutFirst(rest, bytesWritten);
      }
    } catch (error) {
      throw writeError(this.path, error);
    }
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
export const openFileSink: OpenSink = async (path, { resumeAtBytes } = {}) => {
  const resume = resumeAtBytes !== undefined;
  const flags = resume ? constants.O_RDWR : constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
  let handle: FileHandle;
  try {
    handle = await open(path, flags, 0o644);
  } catch (error) {
    throw openError(path, error);
  }
  if (!resume) return new FileSink(path, handle, 0);
  const { size } = await handle.stat();
  if (size < resumeAtBytes) {
    await handle.close();
    throw new DaqError("format", `${path} has ${size} bytes, but ${resumeAtBytes} were stored in it before.`, {
      hint: "Something else cut or replaced the file. Keep it, and inspect it with `daq inspect`.",
    });
  }
  const sink = new FileSink(path, handle, size);
  await sink.truncate(resumeAtBytes);
  return sink;
};

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
