import { mkdir, readdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ByteSink, OpenSink } from "../../bytes/byte-sink.ts";
import { DaqError, systemCode, writeError } from "../../model/errors.ts";
import { FolderSyncs } from "../../stores/local/folder-syncs.ts";
import { KnownFolders } from "../../stores/local/known-folders.ts";
import { LocalStore } from "../../stores/local/local-store.ts";
import type { FormatOptions } from "../contract.ts";
import { documentBytes, type NodeDocument } from "./hierarchy/attributes.ts";

export type FolderOptions = { readonly openSink: OpenSink; readonly durability: FormatOptions["durability"] };

const roomKey = ".room";
const mostRoomBytes = 64 << 20;

/**
 * The folder of a run. Whole objects go through its store; beside them stand files whose names begin with a dot, which no
 * reader and no upload takes for a part of the data: shards and chunks that are not whole yet.
 */
export class RunFolder {
  readonly path: string;
  readonly store: LocalStore;
  /** The same, for objects that are written while this thread does something else. */
  readonly aside: LocalStore;
  readonly isDurable: boolean;
  readonly #openSink: OpenSink;
  readonly #syncs: FolderSyncs;
  readonly #folders: KnownFolders;

  constructor(path: string, { openSink, durability }: FolderOptions) {
    this.path = path;
    this.store = new LocalStore(path, { openSink, durability });
    this.aside = new LocalStore(path, {
      openSink: (file, sinkOptions) => openSink(file, { ...sinkOptions, aside: true }),
      durability,
    });
    this.isDurable = durability === "power";
    this.#openSink = openSink;
    this.#syncs = new FolderSyncs();
    this.#folders = new KnownFolders((parent) => this.#sync(parent));
  }

  /** Makes it: of several programs that do so at once, one succeeds. Throws `DaqError("path")` when it exists. */
  static async create(path: string, options: FolderOptions): Promise<RunFolder> {
    try {
      await mkdir(path);
    } catch (cause) {
      throw makeError(path, cause);
    }
    const folder = new RunFolder(path, options);
    await folder.#sync(dirname(path));
    return folder;
  }

  async putDocuments(documents: readonly NodeDocument[]): Promise<void> {
    for (const document of documents) await this.store.put(document.key, [documentBytes(document)]);
  }

  /**
   * Opens a file that is written over several checkpoints. `resumeAtBytes`: it exists, and is cut to that length. `aside`:
   * writes leave the thread free.
   */
  async open(key: string, options: { resumeAtBytes?: number; aside?: boolean } = {}): Promise<ByteSink> {
    const path = this.pathOf(key);
    await this.#folders.ensure(dirname(path));
    if (options.resumeAtBytes !== undefined) return this.#openSink(path, { ...options, inOrder: true });
    // A crash may have left one, of which nothing counts.
    await rm(path, { force: true });
    const sink = await this.#inItsFolder(path, () => this.#openSink(path, { ...options, inOrder: true }));
    await this.#sync(dirname(path));
    return sink;
  }

  /** Gives a file another name in the folder, in place of what was there; false where somebody removed the file. */
  async rename(from: string, to: string): Promise<boolean> {
    const [source, target] = [this.pathOf(from), this.pathOf(to)];
    await this.#folders.ensure(dirname(target));
    try {
      await this.#inItsFolder(target, () => rename(source, target));
    } catch (cause) {
      if (systemCode(cause) === "ENOENT" && !(await this.has(from))) return false;
      throw writeError(target, cause);
    }
    await this.#sync(dirname(target));
    return true;
  }

  /** Again where somebody removed the folder of the file. */
  async #inItsFolder<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (systemCode(error instanceof DaqError ? error.cause : error) !== "ENOENT") throw error;
      this.#folders.forget();
      await this.#folders.ensure(dirname(path));
      return work();
    }
  }

  async has(key: string): Promise<boolean> {
    return (await this.store.stat(key)) !== undefined;
  }

  async remove(key: string): Promise<void> {
    await rm(this.pathOf(key), { force: true, recursive: true });
  }

  /** The names in a folder of it; none where it is not there. */
  async names(key: string): Promise<readonly string[]> {
    try {
      return await readdir(this.pathOf(key));
    } catch (cause) {
      const code = systemCode(cause);
      if (code === "ENOENT" || code === "ENOTDIR") return [];
      throw new DaqError("io", `Reading the folder ${this.pathOf(key)} failed: ${(cause as Error).message}`, {
        hint: "Check the disk, and that you may read there.",
        cause,
      });
    }
  }

  /**
   * Sets space aside, so that a run whose disk is full can still be finished. Undone by itself where there is no room.
   */
  async keepRoom(bytes: number): Promise<void> {
    try {
      // Not zeros: a file system that compresses would keep nothing for them.
      const filler = Buffer.alloc(Math.min(bytes, mostRoomBytes), "space kept free for the end of the run\n");
      await writeFile(this.pathOf(roomKey), filler);
    } catch {
      await this.releaseRoom();
    }
  }

  async releaseRoom(): Promise<void> {
    await this.remove(roomKey);
  }

  pathOf(key: string): string {
    return key === "" ? this.path : join(this.path, key);
  }

  async #sync(folder: string): Promise<void> {
    if (this.isDurable) await this.#syncs.sync(folder);
  }
}

/** Removes the folder if there is nothing in it. */
export async function removeIfEmpty(path: string): Promise<void> {
  await rmdir(path).catch((cause: unknown) => {
    const code = systemCode(cause);
    if (code !== "ENOENT" && code !== "ENOTEMPTY" && code !== "EEXIST") throw writeError(path, cause);
  });
}

function makeError(path: string, cause: unknown): DaqError {
  switch (systemCode(cause)) {
    case "EEXIST":
      return new DaqError("path", `${path} exists already; what exists is never overwritten.`, {
        hint: "Choose another output_path, or put {version} into it, which counts up.",
        cause,
      });
    case "ENOENT":
      return new DaqError("path", `${path}: there is no folder to make it in.`, {
        hint: "Check the path.",
        cause,
      });
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new DaqError("path", `${path} cannot be made: permission denied.`, {
        hint: "Choose a folder that you may write to.",
        cause,
      });
    default:
      return writeError(path, cause);
  }
}
