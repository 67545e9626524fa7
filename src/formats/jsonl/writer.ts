import { rm } from "node:fs/promises";
import type { ByteSink } from "../../bytes/byte-sink.ts";
import type { Batch } from "../../model/batch.ts";
import { DaqError } from "../../model/errors.ts";
import type { Ledger } from "../../model/ledger.ts";
import { checkBatch } from "../check-batch.ts";
import type { FormatWriter, OutputFile, WriterState, WriterTarget } from "../contract.ts";
import { headText, startUid } from "./head-documents.ts";
import { PageText } from "./page-text.ts";
import { planFiles } from "./plan-files.ts";
import { stopText } from "./stop-document.ts";

type State = { readonly bytes: number; readonly records: { readonly [stream: string]: number } };

class JsonlWriter implements FormatWriter {
  readonly files: readonly OutputFile[];
  readonly #target: WriterTarget;
  readonly #sink: ByteSink;
  readonly #pages: ReadonlyMap<string, PageText>;
  readonly #records: Map<string, number>;
  /** Length of the file with all complete batches. */
  #completeBytes: number;
  #state: "open" | "closed" | "given-up" = "open";
  /** Batches of different streams may come at once, and there is one file. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(target: WriterTarget, files: readonly OutputFile[], sink: ByteSink, records: State["records"]) {
    this.files = files;
    this.#target = target;
    this.#sink = sink;
    this.#completeBytes = sink.positionBytes;
    const { info, streams } = target.run;
    this.#pages = new Map(streams.map((stream) => [stream.name, new PageText(info, stream)]));
    this.#records = new Map(streams.map(({ name }) => [name, records[name] ?? 0]));
  }

  async append(batch: Batch): Promise<void> {
    this.#checkOpen();
    const { name } = batch.stream;
    const stream = this.#target.run.streams.find((candidate) => candidate.name === name);
    if (stream === undefined)
      throw new DaqError(
        "format",
        `${this.#target.path}: a batch of stream ${name} came, which is not in this run.`,
        { hint: `Its streams are: ${[...this.#pages.keys()].join(", ")}.` },
      );
    checkBatch(stream, batch);
    if (batch.count === 0) return;
    await this.#inTurn(async () => {
      await this.#write(this.#pages.get(name)!.linesOf(batch));
      this.#records.set(name, this.#records.get(name)! + batch.count);
    });
  }

  async checkpoint(): Promise<WriterState> {
    this.#checkOpen();
    return this.#inTurn(async () => {
      await this.#repair();
      if (this.#isDurable) await this.#sink.flush();
      return { version: 1, bytes: this.#completeBytes, records: Object.fromEntries(this.#records) };
    });
  }

  async close(ledger: Ledger): Promise<void> {
    if (this.#state === "closed") return;
    this.#checkOpen();
    await this.#inTurn(async () => {
      const stop = stopText(startUid(this.#target.run.info), this.#records, ledger);
      await this.#write([Buffer.from(stop)]);
      if (this.#isDurable) await this.#sink.flush();
      await this.#sink.close();
      this.#state = "closed";
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === "open") this.#state = "given-up";
    await this.#inTurn(() => this.#sink.close());
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#last.then(step);
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #write(pieces: Iterable<Uint8Array>): Promise<void> {
    await this.#repair();
    for (const piece of pieces) await this.#sink.write(piece);
    this.#completeBytes = this.#sink.positionBytes;
  }

  /** Cuts off what a write that failed has left. */
  async #repair(): Promise<void> {
    if (this.#sink.positionBytes !== this.#completeBytes) await this.#sink.truncate(this.#completeBytes);
  }

  get #isDurable(): boolean {
    return this.#target.options.durability === "power";
  }

  #checkOpen(): void {
    if (this.#state === "open") return;
    throw new DaqError(
      "io",
      `${this.#target.path}: the writer was ${this.#state} before; nothing was written now.`,
      { hint: "Open the file again with `resume`, or write to another one." },
    );
  }
}

/** Makes the file with its start document and its descriptors. */
export async function createWriter(target: WriterTarget): Promise<FormatWriter> {
  const files = planFiles(target.path, target.run.streams);
  const head = Buffer.from(headText(target.run));
  const sink = await target.openSink(target.path, { inOrder: true });
  try {
    await sink.write(head);
  } catch (error) {
    await sink.close();
    await rm(target.path, { force: true });
    throw error;
  }
  return new JsonlWriter(target, files, sink, {});
}

/** Opens the file cut back to `state`. */
export async function resumeWriter(target: WriterTarget, state: WriterState): Promise<FormatWriter> {
  const files = planFiles(target.path, target.run.streams);
  const { bytes, records } = parseState(target.path, state);
  const sink = await target.openSink(target.path, { resumeAtBytes: bytes, inOrder: true });
  return new JsonlWriter(target, files, sink, records);
}

function parseState(path: string, { version, bytes, records }: WriterState): State {
  const isCount = (value: unknown) => typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
  const isRecords = typeof records === "object" && records !== null && Object.values(records).every(isCount);
  if (version !== 1 || !isCount(bytes) || !isRecords)
    throw new DaqError(
      "format",
      `${path}: the checkpoint to resume from was not written by this version for JSON lines.`,
      { hint: "Make the file readable with `daq recover` instead, and record into a new one." },
    );
  return { bytes, records } as State;
}
