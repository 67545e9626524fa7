import type { ByteSink } from "../../bytes/byte-sink.ts";
import type { MultipartWrite, StoredObject } from "../../stores/contract.ts";
import type { RunFolder } from "./run-folder.ts";

/** The file of a shard under way, under a name that no reader knows until it is whole. Checkpoints flush it. */
export class ShardFile implements MultipartWrite {
  readonly #folder: RunFolder;
  readonly #sink: ByteSink;
  readonly #openKey: string;
  readonly #key: string;

  private constructor(folder: RunFolder, sink: ByteSink, openKey: string, key: string) {
    this.#folder = folder;
    this.#sink = sink;
    this.#openKey = openKey;
    this.#key = key;
  }

  /** `options` as those of the folder's files. */
  static async open(
    folder: RunFolder,
    openKey: string,
    key: string,
    options: Parameters<RunFolder["open"]>[1],
  ): Promise<ShardFile> {
    return new ShardFile(folder, await folder.open(openKey, options), openKey, key);
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#sink.write(bytes);
  }

  /** Where somebody deleted the file meanwhile there is no shard: the account at the end of the run finds that. */
  async complete(): Promise<StoredObject> {
    await this.flush();
    await this.#sink.close();
    await this.#folder.rename(this.#openKey, this.#key);
    return { key: this.#key, bytes: this.#sink.positionBytes };
  }

  async abort(): Promise<void> {
    await this.#sink.close();
    await this.#folder.remove(this.#openKey);
  }

  async cut(bytes: number): Promise<void> {
    await this.#sink.truncate(bytes);
  }

  async flush(): Promise<void> {
    if (this.#folder.isDurable) await this.#sink.flush();
  }

  /** Lets go of it as it is. */
  async release(): Promise<void> {
    await this.#sink.close();
  }
}
