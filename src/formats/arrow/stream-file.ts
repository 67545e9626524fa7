import { Message } from "apache-arrow/ipc/metadata/message";
import type { ByteSink } from "../../bytes/byte-sink.ts";
import { sharedPool } from "../../bytes/pool/worker-pool.ts";
import type { Batch } from "../../model/batch.ts";
import { DaqError } from "../../model/errors.ts";
import type { Ledger } from "../../model/ledger.ts";
import type { RunInfo } from "../../model/run.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import type { FormatOptions } from "../contract.ts";
import { type BatchBuffers, BatchEncoder } from "./batch-message.ts";
import { bufferCodecOf } from "./buffer-codec.ts";
import { BufferCompressor, type StoredBuffers } from "./compressed-buffers.ts";
import { encodeFileEnd, fileStart, frameMessage, type MessageBlock } from "./framing.ts";
import { encodeStreamSchema, type IndexColumns, openLedger } from "./schema.ts";

export type ArrowStreamOptions = {
  readonly stream: StreamSchema;
  readonly info: RunInfo;
  readonly options: FormatOptions;
  /** Which index columns are written; default `full`. Without `sequence`, a reader cannot see where records are missing. */
  readonly index?: IndexColumns;
};

/** Compressed batches that wait for their turn to be written, beside the one that is compressed. */
const mostBehind = 3;

/** What is in a file already, when writing goes on after a crash. */
export type StoredBatches = { readonly blocks: readonly MessageBlock[]; readonly records: number };

/** How far a file is complete. */
export type StoredExtent = { readonly bytes: number; readonly records: number; readonly batches: number };

/**
 * Writes one stream to one sink as an Arrow IPC file: one record batch an `append`, in one gathered write, with every
 * buffer at a multiple of 64 bytes. At each batch boundary the file is a valid Arrow stream after its first 8 bytes.
 * Calls are not concurrent.
 *
 * With compression `append` resolves when the values were copied to the workers, and up to three batches are compressed and
 * written behind it; `checkpoint` and `close` wait for them. What fails there is told by the next call, and every one
 * after it: then the file is only good for `release`, and goes on from its last checkpoint when it is resumed.
 */
export class ArrowStreamFile {
  readonly #sink: ByteSink;
  readonly #options: ArrowStreamOptions;
  readonly #encoder: BatchEncoder;
  readonly #compressor: BufferCompressor | undefined;
  /** Writes of compressed batches that have not ended, in order. */
  readonly #behind: Promise<void>[] = [];
  #behindFailure: { readonly error: unknown } | undefined;
  readonly #blocks: MessageBlock[];
  #records: number;
  /** Everything before it is complete; what lies behind it is cut off before anything else is written. */
  #completeBytes: number;
  #torn = false;
  #state: "open" | "closed" | "released" = "open";

  private constructor(sink: ByteSink, options: ArrowStreamOptions, stored: StoredBatches) {
    this.#sink = sink;
    this.#options = options;
    const codec = bufferCodecOf(options.options);
    this.#encoder = new BatchEncoder(options.stream, options.index ?? "full", codec);
    this.#compressor = codec === undefined ? undefined : new BufferCompressor(codec);
    this.#blocks = [...stored.blocks];
    this.#records = stored.records;
    this.#completeBytes = sink.positionBytes;
  }

  /** Starts a file on an empty sink: its schema is written at once. The sink is closed by `close` or `release`. */
  static async create(sink: ByteSink, options: ArrowStreamOptions): Promise<ArrowStreamFile> {
    const file = new ArrowStreamFile(sink, options, { blocks: [], records: 0 });
    // Now rather than with the first batch: what keeps workers from starting is told before anything is recorded.
    if (file.#compressor !== undefined) await sharedPool();
    const schema = Message.encode(Message.from(file.#schema(openLedger)));
    await sink.writeAll([fileStart, frameMessage(schema, fileStart.byteLength)]);
    file.#completeBytes = sink.positionBytes;
    return file;
  }

  /** Goes on in a file whose sink stands right behind the last of `stored.blocks`. */
  static resume(sink: ByteSink, options: ArrowStreamOptions, stored: StoredBatches): ArrowStreamFile {
    return new ArrowStreamFile(sink, options, stored);
  }

  /** True when what `append` took is only safe after a checkpoint. */
  get writesBehind(): boolean {
    return this.#compressor !== undefined;
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
    const batchBuffers = this.#encoder.buffersOf(batch);
    if (batch.count === 0) return true;
    if (this.#compressor !== undefined) return this.#appendBehind(this.#compressor, batchBuffers, isIntact);
    const stored = batchBuffers.buffers.map((bytes) => [bytes]);
    return this.#write(batchBuffers, stored, isIntact);
  }

  async #appendBehind(
    compressor: BufferCompressor,
    { count, nullCounts, buffers }: BatchBuffers,
    isIntact: () => boolean,
  ): Promise<boolean> {
    const { stored, release } = await compressor.start(buffers);
    if (!isIntact()) {
      await stored.catch(() => undefined);
      release();
      return false;
    }
    const before = this.#behind.at(-1);
    const written = (async () => {
      try {
        const pieces = await stored;
        await before;
        await this.#write({ count, nullCounts }, pieces, () => true);
      } finally {
        release();
      }
    })();
    written.catch((error: unknown) => {
      this.#behindFailure ??= { error };
    });
    this.#behind.push(written);
    while (this.#behind.length > mostBehind) {
      await this.#behind[0];
      this.#behind.shift();
    }
    return true;
  }

  /** False, and nothing stored, when `isIntact` says that the values were overwritten meanwhile. */
  async #write(
    batch: Omit<BatchBuffers, "buffers">,
    stored: StoredBuffers,
    isIntact: () => boolean,
  ): Promise<boolean> {
    await this.#cutTornTail();
    const { pieces, block } = this.#encoder.message(batch, stored, this.#completeBytes);
    this.#torn = true;
    await this.#sink.writeAll(pieces);
    if (!isIntact()) return false; // Still torn: what comes next cuts it off.
    this.#torn = false;
    this.#completeBytes = this.#sink.positionBytes;
    this.#blocks.push(block);
    this.#records += batch.count;
    return true;
  }

  /** Waits for what is written behind the calls. Rejects with what failed there. */
  async #catchUp(): Promise<void> {
    for (const written of this.#behind.splice(0)) await written;
    if (this.#behindFailure !== undefined) throw this.#behindFailure.error;
  }

  /** Batches that were appended are in the hands of the operating system; with `power`, on the device. */
  async checkpoint(): Promise<StoredExtent> {
    await this.#catchUp();
    if (this.#state === "open") await this.#cutTornTail();
    if (this.#options.options.durability === "power" && this.#state === "open") await this.#sink.flush();
    return { bytes: this.#completeBytes, records: this.#records, batches: this.#blocks.length };
  }

  /** Writes the footer with the ledger. When it rejects, the file stays a readable stream, and it can be tried again. */
  async close(ledger: Ledger): Promise<void> {
    if (this.#state === "closed") return;
    this.#mustBeOpen();
    await this.#catchUp();
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
    // Nothing is written to a file that was let go.
    await Promise.allSettled(this.#behind.splice(0));
    await this.#sink.close();
  }

  #mustBeOpen(): void {
    if (this.#behindFailure !== undefined) throw this.#behindFailure.error;
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
