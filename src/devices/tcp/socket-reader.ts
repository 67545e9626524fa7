import type { Socket } from "node:net";

/** The bytes of a socket, pulled: while the reader is busy, the sender is held back by TCP's own flow control. */
export class SocketReader {
  #socket: Socket;
  #explain: (cause: unknown) => Error;
  #left = false;
  #closing = new AbortController();
  /** True while the reader has handled everything that came and waits for more. */
  waiting = false;

  constructor(socket: Socket, explain: (cause: unknown) => Error) {
    this.#socket = socket;
    this.#explain = explain;
  }

  /** Aborts when the connection is left. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** Ends at a clean close, or after `leave`. Throws what `explain` makes of a broken connection. */
  async *chunks(): AsyncGenerator<Buffer, void, undefined> {
    const chunks = this.#socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    for (;;) {
      this.waiting = true;
      let next: IteratorResult<Buffer>;
      try {
        next = await chunks.next();
      } catch (cause) {
        if (this.#left) return;
        throw this.#explain(cause);
      } finally {
        this.waiting = false;
      }
      if (next.done || this.#left) return;
      yield next.value;
    }
  }

  /** Closes the connection and wakes a reader that waits. Idempotent. */
  leave(): void {
    this.#left = true;
    this.#closing.abort();
    this.#socket.on("error", () => {});
    this.#socket.destroy();
  }
}
