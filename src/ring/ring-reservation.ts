import { DaqError } from "../model/errors.ts";
import type { Reservation } from "../model/frame-sink.ts";
import type { LossReason } from "../model/ledger.ts";
import type { HeldRecord } from "./record-queue.ts";

type Actions = {
  readonly columns: readonly Uint8Array[];
  readonly commit: (held: HeldRecord, timestampNs: bigint) => void;
  readonly abandon: (held: HeldRecord, reason: LossReason, detail: string) => void;
};

/** Space in the ring that a driver fills; done once, by commit or by abandon. */
export class RingReservation implements Reservation, HeldRecord {
  readonly position: number;
  readonly end: number;
  isDone = false;
  readonly #actions: Actions;

  constructor(position: number, end: number, actions: Actions) {
    this.position = position;
    this.end = end;
    this.#actions = actions;
  }

  get columns(): readonly Uint8Array[] {
    return this.#actions.columns;
  }

  commit(timestampNs: bigint): void {
    this.#checkOpen();
    this.#actions.commit(this, timestampNs);
  }

  abandon(reason: LossReason, detail: string): void {
    this.#checkOpen();
    this.#actions.abandon(this, reason, detail);
  }

  abandonAtClose(): void {
    this.#actions.abandon(this, "aborted", "the source stopped in the middle of it");
  }

  #checkOpen(): void {
    if (this.isDone) throw new DaqError("ring", "This reservation was committed or abandoned before.");
  }
}
