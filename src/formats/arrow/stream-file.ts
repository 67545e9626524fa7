import { Message } from "apache-arrow/ipc/metadata/message";
import type { ByteSink } from "../../bytes/byte-sink.ts";
import type { Batch } from "../../model/batch.ts";
import { DaqError } from "../../model/errors.ts";
import type { Ledger } from "../../model/ledger.ts";
import type { RunInfo } from "../../model/run.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import type { FormatOptions } from "../contract.ts";
import { BatchEncoder } from "./batch-message.ts";
import { bufferCodecOf } from "./buffer-codec.ts";
import { encodeFileEnd, fileStart, frameMessage, type MessageBlock } from "./framing.ts";
import { encodeStreamSchema, type IndexColumns, openLedger } from "./schema.ts";

export type ArrowStreamOptions = {
  readonly stream: StreamSchema;
  readonly info: RunInfo;
  readonly options: FormatOptions;
  /** Which index columns are written; default `full`. Without `sequence`, a reader cannot see where records are missing. */
  readonly index?: IndexColumns;
};

/** What is in a file already, when writing goes on after a crash. */
export type StoredBatches = { readonly blocks: readonly MessageBlock[]; readonly records: number };

/** How far a file is complete. */
export type StoredExtent = { readonly bytes: number; readonly records: number; readonly batches: number };

/**
 * Writes one stream to one sink as an Arrow IPC file: one record batch an `append`, in one gathered write, with every
 * buffer at a multiple of 64 bytes. At each batch boundary the file is a valid Arrow stream after its first 8 bytes.
 * Calls are not concurrent.
 */
export class ArrowStreamFile {
  readonly #sink: ByteSink;
  readonly #options: ArrowStreamOptions;
  readonly #encoder: BatchEncoder;
  readonly #blocks: MessageBlock[];
  #records: number;
  /** Everything before it is complete; what lies behind it is cut off before anything else is written. */
  #completeBytes: number;
  #torn = false;
  #state: "open" | "closed" | "released" = "open";

  private constructor(sink: ByteSink, options: ArrowStreamOptions, stored: StoredBatches) {
    this.#sink = sink;
    this.#options = options;
    this.#encoder = new BatchEncoder(options.stream, options.index ?? "full", bufferCodecOf(options.options));
    this.#blocks = [...stored.blocks];
    this.#records = stored.records;
    this.#completeBytes = sink.positionBytes;
  }

  /** Starts a file on an empty sink: its schema is written at once. The sink is closed by `close` or `release`. */
  static async create(sink: ByteSink, options: ArrowStreamOptions): Promise<ArrowStreamFile> {
    const file = new ArrowStreamFile(sink, options, { blocks: [], records: 0 });
    const schema = Message.encode(Message.from(file.#schema(openLedger)));
    await sink.writeAll([fileStart, frameMessage(schema, fileStart.byteLength)]);
    file.#completeBytes = sink.positionBytes;
    return file;
  }

  /** Goes on in a file whose sink stands right behind the last of `stored.blocks`. */
  static resume(sink: ByteSink, options: ArrowStreamOptions, stored: StoredBatches): ArrowStreamFile {
    return new ArrowStreamFile(sink, options, stored);
  }

  get path(): string {
    return this.#sink.path;
  }

  /** The batch is borrowed until the promise settles. When it rejects, nothing of the batch counts as stored. */
  async append(batch: Batch): Promise<void> {
    await this.appendShared(batch, () => true);
  }

  /** The same for memory that may be overwritten meanwhile: false, and nothing stored, when `isIntact` says it was. */
  async appendShared(batch: Batch, isIntact: () => boolean): Promise<boolean> {
    this.#mustBeOpen();
    const message = await this.#encoder.encode(batch, this.#completeBytes);
    if (batch.count === 0) return true;
    await this.#cutTornTail();
    this.#torn = true;
    await this.#sink.writeAll(message.pieces);
    if (!isIntact()) return false; // Still torn: what comes next cuts it off.
    this.#torn = false;
    this.#completeBytes = this.#sink.positionBytes;
    this.#blocks.push(message.block);
    this.#records += batch.count;
    return true;
  }

  /** Batches that were appended are in the hands of the operating system; with `power`, on the device. */
  async checkpoint(): Promise<StoredExtent> {
    if (this.#state === "open") await this.#cutTornTail();
    if (this.#options.options.durability === "power" && this.#state === "open") await this.#sink.flush();
    return { bytes: this.#completeBytes, records: this.#records, batches: this.#blocks.length };
  }

  /** Writes the footer with the ledger. When it rejects, the file stays a readable stream, and it can be tried again. */
  async close(ledger: Ledger): Promise<void> {
    if (this.#state === "closed") return;
    this.#mustBeOpen();
    await this.#cutTornTail();
    this.#torn = true;
    try {
      await this.#sink.write(encodeFileEnd(this.#schema(ledger), this.#blocks));
    } catch (error) {
      // The first failure is the one to report; that the cut fails too is found out by the next call.
      await this.#cutTornTail().catch(() => undefined);
      throw error;
    }
    if (this.#options.options.durability === "power") await this.#sink.flush();
    await this.#sink.close();
    this.#torn = false;
    this.#state = "closed";
  }

  /** Lets go of the file as it is. */
  async release(): Promise<void> {
    if (this.#state === "open") this.#state = "released";
    await this.#sink.close();
  }

  #mustBeOpen(): void {
    if (this.#state === "open") return;
    throw new DaqError("format", `${this.path} is written to after it was ${this.#state}.`, {
      hint: "The program that writes has to be corrected.",
    });
  }

  #schema(ledger: Ledger) {
    const { stream, info, index } = this.#options;
    return encodeStreamSchema(stream, info, index ?? "full", ledger);
  }

  async #cutTornTail(): Promise<void> {
    if (!this.#torn) return;
    await this.#sink.truncate(this.#completeBytes);
    this.#torn = false;
  }
}
