import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { ByteSink, OpenSink } from "../bytes/byte-sink.ts";
import type { LostRange } from "../model/ledger.ts";
import type { RecorderOptions } from "./recorder-options.ts";

/** The first line of every file of lost ranges; it tells them from data. */
export const lossHeader = "first,count,reason,at_ns";

/** Where the ranges of one stream go that are too many for the ledger. */
export function lossPath(indexPath: string, stream: string, format: string): string {
  const stem = basename(indexPath).replace(/\.run\.json$/, "");
  return join(dirname(indexPath), `${stem}.${stream}.${format}.losses.csv`);
}

/** Every such file that a run may make. */
export function lossPaths({ indexPath, outputs }: Pick<RecorderOptions, "indexPath" | "outputs">): string[] {
  return outputs.flatMap(({ format, streams }) =>
    streams.map((stream) => lossPath(indexPath, stream, format)),
  );
}

/** The lost ranges of one stream beyond those in the ledger, as rows of a CSV file that is made with the first of them. */
export class LossFile {
  readonly path: string;
  readonly #openSink: OpenSink;
  #sink: ByteSink | undefined;
  #bytes: number;

  /** `bytes`: how much of the file counts; what a crash left behind that is cut off by the first `write` or `settle`. */
  constructor(path: string, openSink: OpenSink, bytes: number) {
    this.path = path;
    this.#openSink = openSink;
    this.#bytes = bytes;
  }

  /** What was written and counts; 0 when there is no file. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Makes the file what the last checkpoint says: cut to its length, or not there. */
  async settle(): Promise<void> {
    if (this.#bytes === 0) await rm(this.path, { force: true });
    else if (this.#sink === undefined)
      this.#sink = await this.#openSink(this.path, { resumeAtBytes: this.#bytes });
  }

  /** Adds rows; `durable`: and flushes them to the device. */
  async write(ranges: readonly LostRange[], durable: boolean): Promise<void> {
    if (ranges.length === 0) return;
    await this.settle();
    this.#sink ??= await this.#openSink(this.path);
    const head = this.#bytes === 0 ? `${lossHeader}\r\n` : "";
    const rows = ranges.map(({ first, count, reason, atNs }) => `${first},${count},${reason},${atNs}\r\n`);
    try {
      await this.#sink.write(Buffer.from(head + rows.join("")));
      if (durable) await this.#sink.flush();
    } catch (error) {
      // A part may have arrived: the next rows go behind what counts.
      await this.close();
      throw error;
    }
    this.#bytes = this.#sink.positionBytes;
  }

  async close(): Promise<void> {
    await this.#sink?.close();
    this.#sink = undefined;
  }
}
