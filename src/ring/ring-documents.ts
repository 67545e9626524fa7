import { alignToLine, record, recordHeaderBytes, recordKind, recordState, recordWord } from "./layout.ts";
import type { RecordQueue } from "./record-queue.ts";

const committedDocument = recordWord(recordState.committed, recordKind.document, 0);

/** Puts documents of the run between the records of its streams. */
export class RingDocuments {
  readonly #queue: RecordQueue;

  constructor(queue: RecordQueue) {
    this.#queue = queue;
  }

  /** `text` is borrowed until the promise settles, where there is one: the ring is full and its mode is `block`. */
  write(text: Uint8Array): void | Promise<void> {
    const bytes = alignToLine(recordHeaderBytes + text.byteLength);
    const at = this.#queue.take(bytes);
    if (at < 0) return this.#queue.whenFree(bytes, (free) => this.#fill(free, bytes, text));
    this.#fill(at, bytes, text);
  }

  #fill(at: number, bytes: number, text: Uint8Array): void {
    const { memory } = this.#queue;
    memory.u32[(at + record.streamIndex) / 4] = 0;
    memory.set(at + record.bytes, bytes);
    memory.set(at + record.count, 0);
    memory.set(at + record.payloadBytes, text.byteLength);
    memory.set(at + record.firstSequence, 0);
    memory.set(at + record.position, this.#queue.head - bytes);
    memory.i64[(at + record.firstTimestampNs) / 8] = BigInt(Date.now()) * 1_000_000n;
    memory.bytes.set(text, at + recordHeaderBytes);
    this.#queue.markState(at, committedDocument);
    if (this.#queue.isHolding) this.#queue.noteReserved();
    this.#queue.publish();
  }
}
