import {
  close,
  closeSync,
  constants,
  fstat,
  fsync,
  ftruncate,
  open,
  openSync,
  rename,
  renameSync,
  writev,
  writevSync,
} from "node:fs";
import { promisify } from "node:util";
import { DaqError, systemCode, writeError } from "../model/errors.ts";
import type { ByteSink, OpenSink } from "./byte-sink.ts";
import { DirectWriter } from "./direct-writer.ts";

/** Linux takes at most 1024 pieces in one call (IOV_MAX). */
const maxPieces = 1024;

/** A write that took longer than this shows that the disk stalls; the next ones then leave the thread free. */
const stallMs = 50;
const writesAfterStall = 32;

const aside = {
  open: promisify(open),
  writev: promisify(writev),
  stat: promisify(fstat),
  sync: promisify(fsync),
  truncate: promisify(ftruncate),
  rename: promisify(rename),
  close: promisify(close),
};

/** What a sink does while its thread waits, because handing it over costs more. */
type Blocking = {
  readonly writes: boolean;
  /** Opening, renaming and closing: of many small files that is most of what there is to do. */
  readonly names: boolean;
};

class FileSink implements ByteSink {
  readonly path: string;
  writeBehind: ByteSink["writeBehind"];
  readonly #descriptor: number;
  readonly #blocksForNames: boolean;
  #positionBytes: number;
  #isClosed = false;
  /** What is under way aside: the descriptor belongs to another file as soon as it is closed. */
  readonly #running = new Set<Promise<unknown>>();
  /** Writes that still go through the pool; infinity for a sink that never blocks its thread. */
  #pooledWrites: number;

  #direct: DirectWriter | undefined;

  constructor(path: string, descriptor: number, positionBytes: number, blocking: Blocking) {
    this.path = path;
    this.#descriptor = descriptor;
    this.#blocksForNames = blocking.names;
    this.#positionBytes = positionBytes;
    this.#pooledWrites = blocking.writes ? 0 : Number.POSITIVE_INFINITY;
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
    this.#checkOpen();
    if (this.#pooledWrites > 0) {
      this.#pooledWrites--;
      return this.#track(aside.writev(this.#descriptor, pieces, offset)).then(
        ({ bytesWritten }) => bytesWritten,
      );
    }
    const start = performance.now();
    const bytesWritten = writevSync(this.#descriptor, pieces, offset);
    if (performance.now() - start > stallMs) this.#pooledWrites = writesAfterStall;
    return bytesWritten;
  }

  async truncate(bytes: number): Promise<void> {
    try {
      this.#checkOpen();
      await this.#track(aside.truncate(this.#descriptor, bytes));
      this.#positionBytes = bytes;
    } catch (error) {
      throw writeError(this.path, error);
    }
  }

  async flush(): Promise<void> {
    try {
      this.#checkOpen();
      await this.#track(aside.sync(this.#descriptor));
    } catch (error) {
      throw writeError(this.path, error);
    }
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new Error("the file was closed before");
  }

  #track<Result>(work: Promise<Result>): Promise<Result> {
    const tracked = work.finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
    return tracked;
  }

  async renameTo(path: string): Promise<void> {
    if (this.#blocksForNames) renameSync(this.path, path);
    else await aside.rename(this.path, path);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      await this.#direct?.close();
      while (this.#running.size > 0) await Promise.allSettled([...this.#running]);
      if (this.#blocksForNames) closeSync(this.#descriptor);
      else await aside.close(this.#descriptor);
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
  { resumeAtBytes, inOrder = false, aside: isAside = false }: NonNullable<Parameters<OpenSink>[1]> = {},
  ownThread: boolean,
): Promise<ByteSink> {
  const resume = resumeAtBytes !== undefined;
  const flags = resume ? constants.O_RDWR : constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
  const blocking = { writes: ownThread && !isAside, names: ownThread && inOrder };
  let descriptor: number;
  try {
    descriptor = blocking.names ? openSync(path, flags, 0o644) : await aside.open(path, flags, 0o644);
  } catch (error) {
    throw openError(path, error);
  }
  if (!resume) {
    const sink = new FileSink(path, descriptor, 0, blocking);
    if (!inOrder) await sink.prepareDirectWrites();
    return sink;
  }
  const { size } = await aside.stat(descriptor);
  if (size < resumeAtBytes) {
    await aside.close(descriptor);
    throw new DaqError(
      "format",
      `${path} has ${size} bytes, but ${resumeAtBytes} were stored in it before.`,
      {
        hint: "Something else cut or replaced the file. Keep it, and inspect it with `daq inspect`.",
      },
    );
  }
  const sink = new FileSink(path, descriptor, size, blocking);
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
