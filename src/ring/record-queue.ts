import { DaqError } from "../model/errors.ts";
import { slowestDurableCursor } from "./consumer-slots.ts";
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
  /** Writers that wait for space, one after the other. */
  #waiting = 0;
  #lastTurn: Promise<unknown> = Promise.resolve();
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

  /**
   * Takes space at once: the byte in the file, or −1 when the ring is full, or when others wait for space already. The
   * position is `head − bytes`.
   */
  take(bytes: number): number {
    return this.#waiting > 0 ? -1 : this.#takeNow(bytes);
  }

  #takeNow(bytes: number): number {
    if (this.#closed) throw new DaqError("ring", "The ring is closed.");
    return this.#space.take(bytes, this.#held[0]?.position ?? Number.POSITIVE_INFINITY);
  }

  /**
   * Waits for space and uses it in the same turn of the event loop, so that no other stream comes in between. First
   * come, first served: small records would otherwise use up what a frame waits for. Rejects with
   * `DaqError("ring-full")` after `block_timeout_ms`.
   */
  whenFree<Result>(bytes: number, use: (at: number) => Result): Promise<Result> {
    const deadline = performance.now() + this.#options.blockTimeoutMs;
    this.#waiting++;
    const turn = this.#lastTurn
      .then(() => this.#waitForSpace(bytes, use, deadline))
      .finally(() => {
        this.#waiting--;
      });
    this.#lastTurn = turn.catch(() => undefined);
    return turn;
  }

  async #waitForSpace<Result>(bytes: number, use: (at: number) => Result, deadline: number): Promise<Result> {
    let taken: { readonly result: Result } | undefined;
    const attempt = (): boolean => {
      const at = this.#takeNow(bytes);
      if (at >= 0) taken = { result: use(at) };
      return at >= 0;
    };
    for (;;) {
      if (attempt()) return taken!.result;
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw this.#fullError();
      await this.#spaceWake.sleepAsync(attempt, Math.min(lookAgainMs, leftMs));
      if (taken !== undefined) return (taken as { readonly result: Result }).result;
    }
  }

  #fullError(): DaqError {
    const time = `The ring stayed full for ${this.#options.blockTimeoutMs / 1000} s`;
    const options = `let ring_buffer.overflow be "discard-oldest"`;
    if (slowestDurableCursor(this.memory) === undefined)
      return new DaqError("ring-full", `${time}: no recorder is attached to it.`, {
        hint: `Start the recorder before the sources, or ${options}.`,
      });
    if (this.#held.length > 0)
      return new DaqError(
        "ring-full",
        `${time}: a driver holds space in it, or the recorder does not keep up.`,
        {
          hint: `The driver must commit sooner, or ring_buffer.size_mb must be larger; or ${options}.`,
        },
      );
    return new DaqError("ring-full", `${time}: the recorder does not keep up, or hangs.`, {
      hint: `Check the disk; raise ring_buffer.size_mb or block_timeout_ms, or ${options}.`,
    });
  }

  /**
   * Resolves when every recorder has stored what was published, or when `isOver` says that this is not waited for any more. A
   * recorder stores at once what somebody waits for.
   */
  async whenStored(isOver: () => boolean): Promise<void> {
    const published = this.memory.load(header.published);
    const attempt = () => isOver() || (slowestDurableCursor(this.memory) ?? -1) >= published;
    while (!attempt()) await this.#spaceWake.sleepAsync(attempt, lookAgainMs);
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
