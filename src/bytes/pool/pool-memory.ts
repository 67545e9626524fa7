import { reservedBytes, scratchBytes } from "../../kernels/kernels.ts";
import { createKernelMemory } from "../../kernels/load-kernels.ts";
import { DaqError } from "../../model/errors.ts";
import { AddressSpace } from "./address-space.ts";

/** Two workers must not write to one cache line. */
const progressBytes = 64;
/** WebAssembly's addresses end here; the last page stays free so that an end of a range is an address as well. */
const largestMemoryBytes = 2 ** 32 - 65_536;
const smallestMemoryBytes = 1 << 20;

/**
 * The one memory of a pool. It has its full size from the start: the operating system gives pages when they are first
 * touched, and addresses never move.
 *
 * ```
 * 0           1 MiB                                                      memory.buffer.byteLength
 * ├───────────┼──────────────────┼───────────────────┼─────────────┼────────────────────┼────────────────┤
 * │ kernels'  │ progress words,  │ scratch, 1 MiB of │ inputs:     │ outputs: results   │ kept: what     │
 * │ tables    │ 64 B of each     │ each worker       │ what `take` │ and what jobs need │ `tryKeep`      │
 * │           │ worker           │                   │ hands out   │ between steps      │ hands out      │
 * └───────────┴──────────────────┴───────────────────┴── 3/8 ──────┴── 5/8 of the bound ┴────────────────┘
 * ```
 *
 * Inputs cannot use up what outputs need: with at most one result alive for each input, a job always gets its memory
 * when those before it have ended, as long as it takes no more than a quarter of the bound. What is kept for long has a part
 * of its own, so that nobody waits for it.
 */
export class PoolMemory {
  readonly memory: WebAssembly.Memory;
  readonly bytes: Uint8Array;
  readonly inputs: AddressSpace;
  readonly outputs: AddressSpace;
  readonly kept: AddressSpace;
  readonly #words: Int32Array;
  readonly #scratches: number;

  constructor(workers: number, boundBytes: number, wantedKeptBytes: number) {
    const bound = Math.floor(boundBytes / 65_536) * 65_536;
    const keptBytes = Math.floor(wantedKeptBytes / 65_536) * 65_536;
    this.#scratches = reservedBytes + Math.ceil((workers * progressBytes) / 65_536) * 65_536;
    const start = this.#scratches + workers * scratchBytes;
    if (!(bound >= smallestMemoryBytes && start + bound + keptBytes <= largestMemoryBytes))
      throw new DaqError(
        "process",
        `A pool of ${workers} workers cannot have ${boundBytes} bytes of memory.`,
        {
          hint: `Choose from ${smallestMemoryBytes} to ${largestMemoryBytes - start - keptBytes} bytes.`,
        },
      );
    const inputBytes = Math.ceil((bound * 3) / 8 / 4096) * 4096;
    try {
      this.memory = createKernelMemory(start + bound + keptBytes);
    } catch (cause) {
      throw new DaqError(
        "process",
        `The system refused ${start + bound + keptBytes} bytes for the compression workers.`,
        {
          hint: "Check the limit on address space (`ulimit -v`) and of the container, or choose less memory.",
          cause,
        },
      );
    }
    this.bytes = new Uint8Array(this.memory.buffer);
    this.#words = new Int32Array(this.memory.buffer);
    this.inputs = new AddressSpace(start, inputBytes);
    this.outputs = new AddressSpace(start + inputBytes, bound - inputBytes);
    this.kept = new AddressSpace(start + bound, keptBytes);
  }

  scratchOf(slot: number): number {
    return this.#scratches + slot * scratchBytes;
  }

  progressOf(slot: number): number {
    return reservedBytes + slot * progressBytes;
  }

  /** The id of the job that the worker is at; 0: none. */
  jobAt(slot: number): number {
    return Atomics.load(this.#words, this.progressOf(slot) / 4);
  }

  /** After a worker ended. */
  clearProgress(slot: number): void {
    Atomics.store(this.#words, this.progressOf(slot) / 4, 0);
  }
}
