import { DaqError } from "../model/errors.ts";
import { slowestDurableCursor } from "./consumer-slots.ts";
import {
  appendGeneration,
  type Generation,
  generationIndexOf,
  offsetIn,
  requiredTail,
} from "./generations.ts";
import {
  dataOffset,
  header,
  lineBytes,
  maxGenerations,
  record,
  recordHeaderBytes,
  recordKind,
  recordState,
  recordWord,
} from "./layout.ts";
import type { RingFile } from "./ring-file.ts";
import type { RingMemory } from "./ring-memory.ts";
import type { ResolvedRingOptions } from "./ring-options.ts";

/**
 * The producer's view of the space: hands out room for records, and moves the tail, grows the ring or says "full"
 * as the overflow mode wants. Nothing here is shared with other processes but the tail and the generations.
 */
export class RingSpace {
  readonly #file: RingFile;
  readonly #memory: RingMemory;
  readonly #options: ResolvedRingOptions;
  readonly #generations: Generation[];
  #head = 0;
  /** Where the head lies in the data area; equal to the capacity at the end of a lap. */
  #headOffset = 0;
  #capacity: number;
  #tail = 0;
  /** Up to here (within this lap) records can be written without looking at the tail again. */
  #clearUntil = 0;
  /** The padding that was written last: it is not published as long as the record that needed it waits for space. */
  #paddingFrom = 0;
  #paddingEnd = -1;

  constructor(file: RingFile, options: ResolvedRingOptions) {
    this.#file = file;
    this.#memory = file.memory;
    this.#options = options;
    this.#capacity = options.capacityBytes;
    this.#generations = [{ start: 0, startOffset: 0, capacity: options.capacityBytes }];
  }

  get head(): number {
    return this.#head;
  }

  get capacityBytes(): number {
    return this.#capacity;
  }

  /**
   * Takes `bytes` (a multiple of 64) at the head, in one piece. Returns the byte in the file where they start, or −1
   * when the ring is full and must wait for its recorders. `heldFrom` is the oldest position that a reservation still
   * holds, or infinity.
   */
  take(bytes: number, heldFrom: number): number {
    if (bytes > this.#options.maxCapacityBytes) throw this.#tooLarge(bytes);
    while (bytes > this.#capacity) if (!this.#grow(bytes, lineBytes)) throw this.#tooLarge(bytes);
    while (this.#headOffset + bytes > this.#capacity) if (!this.#finishLap(heldFrom)) return -1;
    if (this.#head + bytes > this.#clearUntil && !this.#clear(bytes, heldFrom)) return -1;
    const at = dataOffset + this.#headOffset;
    this.#head += bytes;
    this.#headOffset += bytes;
    return at;
  }

  #tooLarge(bytes: number): DaqError {
    return new DaqError("ring", `One record needs ${bytes} bytes; the ring has ${this.#capacity}.`, {
      hint: "Raise ring_buffer.size_mb: it should hold at least a few records, better some seconds of data.",
    });
  }

  /** Fills the rest of the lap, so that the next record starts at the data area's first byte; or grows the ring. */
  #finishLap(heldFrom: number): boolean {
    const bytes = this.#capacity - this.#headOffset;
    const generation = this.#generations.length;
    if (bytes > 0) {
      if (this.#head + bytes > this.#clearUntil && !this.#clear(bytes, heldFrom)) return false;
      if (this.#generations.length > generation) return true;
      const at = dataOffset + this.#headOffset;
      this.#memory.set(at + record.bytes, bytes);
      this.#memory.set(at + record.payloadBytes, bytes - recordHeaderBytes);
      this.#memory.set(at + record.position, this.#head);
      Atomics.store(this.#memory.u32, at / 4, recordWord(recordState.committed, recordKind.padding, 0));
      this.#paddingFrom = this.#head;
      this.#head += bytes;
      this.#paddingEnd = this.#head;
    }
    this.#headOffset = 0;
    this.#clearUntil = this.#head;
    return true;
  }

  /** Makes [head, head + bytes) free. The range does not wrap. */
  #clear(bytes: number, heldFrom: number): boolean {
    const lapRest = this.#capacity - this.#headOffset;
    // Free some more at once, so that the tail is not touched for every small record.
    const ahead = Math.min(Math.max(bytes, Math.floor(this.#capacity / 64)), lapRest);
    if (this.#tryClear(ahead, heldFrom, false)) return true;
    if (this.#options.overflow === "resize" && this.#grow(bytes, bytes)) return true;
    return this.#tryClear(bytes, heldFrom, true);
  }

  #tryClear(bytes: number, heldFrom: number, insist: boolean): boolean {
    const needed = requiredTail(this.#generations, this.#head, this.#headOffset, bytes);
    if (needed > this.#tail) {
      if (needed > heldFrom) {
        if (!insist || this.#options.whenFull === "block") return false;
        throw new DaqError("ring-full", "The ring went round while a driver still held space in it.", {
          hint: "The driver must commit sooner, or ring_buffer.size_mb must be larger.",
        });
      }
      const mayDiscard =
        this.#options.whenFull === "discard-oldest" && (insist || this.#options.overflow !== "resize");
      if (!mayDiscard && needed > this.#storedUntil()) return false;
      this.#moveTail(needed);
    }
    this.#clearUntil = this.#head + bytes;
    return true;
  }

  /** What every recorder has stored; nothing while there is none. */
  #storedUntil(): number {
    const slowest = slowestDurableCursor(this.#memory) ?? 0;
    // Nobody can store padding that is not published, and a record of more than half the ring would wait for it forever.
    return this.#head === this.#paddingEnd && slowest >= this.#paddingFrom ? this.#head : slowest;
  }

  /** Moves the tail to the first record that starts at or after `needed`. */
  #moveTail(needed: number): void {
    while (this.#tail < needed) {
      const generation = this.#generations[generationIndexOf(this.#generations, this.#tail)]!;
      this.#tail += this.#memory.get(dataOffset + offsetIn(generation, this.#tail) + record.bytes);
    }
    // Fenced: a reader must not see new bytes in the old record's place before it can see that the tail moved.
    this.#memory.storeFenced(header.tail, this.#tail);
  }

  /** Starts a new generation behind the present data area, at least `minimumAdded` larger and able to hold `bytes`. */
  #grow(bytes: number, minimumAdded: number): boolean {
    const before = this.#capacity;
    const wanted = Math.min(Math.max(before * 2, before + bytes), this.#options.maxCapacityBytes);
    if (wanted - before < minimumAdded || wanted < bytes || this.#generations.length >= maxGenerations)
      return false;
    if (this.#file.freeBytes() < wanted - before || !this.#file.grow(before, wanted)) return false;
    const added = { start: this.#head, startOffset: before, capacity: wanted };
    appendGeneration(this.#memory, this.#generations.length, added);
    this.#generations.push(added);
    this.#capacity = wanted;
    this.#headOffset = before;
    this.#clearUntil = this.#head + wanted - before;
    return true;
  }
}
