import { link, lstat, open, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ByteSink, OpenSink } from "../../bytes/byte-sink.ts";
import { DaqError, systemCode, writeError } from "../../model/errors.ts";
import type { FolderSyncs } from "./folder-syncs.ts";
import type { KnownFolders } from "./known-folders.ts";
import { temporaryName } from "./temporary-name.ts";

/** What the objects of one store share. */
export type ObjectFolder = {
  readonly openSink: OpenSink;
  readonly folders: KnownFolders;
  /** Absent: durable against the death of processes only. */
  readonly syncs: FolderSyncs | undefined;
};

/** One object on its way into its folder: under a temporary name beside its place until it is whole. */
export class ObjectFile {
  readonly path: string;
  readonly #folder: string;
  readonly #temporaryPath: string;
  readonly #shared: ObjectFolder;
  #sink: ByteSink | undefined;

  private constructor(path: string, shared: ObjectFolder) {
    this.path = path;
    this.#folder = dirname(path);
    this.#temporaryPath = join(this.#folder, temporaryName());
    this.#shared = shared;
  }

  static async open(path: string, shared: ObjectFolder): Promise<ObjectFile> {
    const file = new ObjectFile(path, shared);
    await shared.folders.ensure(file.#folder);
    try {
      file.#sink = await shared.openSink(file.#temporaryPath, { inOrder: true });
    } catch (error) {
      if (codeBelow(error) === "ENOTDIR") throw inTheWay(path, error);
      if (codeBelow(error) !== "ENOENT") throw error;
      shared.folders.forget(); // Somebody removed the folder.
      await shared.folders.ensure(file.#folder);
      file.#sink = await shared.openSink(file.#temporaryPath, { inOrder: true });
    }
    return file;
  }

  async write(pieces: readonly Uint8Array[]): Promise<void> {
    await this.#sink!.writeAll(pieces);
  }

  /** Puts it under its name, in place of what was there. */
  async replace(): Promise<void> {
    const sink = this.#sink;
    await this.#finish();
    try {
      await (sink?.renameTo?.(this.path) ?? rename(this.#temporaryPath, this.path));
    } catch (error) {
      throw placeError(this.path, error);
    }
    await this.#shared.syncs?.sync(this.#folder);
  }

  /** Puts it under its name; false, and the object gone, where the name is taken. */
  async putInto(): Promise<boolean> {
    await this.#finish();
    try {
      await link(this.#temporaryPath, this.path);
    } catch (error) {
      const code = systemCode(error);
      if (code === "EEXIST") {
        if ((await lstat(this.path).catch(() => undefined))?.isDirectory() === true)
          throw placeError(this.path, error);
        await this.discard();
        return false;
      }
      if (!withoutLinks.includes(code ?? "")) throw placeError(this.path, error);
      return this.#claim();
    }
    await this.discard();
    await this.#shared.syncs?.sync(this.#folder);
    return true;
  }

  /** Where the file system has no hard links (exFAT, some network shares): the name is taken, empty, for a moment. */
  async #claim(): Promise<boolean> {
    try {
      await (await open(this.path, "wx")).close();
    } catch (error) {
      if (systemCode(error) !== "EEXIST") throw placeError(this.path, error);
      await this.discard();
      return false;
    }
    try {
      await this.replace();
      return true;
    } catch (error) {
      await unlink(this.path).catch(() => undefined);
      throw error;
    }
  }

  async discard(): Promise<void> {
    await this.#sink?.close().catch(() => undefined); // What it held is not wanted.
    this.#sink = undefined;
    await unlink(this.#temporaryPath).catch((error: unknown) => {
      if (systemCode(error) !== "ENOENT") throw writeError(this.#temporaryPath, error);
    });
  }

  async #finish(): Promise<void> {
    const sink = this.#sink;
    if (sink === undefined) return;
    if (this.#shared.syncs !== undefined) await sink.flush();
    await sink.close();
    this.#sink = undefined;
  }
}

const withoutLinks: readonly string[] = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EINVAL"];

/** The system's code of an error, or of what an error of ours came from. */
export function codeBelow(error: unknown): string | undefined {
  return systemCode(error instanceof DaqError ? error.cause : error);
}

function inTheWay(path: string, cause: unknown): DaqError {
  return new DaqError("path", `${path} cannot be written: a part of its path is an object itself.`, {
    hint: "In a folder, a name is either an object or holds others: choose another key.",
    cause,
  });
}

function placeError(path: string, cause: unknown): DaqError {
  const code = systemCode(cause);
  if (code === "EISDIR" || code === "ENOTEMPTY" || code === "EEXIST")
    return new DaqError("path", `${path} cannot be written: there are objects below that name.`, {
      hint: "In a folder, a name is either an object or holds others: choose another key.",
      cause,
    });
  if (code === "ENOTDIR") return inTheWay(path, cause);
  return writeError(path, cause);
}
