import type { Batch } from "../model/batch.ts";
import type { BatchBuilder } from "./batch-builder.ts";
import type { Output } from "./output.ts";

/**
 * The batches of one stream on their way to its outputs: one is being filled while the other is being written, and
 * never more than these two, which bounds the memory.
 */
export class StreamFeed {
  readonly #outputs: readonly Output[];
  #filling: BatchBuilder;
  #writing: BatchBuilder;
  #pending: Promise<void> = Promise.resolve();

  constructor(builders: readonly [BatchBuilder, BatchBuilder], outputs: readonly Output[]) {
    [this.#filling, this.#writing] = builders;
    this.#outputs = outputs;
  }

  get builder(): BatchBuilder {
    return this.#filling;
  }

  /** Hands the collected batch to the outputs, and resolves when the other buffer is free to be filled. */
  async flush(): Promise<void> {
    await this.#pending;
    const full = this.#filling;
    this.#filling = this.#writing;
    this.#writing = full;
    if (full.count === 0) return;
    const batch = full.batch();
    this.#pending = Promise.all(this.#outputs.map((output) => output.append(batch))).then(() => full.clear());
  }

  /** True when every output can take a batch out of the ring's own memory. */
  get canShare(): boolean {
    return this.#outputs.length > 0 && this.#outputs.every((output) => output.canShare);
  }

  /** Hands a batch in the ring's own memory to the outputs, behind what was handed to them before. */
  async appendShared(batch: Batch, isIntact: () => boolean): Promise<void> {
    await this.#pending;
    await Promise.all(this.#outputs.map((output) => output.appendShared(batch, isIntact)));
  }

  /** Resolves when everything collected so far is the outputs'. */
  async settle(): Promise<void> {
    await this.flush();
    await this.#pending;
  }
}
