import type { ArrayObjects } from "./array-objects.ts";
import type { ZarrArray } from "./hierarchy/zarr-array.ts";
import { objectsFrom } from "./objects-from.ts";
import type { RunFolder } from "./run-folder.ts";

/** Each chunk is an object. */
export class ChunkObjects implements ArrayObjects {
  readonly #folder: RunFolder;
  readonly #array: ZarrArray;

  constructor(folder: RunFolder, array: ZarrArray) {
    this.#folder = folder;
    this.#array = array;
  }

  async put(block: number, tile: number, encoded: Uint8Array, aside = false): Promise<void> {
    const place = this.#array.spec.shape.map((_, axis) => (axis === 0 ? block : axis === 1 ? tile : 0));
    const store = aside ? this.#folder.aside : this.#folder.store;
    await store.put(this.#array.key(place), [encoded]);
  }

  async flush(): Promise<void> {
    // The store does that with each object.
  }

  async state(): Promise<undefined> {
    return undefined;
  }

  async restore(blocks: number, hasOpen: boolean): Promise<void> {
    // The block that has begun may be shown to readers; it is put again when there is more of it.
    const kept = blocks + (hasOpen ? 1 : 0);
    for (const key of await objectsFrom(this.#folder, this.#array, kept)) await this.#folder.remove(key);
  }

  async finish(): Promise<void> {}

  async release(): Promise<void> {}
}
