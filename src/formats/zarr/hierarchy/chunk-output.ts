import type { EncodeStep } from "../../../bytes/compress/codec.ts";
import type { Block, WorkerPool } from "../../../bytes/pool/worker-pool.ts";

/**
 * Puts the stored bytes of one chunk where they belong. They are borrowed until the promise settles. `aside`: the thread is
 * left free meanwhile.
 */
export type PutChunk = (encoded: Uint8Array, aside?: boolean) => Promise<void>;

/** A chunk that is the output's own now; `stored` settles when it was put. */
export type TakenChunk = { readonly stored: Promise<void> };

/** A copy of a chunk that nothing was done with yet. One of the two is to be called. */
export type HeldChunk<Sent = TakenChunk> = {
  /** Has it encoded and put. */
  send(put: PutChunk): Sent;
  /** Forgets it. */
  drop(): void;
};

export type ChunkOutputOptions = {
  /** Chunks that are encoded or put at a time, at most; besides that the pool's memory bounds them. Default 16. */
  readonly inFlight?: number;
  /** Chunks without a codec are put from the caller's memory rather than from a copy. */
  readonly direct?: boolean;
};

/**
 * Encodes chunks in the pool's workers and puts them, several at a time and in any order. Memory is bounded by the number
 * in flight and by the pool's. Without workers' work to do it only bounds the number.
 */
export class ChunkOutput {
  readonly #pool: WorkerPool;
  readonly #steps: readonly EncodeStep[];
  readonly #inFlight: number;
  readonly #isDirect: boolean;
  readonly #running = new Set<Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  #taken = 0;
  #failure: { readonly cause: unknown } | undefined;

  constructor(pool: WorkerPool, steps: readonly EncodeStep[], options: ChunkOutputOptions = {}) {
    this.#pool = pool;
    this.#steps = steps;
    this.#inFlight = options.inFlight ?? 16;
    this.#isDirect = options.direct === true && steps.length === 0;
  }

  /**
   * Resolves when the chunk, borrowed until then, is copied (where it is direct: put). Rejects when a chunk before it could
   * not be put.
   */
  async write(chunk: Uint8Array, put: PutChunk): Promise<TakenChunk> {
    if (!this.#isDirect) return (await this.hold(chunk)).send(put);
    await this.#room();
    const stored = this.#track(put(chunk));
    await stored;
    return { stored };
  }

  /**
   * Resolves when the chunk, borrowed until then, is copied: who has it from memory that others overwrite can look whether
   * it is still the same. It counts among those in flight. Rejects like `write`.
   */
  async hold(chunk: Uint8Array): Promise<HeldChunk> {
    await this.#room();
    let block: Block;
    try {
      block = await this.#pool.take(chunk.byteLength);
    } catch (cause) {
      this.#leave();
      throw cause;
    }
    block.bytes.set(chunk);
    return {
      send: (put) => {
        const stored = this.#track(this.#encodeAndPut(block, chunk.byteLength, put));
        // Whoever waits for the end hears of a failure; until then it must not count as unhandled.
        stored.catch(() => undefined);
        return { stored };
      },
      drop: () => {
        this.#pool.give(block);
        this.#leave();
      },
    };
  }

  /** Resolves when everything so far was put. Rejects with the first failure, also of chunks that are long done. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled([...this.#running]);
    if (this.#failure !== undefined) throw this.#failure.cause;
  }

  async #room(): Promise<void> {
    while (this.#failure === undefined && this.#taken >= this.#inFlight)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#failure !== undefined) {
      this.#waiting.shift()?.();
      throw this.#failure.cause;
    }
    this.#taken++;
  }

  #leave(): void {
    this.#taken--;
    this.#waiting.shift()?.();
  }

  #track(work: Promise<void>): Promise<void> {
    const tracked = work
      .catch((cause: unknown) => {
        this.#failure ??= { cause };
        throw cause;
      })
      .finally(() => {
        this.#running.delete(tracked);
        this.#leave();
      });
    this.#running.add(tracked);
    return tracked;
  }

  async #encodeAndPut(block: Block, length: number, put: PutChunk): Promise<void> {
    try {
      if (this.#steps.length === 0) return await put(block.bytes.subarray(0, length));
      const result = await this.#pool.encode(block, length, this.#steps);
      try {
        await put(result.block.bytes.subarray(0, result.length), true);
      } finally {
        this.#pool.give(result.block);
      }
    } finally {
      this.#pool.give(block);
    }
  }
}
