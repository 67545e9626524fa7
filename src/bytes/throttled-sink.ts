import { setTimeout as sleep } from "node:timers/promises";
import type { ByteSink, OpenSink } from "./byte-sink.ts";

/** Bytes that all sinks of one recorder may write: `mbPerS` × 10⁶ each second. */
class WriteBudget {
  readonly #bytesPerMs: number;
  #freeAtMs = 0;

  readonly #lifted: AbortSignal | undefined;

  constructor(mbPerS: number, lifted?: AbortSignal) {
    this.#bytesPerMs = mbPerS * 1000;
    this.#lifted = lifted;
  }

  async spend(bytes: number): Promise<void> {
    if (this.#lifted?.aborted === true) return;
    const now = performance.now();
    this.#freeAtMs = Math.max(now, this.#freeAtMs) + bytes / this.#bytesPerMs;
    if (this.#freeAtMs > now + 1) await this.#wait(this.#freeAtMs - now);
  }

  async #wait(milliseconds: number): Promise<void> {
    const options = this.#lifted === undefined ? {} : { signal: this.#lifted };
    await sleep(milliseconds, undefined, options).catch(() => undefined); // Lifted meanwhile.
  }
}

/** Wraps a sink so that it writes no faster than its budget: spares a shared disk, and stands for a slow one. */
class ThrottledSink implements ByteSink {
  readonly #inner: ByteSink;
  readonly #budget: WriteBudget;

  constructor(inner: ByteSink, budget: WriteBudget) {
    this.#inner = inner;
    this.#budget = budget;
  }

  get path(): string {
    return this.#inner.path;
  }

  get positionBytes(): number {
    return this.#inner.positionBytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#inner.write(bytes);
    await this.#budget.spend(bytes.byteLength);
  }

  async writeAll(pieces: readonly Uint8Array[]): Promise<void> {
    await this.#inner.writeAll(pieces);
    await this.#budget.spend(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  }

  get renameTo(): ByteSink["renameTo"] {
    return this.#inner.renameTo && ((path) => this.#inner.renameTo!(path));
  }

  get writeAt(): ByteSink["writeAt"] {
    if (this.#inner.writeAt === undefined) return undefined;
    return async (offsetBytes, pieces) => {
      await this.#inner.writeAt!(offsetBytes, pieces);
      await this.#budget.spend(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
    };
  }

  get writeBehind(): ByteSink["writeBehind"] {
    if (this.#inner.writeBehind === undefined) return undefined;
    return async (offsetBytes, pieces) => {
      const result = await this.#inner.writeBehind!(offsetBytes, pieces);
      await this.#budget.spend(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
      return result;
    };
  }

  truncate(bytes: number): Promise<void> {
    return this.#inner.truncate(bytes);
  }

  flush(): Promise<void> {
    return this.#inner.flush();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

/** `lifted` ends the limit, and the waiting for it, at once: when a recording is given up. */
export function throttled(openSink: OpenSink, mbPerS: number | undefined, lifted?: AbortSignal): OpenSink {
  if (mbPerS === undefined) return openSink;
  const budget = new WriteBudget(mbPerS, lifted);
  return async (path, options) => new ThrottledSink(await openSink(path, options), budget);
}
