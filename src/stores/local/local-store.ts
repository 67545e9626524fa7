import { open, readdir, readFile, rm, stat, unlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { OpenSink } from "../../bytes/byte-sink.ts";
import { openFileSink } from "../../bytes/file-sink.ts";
import { DaqError, systemCode, writeError } from "../../model/errors.ts";
import type { MultipartWrite, Store, StoredObject } from "../contract.ts";
import { checkKey, checkRange } from "../object-key.ts";
import { FolderSyncs } from "./folder-syncs.ts";
import { KnownFolders } from "./known-folders.ts";
import { listFolder } from "./list-folder.ts";
import { codeBelow, ObjectFile, type ObjectFolder } from "./object-file.ts";
import { isLeftOver, isTemporaryName } from "./temporary-name.ts";

export type LocalStoreOptions = {
  /** Opens the files that objects are written through; `openFileSink` where absent. */
  readonly openSink?: OpenSink;
  /** "power": an object that was put survives the death of the machine, too (fsync of it and of its folder). */
  readonly durability?: "process" | "power";
};

/** No file system that is in use takes longer names. */
const maxNameBytes = 255;

/** Objects as files of a folder, which is made when the first is put. */
export class LocalStore implements Store {
  readonly url: string;
  readonly #shared: ObjectFolder;

  constructor(folder: string, { openSink = openFileSink, durability = "process" }: LocalStoreOptions = {}) {
    this.url = resolve(folder);
    const syncs = durability === "power" ? new FolderSyncs() : undefined;
    const folders = new KnownFolders(async (parent) => syncs?.sync(parent));
    this.#shared = { openSink, folders, syncs };
  }

  async put(key: string, pieces: readonly Uint8Array[]): Promise<void> {
    try {
      await this.#put(key, pieces);
    } catch (error) {
      if (codeBelow(error) !== "ENOENT") throw error;
      // Somebody removed or renamed the folder while the object was on its way into it.
      this.#shared.folders.forget();
      await this.#put(key, pieces);
    }
  }

  async #put(key: string, pieces: readonly Uint8Array[]): Promise<void> {
    await discardedOnFailure(await this.#begin(key), async (file) => {
      await file.write(pieces);
      await file.replace();
    });
  }

  async putIfAbsent(key: string, pieces: readonly Uint8Array[]): Promise<boolean> {
    if ((await this.stat(key)) !== undefined) return false;
    return discardedOnFailure(await this.#begin(key), async (file) => {
      await file.write(pieces);
      return file.putInto();
    });
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const path = this.#pathOf(key);
    try {
      return await readFile(path);
    } catch (error) {
      return undefinedIfAbsent(path, error);
    }
  }

  async getRange(key: string, offsetBytes: number, length: number): Promise<Uint8Array | undefined> {
    checkRange(this.url, key, offsetBytes, length);
    const path = this.#pathOf(key);
    try {
      const file = await open(path, "r");
      try {
        const found = await file.stat();
        if (!found.isFile()) return undefined;
        const start = offsetBytes < 0 ? Math.max(0, found.size + offsetBytes) : offsetBytes;
        const bytes = new Uint8Array(Math.max(0, Math.min(length, found.size - start)));
        for (let done = 0; done < bytes.byteLength; ) {
          const { bytesRead } = await file.read(bytes, done, bytes.byteLength - done, start + done);
          if (bytesRead === 0) return bytes.slice(0, done); // Cut meanwhile, by something else.
          done += bytesRead;
        }
        return bytes;
      } finally {
        await file.close();
      }
    } catch (error) {
      return undefinedIfAbsent(path, error);
    }
  }

  async stat(key: string): Promise<StoredObject | undefined> {
    const path = this.#pathOf(key);
    try {
      const found = await stat(path);
      return found.isFile() ? { key, bytes: found.size } : undefined;
    } catch (error) {
      return undefinedIfAbsent(path, error);
    }
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    if (prefix !== "") checkKey(this.url, prefix.endsWith("/") ? prefix.slice(0, -1) : prefix);
    yield* listFolder(this.url, prefix);
  }

  async delete(key: string): Promise<void> {
    const path = this.#pathOf(key);
    try {
      await unlink(path);
    } catch (error) {
      const code = systemCode(error);
      // A folder is no object: Linux says EISDIR, POSIX EPERM.
      if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR") return;
      if (code === "EPERM" && (await this.stat(key)) === undefined) return;
      throw writeError(path, error);
    }
    await this.#shared.syncs?.sync(dirname(path));
  }

  async beginMultipart(key: string): Promise<MultipartWrite> {
    const file = await this.#begin(key);
    let bytes = 0;
    let isOver = false;
    const check = (): void => {
      if (isOver)
        throw new DaqError("io", `${file.path}: this object is complete, or was given up, already.`);
    };
    return {
      write: async (piece) => {
        check();
        await file.write([piece]);
        bytes += piece.byteLength;
      },
      complete: async () => {
        check();
        await file.replace();
        isOver = true;
        return { key, bytes };
      },
      abort: async () => {
        if (isOver) return;
        isOver = true;
        await file.discard();
      },
    };
  }

  /**
   * Removes what writers that were killed left behind. Files of processes that still live stay, unless `everyones`: for a
   * caller who knows that nobody else writes here. Resolves with their number.
   */
  async removeTemporaries({ everyones = false }: { readonly everyones?: boolean } = {}): Promise<number> {
    let removed = 0;
    const folders = [this.url];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
        if (systemCode(error) === "ENOENT") return [];
        throw writeError(folder!, error);
      });
      for (const entry of entries) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) folders.push(path);
        else if (isTemporaryName(entry.name) && (everyones || (await isAbandoned(path)))) {
          await rm(path, { force: true });
          removed++;
        }
      }
    }
    return removed;
  }

  async close(): Promise<void> {
    // A folder has no connection.
  }

  async #begin(key: string): Promise<ObjectFile> {
    return ObjectFile.open(this.#pathOf(key), this.#shared);
  }

  #pathOf(key: string): string {
    checkKey(this.url, key);
    for (const part of key.split("/")) {
      const tooLong = part.length * 3 > maxNameBytes && Buffer.byteLength(part) > maxNameBytes;
      if (tooLong || isTemporaryName(part))
        throw new DaqError(
          "path",
          `${JSON.stringify(part)} in a key for ${this.url} ${tooLong ? `has more than ${maxNameBytes} bytes, which no folder takes` : "is a name that only unfinished objects have"}.`,
          { hint: "Choose another name." },
        );
    }
    return `${this.url}/${key}`;
  }
}

/** Runs it; what it failed to put does not stay behind. */
async function discardedOnFailure<Result>(
  file: ObjectFile,
  act: (file: ObjectFile) => Promise<Result>,
): Promise<Result> {
  try {
    return await act(file);
  } catch (error) {
    await file.discard().catch(() => undefined); // The first failure is the one to tell.
    throw error;
  }
}

function undefinedIfAbsent(path: string, error: unknown): undefined {
  const code = systemCode(error);
  if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR") return undefined;
  throw new DaqError("io", `Reading ${path} failed: ${(error as Error).message}`, {
    hint: "Check the disk, and that you may read there.",
    cause: error,
  });
}

async function isAbandoned(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined); // Just renamed to its own name.
  return found !== undefined && isLeftOver(basename(path), found.mtimeMs, Date.now());
}
