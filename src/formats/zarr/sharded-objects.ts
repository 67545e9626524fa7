import type { ArrayObjects } from "./array-objects.ts";
import { keyIn } from "./hierarchy/node-path.ts";
import { type ShardState, ShardWriter } from "./hierarchy/shard-writer.ts";
import type { ZarrArray } from "./hierarchy/zarr-array.ts";
import { objectsFrom } from "./objects-from.ts";
import type { RunFolder } from "./run-folder.ts";
import { ShardFile } from "./shard-file.ts";

type OpenShard = { readonly file: ShardFile; readonly writer: ShardWriter };

const openPrefix = ".shard-";

/**
 * Chunks go to the end of the file of their shard; when all are there, the file gets its index and its name. Chunks come
 * from several workers: those of the next shard may come before the last of this one.
 */
export class ShardedObjects implements ArrayObjects {
  readonly #folder: RunFolder;
  readonly #array: ZarrArray;
  readonly #blocksPerShard: number;
  readonly #tiles: number;
  readonly #open = new Map<number, Promise<OpenShard>>();
  /** The shard that was under way before a crash, and how many of its chunks somebody removed with it. */
  #gone = { shard: -1, chunks: 0 };

  constructor(folder: RunFolder, array: ZarrArray) {
    this.#folder = folder;
    this.#array = array;
    this.#blocksPerShard = array.chunksPerObjectShape[0]!;
    this.#tiles = array.chunksPerObject / this.#blocksPerShard;
  }

  async put(block: number, tile: number, encoded: Uint8Array): Promise<void> {
    const shard = Math.floor(block / this.#blocksPerShard);
    const { writer } = await this.#openShard(shard);
    await writer.writeChunk((block % this.#blocksPerShard) * this.#tiles + tile, encoded);
    const gone = shard === this.#gone.shard ? this.#gone.chunks : 0;
    if (writer.chunks + gone === this.#array.chunksPerObject) await this.#complete(shard);
  }

  async flush(): Promise<void> {
    for (const shard of this.#open.values()) await (await shard).file.flush();
  }

  async state(): Promise<ShardState | undefined> {
    const [shard] = this.#open.values();
    return (await shard)?.writer.state();
  }

  async takeBack(state: ShardState | undefined): Promise<void> {
    for (const [number, shard] of this.#open) {
      const { file } = await shard;
      await file.cut(state?.bytes ?? 0);
      this.#open.set(number, Promise.resolve({ file, writer: this.#writerFor(file, state) }));
    }
  }

  async restore(blocks: number, _hasOpen: boolean, state: ShardState | undefined): Promise<void> {
    const shard = Math.floor(blocks / this.#blocksPerShard);
    const [openKey, key] = [this.#openKey(shard), this.#key(shard)];
    const isOpen =
      state !== undefined &&
      state.places.length > 0 &&
      // A shard that was not whole at the checkpoint may have become so since.
      ((await this.#folder.has(openKey)) || (await this.#folder.rename(key, openKey)));
    const chunks = (blocks % this.#blocksPerShard) * this.#tiles - (isOpen ? state.places.length : 0);
    this.#gone = { shard, chunks: Math.max(0, chunks) };
    for (const later of await objectsFrom(this.#folder, this.#array, shard)) await this.#folder.remove(later);
    for (const name of await this.#folder.names(this.#array.path))
      if (name.startsWith(openPrefix) && !(isOpen && name === `${openPrefix}${shard}`))
        await this.#folder.remove(keyIn(this.#array.path, name));
    if (!isOpen) return;
    const file = await this.#openFile(shard, state.bytes);
    this.#open.set(shard, Promise.resolve({ file, writer: this.#writerFor(file, state) }));
  }

  async finish(): Promise<void> {
    for (const shard of [...this.#open.keys()]) await this.#complete(shard);
  }

  async release(): Promise<void> {
    for (const shard of this.#open.values()) await (await shard.catch(() => undefined))?.file.release();
    this.#open.clear();
  }

  #openShard(shard: number): Promise<OpenShard> {
    let open = this.#open.get(shard);
    if (open === undefined) {
      open = this.#openFile(shard).then((file) => ({
        file,
        writer: this.#writerFor(file, undefined),
      }));
      this.#open.set(shard, open);
    }
    return open;
  }

  #openFile(shard: number, resumeAtBytes?: number): Promise<ShardFile> {
    // Workers are at work on the next chunks meanwhile; plain ones are written from where they lie, one after the other.
    const aside = this.#array.steps.length > 0;
    const options = resumeAtBytes === undefined ? { aside } : { aside, resumeAtBytes };
    return ShardFile.open(this.#folder, this.#openKey(shard), this.#key(shard), options);
  }

  #writerFor(file: ShardFile, state: ShardState | undefined): ShardWriter {
    return new ShardWriter(file, this.#array.chunksPerObject, state);
  }

  async #complete(shard: number): Promise<void> {
    const { writer } = await this.#open.get(shard)!;
    await writer.complete();
    this.#open.delete(shard);
  }

  #openKey(shard: number): string {
    return keyIn(this.#array.path, `${openPrefix}${shard}`);
  }

  #key(shard: number): string {
    return this.#array.key(this.#array.spec.shape.map((_, axis) => (axis === 0 ? shard : 0)));
  }
}
