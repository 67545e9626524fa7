import { DaqError } from "../model/errors.ts";
import { header, record } from "./layout.ts";
import type { RingFile } from "./ring-file.ts";
import type { RingMemory } from "./ring-memory.ts";
import type { ResolvedRingOptions } from "./ring-options.ts";
import { RingSpace } from "./ring-space.ts";
import { Wake } from "./wake.ts";

/** Space that was handed out and is not published yet. */
export interface HeldRecord {
  readonly position: number;
  readonly end: number;
  isDone: boolean;
  /** Turns the record into a gap, because the ring closes. */
  abandonAtClose(): void;
}

/** How often a waiting producer looks whether a recorder moved without waking it (it died, say). */
const lookAgainMs = 100;

/**
 * Orders what several streams of one process write: space in order, publishing in order. A record becomes readable
 * when it and all before it are committed, so readers need one word, `published`.
 */
export class RecordQueue {
  readonly memory: RingMemory;
  readonly #space: RingSpace;
  readonly #options: ResolvedRingOptions;
  readonly #held: HeldRecord[] = [];
  readonly #dataWake: Wake;
  readonly #spaceWake: Wake;
  #closed = false;

  constructor(file: RingFile, options: ResolvedRingOptions) {
    this.memory = file.memory;
    this.#space = new RingSpace(file, options);
    this.#options = options;
    this.#dataWake = new Wake(file.memory, header.dataWake);
    this.#spaceWake = new Wake(file.memory, header.spaceWake);
  }

  get head(): number {
    return this.#space.head;
  }

  get capacityBytes(): number {
    return this.#space.capacityBytes;
  }

  /** Takes space at once: the byte in the file, or −1 when the ring is full. The position is `head − bytes`. */
  take(bytes: number): number {
    if (this.#closed) throw new DaqError("ring", "The ring is closed.");
    return this.#space.take(bytes, this.#held[0]?.position ?? Number.POSITIVE_INFINITY);
  }

  /**
   * Waits for space and uses it in the same turn of the event loop, so that no other stream comes in between. Rejects
   * with `DaqError("ring-full")` after `block_timeout_ms`.
   */
  async whenFree<Result>(bytes: number, use: (at: number) => Result): Promise<Result> {
    const deadline = Date.now() + this.#options.blockTimeoutMs;
    let taken: { readonly result: Result } | undefined;
    const attempt = (): boolean => {
      const at = this.take(bytes);
      if (at >= 0) taken = { result: use(at) };
      return at >= 0;
    };
    for (;;) {
      if (attempt()) return taken!.result;
      if (Date.now() >= deadline) throw this.#fullError();
      await this.#spaceWake.sleepAsync(attempt, lookAgainMs);
      if (taken !== undefined) return (taken as { readonly result: Result }).result;
    }
  }

  #fullError(): DaqError {
    const seconds = this.#options.blockTimeoutMs / 1000;
    return new DaqError("ring-full", `The ring stayed full for ${seconds} s: the recorder does not keep up, or hangs.`, {
      hint: "Check the disk; raise ring_buffer.size_mb or block_timeout_ms, or let `overflow` be \"discard-oldest\".",
    });
  }

  /** Publishes up to the head, unless a reservation before it is still held. */
  publish(): void {
    if (this.#held.length === 0) {
      this.memory.store(header.published, this.#space.head);
      this.#dataWake.signal();
      return;
    }
    let published = -1;
    while (this.#held[0]?.isDone === true) published = this.#held.shift()!.end;
    if (published < 0) return;
    this.memory.store(header.published, this.#held[0]?.position ?? this.#space.head);
    this.#dataWake.signal();
  }

  /**
   * Holds back publishing until the record is done. The record's header, with its length, is in place: after this
   * process died, a reader skips the record by it.
   */
  hold(held: HeldRecord): void {
    this.#held.push(held);
    this.memory.store(header.reserved, this.#space.head);
  }

  /** While reservations are held, later records are findable behind them by who drains a dead ring. */
  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  noteReserved(): void {
    this.memory.store(header.reserved, this.#space.head);
  }

  markState(at: number, word: number): void {
    Atomics.store(this.memory.u32, (at + record.word) / 4, word);
  }

  wakeReaders(): void {
    this.#dataWake.signal();
  }

  abandonAll(): void {
    for (const held of [...this.#held]) if (!held.isDone) held.abandonAtClose();
    this.#closed = true;
  }
}

