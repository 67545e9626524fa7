import type { ByteSink } from "../../../bytes/byte-sink.ts";

/** From this size on a chunk may be written behind, at a multiple of a page, past the page cache. */
const behindBytes = 1 << 20;
const pageBytes = 4096;

/** Writes the chunks of one file: large ones while the next is prepared, where the sink can do that. */
export class PayloadWrites {
  readonly #sink: ByteSink;
  readonly #open = new Set<Promise<void>>();
  #failure: { readonly cause: unknown } | undefined;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  #goesBehind(bytes: number): boolean {
    return bytes >= behindBytes && this.#sink.writeBehind !== undefined;
  }

  /** What the address of a chunk has to be a multiple of. */
  alignmentOf(bytes: number): number {
    return this.#goesBehind(bytes) ? pageBytes : 1;
  }

  /** The pieces are free again when it resolves; they are in the file when `settled` resolves. */
  async write(address: number, pieces: readonly Uint8Array[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.cause;
    const bytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
    if (!this.#goesBehind(bytes)) return this.#sink.writeAt!(address, pieces);
    const { written } = await this.#sink.writeBehind!(address, pieces);
    const ended = written
      .catch((cause: unknown) => {
        this.#failure ??= { cause };
      })
      .finally(() => this.#open.delete(ended));
    this.#open.add(ended);
  }

  /** Rejects when one of the writes so far failed: then it is not known what of them is in the file. */
  async settled(): Promise<void> {
    await Promise.all(this.#open);
    if (this.#failure !== undefined) throw this.#failure.cause;
  }
}
