import { DaqError } from "../../model/errors.ts";
import type { Ledger } from "../../model/ledger.ts";
import type { RunInfo } from "../../model/run.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { type ArrowBatch, readBatchValues } from "./batch-values.ts";
import { describeFileSchema, type FileSchema } from "./file-schema.ts";
import type { MessageBlock } from "./framing.ts";
import { ArrowInput } from "./input.ts";
import type { ArrowSchema, BatchHeader } from "./message.ts";
import { readBatchHeader, readSchema } from "./scan.ts";

export type { ArrowBatch };

/**
 * Reads one Arrow IPC file batch by batch: finished, left by a crash, or still being written; of daq-storage or of
 * another program. Memory: one batch.
 */
export class ArrowReader {
  readonly #input: ArrowInput;
  readonly #schema: ArrowSchema;
  readonly #file: FileSchema;
  /** The footer's batches, in order; undefined when there is no footer, and batches are found one behind the other. */
  readonly #blocks: readonly MessageBlock[] | undefined;
  #nextBlock = 0;
  #nextBytes: number;
  #ended = false;

  private constructor(input: ArrowInput, schema: ArrowSchema, start: readonly MessageBlock[] | number) {
    this.#input = input;
    this.#schema = schema;
    this.#file = describeFileSchema(input.path, schema);
    this.#blocks = typeof start === "number" ? undefined : start;
    this.#nextBytes = typeof start === "number" ? start : 0;
  }

  /** Throws `DaqError("path")` or `DaqError("format")`. */
  static async open(path: string): Promise<ArrowReader> {
    const input = await ArrowInput.open(path);
    try {
      // A footer that is damaged takes nothing away: the batches are found without it.
      const footer = await input.footer().catch(() => undefined);
      if (footer !== undefined) return new ArrowReader(input, footer.schema, footer.batches);
      const { schema, endBytes } = await readSchema(input);
      return new ArrowReader(input, schema, endBytes);
    } catch (error) {
      await input.close();
      throw error;
    }
  }

  get stream(): StreamSchema {
    return this.#file.stream;
  }

  /** Absent in files of other programs. */
  get run(): RunInfo | undefined {
    return this.#file.run;
  }

  /** Absent until the file is finished, and in files of other programs. */
  get ledger(): Ledger | undefined {
    return this.#blocks === undefined ? undefined : this.#file.ledger;
  }

  /** What was left out or renamed. */
  get notes(): readonly string[] {
    return this.#file.notes;
  }

  /** True once the footer's last batch was read or the end-of-stream marker was met: no batch will follow. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * The next batch that is complete in the file; undefined when there is none now. While `ended` is false one may
   * come later: call again. Throws `DaqError("format")` when the next batch is damaged.
   */
  async next(): Promise<ArrowBatch | undefined> {
    return this.#blocks === undefined ? this.#nextFound() : this.#nextOf(this.#blocks);
  }

  async #nextOf(blocks: readonly MessageBlock[]): Promise<ArrowBatch | undefined> {
    const block = blocks[this.#nextBlock];
    if (block === undefined) {
      this.#ended = true;
      return undefined;
    }
    const header = await readBatchHeader(this.#input, this.#schema.fields, block);
    this.#nextBlock++;
    return this.#values(header, block);
  }

  async #nextFound(): Promise<ArrowBatch | undefined> {
    while (!this.#ended) {
      await this.#input.refresh();
      const at = this.#nextBytes;
      const found = await this.#input.messageAt(at);
      if (found.kind === "damaged") throw damaged(this.#input.path, at, found.problem);
      this.#ended = found.kind === "end-of-stream";
      if (found.kind !== "message" || found.endBytes > this.#input.sizeBytes) return undefined;
      const { message, metadataBytes } = found;
      if (message.kind === "schema") throw damaged(this.#input.path, at, "a second schema stands there");
      this.#nextBytes = found.endBytes;
      if (message.kind !== "batch") continue;
      return this.#values(message.batch, { offsetBytes: at, metadataBytes, bodyBytes: message.bodyBytes });
    }
    return undefined;
  }

  #values(header: BatchHeader, block: MessageBlock): Promise<ArrowBatch> {
    const bodyOffsetBytes = block.offsetBytes + block.metadataBytes;
    const body = { header, bodyOffsetBytes, bodyBytes: block.bodyBytes };
    return readBatchValues(this.#input, this.#schema, this.#file, body);
  }

  /** All batches from here to where the file ends now. */
  async *batches(): AsyncGenerator<ArrowBatch> {
    for (let batch = await this.next(); batch !== undefined; batch = await this.next()) yield batch;
  }

  async close(): Promise<void> {
    await this.#input.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function damaged(path: string, at: number, problem: string): DaqError {
  return new DaqError("format", `${path} is damaged at byte ${at}: ${problem}.`, {
    hint: "Restore the file from a copy; the batches before this place can still be read.",
  });
}
