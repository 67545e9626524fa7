import { setImmediate } from "node:timers/promises";
import type { HeldChunk, PutChunk } from "./hierarchy/chunk-output.ts";

/**
 * Chunks that are stored as they are, each an object: while another thread writes a copy of one, this one writes the next
 * from where it lies. Two cores make files of memory faster than one, and a copy costs a third of a write.
 */
export class PlainOutput {
  readonly #chunkBytes: number;
  readonly #free: Uint8Array[] = [];
  #aside: Promise<void> | undefined;
  #failure: { readonly cause: unknown } | undefined;

  constructor(chunkBytes: number) {
    this.#chunkBytes = chunkBytes;
  }

  /** Resolves when the chunk, borrowed until then, is copied or put. Rejects when one before it could not be put. */
  async write(chunk: Uint8Array, put: PutChunk): Promise<void> {
    if (this.#failure === undefined && this.#aside !== undefined) await putHere(chunk, put);
    else await this.hold(chunk).send(put);
  }

  /** Copies the chunk: who has it from memory that others overwrite can look whether it is still the same. */
  hold(chunk: Uint8Array): HeldChunk<Promise<void>> {
    if (this.#failure !== undefined) throw this.#failure.cause;
    const buffer = this.#free.pop() ?? new Uint8Array(this.#chunkBytes);
    buffer.set(chunk);
    const giveBack = (): void => {
      this.#free.push(buffer);
    };
    return {
      send: async (put) => {
        if (this.#aside !== undefined) return putHere(buffer, put).finally(giveBack);
        this.#aside = put(buffer, true)
          .catch((cause: unknown) => {
            this.#failure ??= { cause };
          })
          .finally(() => {
            this.#aside = undefined;
            giveBack();
          });
        await setImmediate(); // It has begun before this thread waits for a write of its own.
      },
      drop: giveBack,
    };
  }

  /** Resolves when everything so far was put. Rejects with the first failure of what was written aside. */
  async settled(): Promise<void> {
    await this.#aside;
    if (this.#failure !== undefined) throw this.#failure.cause;
  }
}

/** The thread may have waited for it: what was written aside meanwhile is only now heard of. */
async function putHere(chunk: Uint8Array, put: PutChunk): Promise<void> {
  await put(chunk, false);
  await setImmediate();
}
