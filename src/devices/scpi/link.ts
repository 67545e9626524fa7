import { LineInbox } from "./line-inbox.ts";
import type { Transport, TransportEvents } from "./transport.ts";

/** One connection, from its opening to its end, with what came through it. */
export class Link {
  readonly inbox: LineInbox;
  readonly #ended = new AbortController();
  #transport: Transport | undefined;
  #lastSentMs = Number.NEGATIVE_INFINITY;
  /** Identity queries whose answers may still come. */
  identitiesOwed = 0;
  /** Why it ended by itself, where the system said so. */
  cause: unknown;

  constructor(readTerminator: string) {
    this.inbox = new LineInbox(readTerminator);
  }

  get events(): TransportEvents {
    return {
      onBytes: (chunk) => this.inbox.push(chunk),
      onEnd: (cause) => {
        this.cause = cause;
        this.#ended.abort();
      },
    };
  }

  opened(transport: Transport): void {
    this.#transport = transport;
  }

  get resynchroniseBy(): Transport["resynchroniseBy"] | undefined {
    return this.#transport?.resynchroniseBy;
  }

  get ended(): boolean {
    return this.#ended.signal.aborted;
  }

  /** When something went through it last, in either direction, by `performance.now()`. */
  get lastUsedMs(): number {
    return Math.max(this.#lastSentMs, this.inbox.lastBytesMs);
  }

  async write(text: string): Promise<void> {
    try {
      await this.#transport!.write(Buffer.from(text));
    } finally {
      this.#lastSentMs = performance.now();
    }
  }

  /** The next line; undefined when none came in time, or the connection ended. */
  async line(timeoutMs: number): Promise<string | undefined> {
    const over = new AbortController();
    const end = () => over.abort();
    if (this.ended) end();
    const timer = setTimeout(end, Math.max(0, timeoutMs));
    this.#ended.signal.addEventListener("abort", end, { once: true });
    try {
      return await this.inbox.next(over.signal);
    } finally {
      clearTimeout(timer);
      this.#ended.signal.removeEventListener("abort", end);
    }
  }

  /** Resolves after `milliseconds`, or when the connection ends. */
  async pause(milliseconds: number): Promise<void> {
    if (this.ended) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#ended.signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      this.#ended.signal.addEventListener("abort", end, { once: true });
    });
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#transport?.close();
  }
}
