import type { ByteSink } from "../../bytes/byte-sink.ts";
import type { EncodedText, TextFile } from "./text-file.ts";

/** Text as it is. */
export class PlainTextFile implements TextFile {
  readonly #sink: ByteSink;
  #completeBytes: number;
  #torn = false;

  constructor(sink: ByteSink) {
    this.#sink = sink;
    this.#completeBytes = sink.positionBytes;
  }

  get path(): string {
    return this.#sink.path;
  }

  get completeBytes(): number {
    return this.#completeBytes;
  }

  async append({ pieces }: EncodedText): Promise<void> {
    await this.repair();
    this.#torn = true;
    for await (const piece of pieces) await this.#sink.write(piece);
    this.#completeBytes = this.#sink.positionBytes;
    this.#torn = false;
  }

  async repair(): Promise<void> {
    if (!this.#torn) return;
    await this.#sink.truncate(this.#completeBytes);
    this.#torn = false;
  }

  async checkpoint(durable: boolean): Promise<void> {
    await this.repair();
    if (durable) await this.#sink.flush();
  }

  close(): Promise<void> {
    return this.#sink.close();
  }
}
