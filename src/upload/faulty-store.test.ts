import { setTimeout } from "node:timers/promises";
import { DaqError } from "../model/errors.ts";
import type { Checksum, MultipartWrite, Store, StoredObject } from "../stores/contract.ts";

export type Fault =
  /** Fails and has stored nothing. */
  | "refuse"
  /** Stores, and then says that it failed: the answer was lost. */
  | "lose answer"
  /** Never answers. */
  | "stall"
  /** Stores something else than it was given. */
  | "corrupt";

/** A store that does what a test wants of it now and then; everything else goes to the real one below. */
export class FaultyStore implements Store {
  readonly #store: Store;
  /** Asked before each write of an object: which fault, if any. */
  faultOf: (key: string) => Fault | undefined = () => undefined;
  /** Every object that was made visible, in order. */
  readonly written: string[] = [];
  /** In memory of the callers at this moment, and at the worst. */
  borrowedBytes = 0;
  mostBorrowedBytes = 0;
  checksum?: (key: string) => Promise<Checksum | undefined>;

  constructor(store: Store) {
    this.#store = store;
  }

  get url(): string {
    return this.#store.url;
  }

  async put(key: string, pieces: readonly Uint8Array[]): Promise<void> {
    await this.#write(key, pieces, async (content) => this.#store.put(key, content));
  }

  async putIfAbsent(key: string, pieces: readonly Uint8Array[]): Promise<boolean> {
    return this.#write(key, pieces, async (content) => this.#store.putIfAbsent(key, content));
  }

  async #write<Result>(
    key: string,
    pieces: readonly Uint8Array[],
    act: (content: readonly Uint8Array[]) => Promise<Result>,
  ): Promise<Result> {
    const bytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
    this.borrowedBytes += bytes;
    this.mostBorrowedBytes = Math.max(this.mostBorrowedBytes, this.borrowedBytes);
    try {
      const fault = this.faultOf(key);
      if (fault === "refuse") throw unavailable(this.url, key);
      if (fault === "stall") await new Promise<never>(() => {});
      const result = await act(fault === "corrupt" ? pieces.map(corrupted) : pieces);
      if (result !== false) this.written.push(key);
      if (fault === "lose answer") throw unavailable(this.url, key);
      return result;
    } finally {
      this.borrowedBytes -= bytes;
    }
  }

  async beginMultipart(key: string): Promise<MultipartWrite> {
    const parts = await this.#store.beginMultipart(key);
    return {
      write: (bytes) => this.#write(`${key} part`, [bytes], ([piece]) => parts.write(piece!)),
      complete: async (): Promise<StoredObject> => {
        const fault = this.faultOf(key);
        if (fault === "refuse") throw unavailable(this.url, key);
        const object = await parts.complete();
        this.written.push(key);
        if (fault === "lose answer") throw unavailable(this.url, key);
        return object;
      },
      abort: () => parts.abort(),
    };
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#store.get(key);
  }

  getRange(key: string, offsetBytes: number, length: number): Promise<Uint8Array | undefined> {
    return this.#store.getRange(key, offsetBytes, length);
  }

  stat(key: string): Promise<StoredObject | undefined> {
    return this.#store.stat(key);
  }

  list(prefix: string): AsyncIterable<StoredObject> {
    return this.#store.list(prefix);
  }

  delete(key: string): Promise<void> {
    return this.#store.delete(key);
  }

  async close(): Promise<void> {
    await setTimeout(0);
    await this.#store.close();
  }
}

function corrupted(piece: Uint8Array): Uint8Array {
  const copy = piece.slice();
  if (copy.byteLength > 0) copy[copy.byteLength >> 1]! ^= 1;
  return copy;
}

function unavailable(url: string, key: string): DaqError {
  return new DaqError("io", `${url}/${key}: 503 Slow Down.`, { hint: "Try again." });
}
