/** The longest answer that is waited for. */
const longestBytes = 1024 * 1024;

/** Lines that are kept though nobody asked for them. */
const mostLines = 1000;

/** Cuts what comes from an instrument into lines, and hands them over one at a time. */
export class LineInbox {
  readonly #terminator: Buffer;
  #rest = Buffer.alloc(0);
  #lines: string[] = [];
  #waiting: ((line: string) => void) | undefined;
  #lastBytesMs = Number.NEGATIVE_INFINITY;

  constructor(terminator: string) {
    this.#terminator = Buffer.from(terminator);
  }

  /** When something came last, by `performance.now()`. */
  get lastBytesMs(): number {
    return this.#lastBytesMs;
  }

  /** True when something is there that nobody has taken, be it a part of a line. */
  get holdsAnything(): boolean {
    return this.#lines.length > 0 || this.#rest.byteLength > 0;
  }

  push(chunk: Uint8Array): void {
    this.#lastBytesMs = performance.now();
    let bytes = Buffer.concat([this.#rest, chunk]);
    for (let end = bytes.indexOf(this.#terminator); end >= 0; end = bytes.indexOf(this.#terminator)) {
      this.#deliver(bytes.subarray(0, end).toString("utf8").replace(/\r$/, ""));
      bytes = bytes.subarray(end + this.#terminator.byteLength);
    }
    // What never ends is noise, at the wrong speed for instance; keeping its end is enough to find the next line.
    this.#rest = Buffer.from(bytes.subarray(Math.max(0, bytes.byteLength - longestBytes)));
  }

  #deliver(line: string): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) {
      waiting(line);
      return;
    }
    this.#lines.push(line);
    if (this.#lines.length > mostLines) this.#lines.shift();
  }

  /** The next line; undefined when `signal` aborts first. One caller at a time. */
  next(signal: AbortSignal): Promise<string | undefined> {
    const line = this.#lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const onAbort = () => {
        this.#waiting = undefined;
        resolve(undefined);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting = (next) => {
        signal.removeEventListener("abort", onAbort);
        resolve(next);
      };
    });
  }

  /** Forgets what is there. */
  clear(): void {
    this.#lines = [];
    this.#rest = Buffer.alloc(0);
  }
}
