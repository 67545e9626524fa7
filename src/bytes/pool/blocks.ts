import { DaqError } from "../../model/errors.ts";
import type { AddressSpace } from "./address-space.ts";
import type { Block } from "./block.ts";

type Taken = { readonly block: Block; readonly space: AddressSpace; readonly bytes: number; readers: number };

type Waiting = {
  readonly bytes: number;
  readonly resolve: (block: Block) => void;
  readonly reject: (error: Error) => void;
};

/** Which blocks of a pool's memory callers have, and who waits for one. */
export class Blocks {
  readonly #memory: Uint8Array;
  readonly #inputs: AddressSpace;
  readonly #taken = new Map<number, Taken>();
  readonly #waiting: Waiting[] = [];

  constructor(memory: Uint8Array, inputs: AddressSpace) {
    this.#memory = memory;
    this.#inputs = inputs;
  }

  tryTake(bytes: number): Block | undefined {
    this.#checkSize(bytes);
    return this.#waiting.length > 0 ? undefined : this.#takeNow(bytes);
  }

  async take(bytes: number): Promise<Block> {
    const block = this.tryTake(bytes);
    if (block !== undefined) return block;
    return new Promise((resolve, reject) => this.#waiting.push({ bytes, resolve, reject }));
  }

  /** Makes a range that was taken from `space` a block of the caller's. */
  adopt(space: AddressSpace, address: number, bytes: number): Block {
    const block = { address, bytes: this.#memory.subarray(address, address + space.pagesFor(bytes)) };
    this.#taken.set(address, { block, space, bytes, readers: 0 });
    return block;
  }

  give(block: Block): void {
    const taken = this.#takenOf(block);
    if (taken.readers > 0)
      throw new Error(`The block at ${block.address} is given back while a job reads it.`);
    this.#taken.delete(block.address);
    taken.space.give(block.address, taken.bytes);
    if (taken.space === this.#inputs) this.#serve();
  }

  startReading(block: Block): void {
    this.#takenOf(block).readers++;
  }

  stopReading(block: Block): void {
    this.#takenOf(block).readers--;
  }

  rejectWaiting(errorOf: (bytes: number) => Error): void {
    for (const { bytes, reject } of this.#waiting.splice(0)) reject(errorOf(bytes));
  }

  #takenOf(block: Block): Taken {
    const taken = this.#taken.get(block.address);
    if (taken?.block !== block)
      throw new Error(`The block at ${block.address} is not one of this pool's, or was given back before.`);
    return taken;
  }

  #checkSize(bytes: number): void {
    if (!Number.isInteger(bytes) || bytes < 0) throw new RangeError(`A block cannot have ${bytes} bytes.`);
    const largest = this.#inputs.bytes;
    if (bytes > largest)
      throw new DaqError(
        "format",
        `A block of ${bytes} bytes is more than the workers' memory has (${largest}).`,
        {
          hint: "Choose a smaller chunk_size (records per chunk); a program can give the pool more memoryBytes.",
        },
      );
  }

  #takeNow(bytes: number): Block | undefined {
    const address = this.#inputs.take(bytes);
    return address === undefined ? undefined : this.adopt(this.#inputs, address, bytes);
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      const block = this.#takeNow(this.#waiting[0]!.bytes);
      if (block === undefined) return;
      this.#waiting.shift()!.resolve(block);
    }
  }
}
