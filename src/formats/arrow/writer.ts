import type { Batch } from "../../model/batch.ts";
import { DaqError } from "../../model/errors.ts";
import type { Ledger } from "../../model/ledger.ts";
import type { FormatWriter, OutputFile, WriterState } from "../contract.ts";
import type { ArrowStreamFile, StoredExtent } from "./stream-file.ts";

/** What a checkpoint says of each stream's file. */
export type ArrowState = { readonly files: { readonly [stream: string]: StoredExtent } };

/** The files of one run, one for each stream. */
export class ArrowWriter implements FormatWriter {
  readonly files: readonly OutputFile[];
  readonly storesAtCheckpoint?: true;
  readonly #byStream: ReadonlyMap<string, ArrowStreamFile>;

  constructor(byStream: ReadonlyMap<string, ArrowStreamFile>) {
    this.#byStream = byStream;
    if ([...byStream.values()].some((file) => file.writesBehind)) this.storesAtCheckpoint = true;
    this.files = [...byStream].map(([stream, file]) => ({ path: file.path, streams: [stream] }));
  }

  async append(batch: Batch): Promise<void> {
    await this.#fileOf(batch).append(batch);
  }

  async appendShared(batch: Batch, isIntact: () => boolean): Promise<boolean> {
    return this.#fileOf(batch).appendShared(batch, isIntact);
  }

  #fileOf(batch: Batch): ArrowStreamFile {
    const file = this.#byStream.get(batch.stream.name);
    if (file !== undefined) return file;
    throw new DaqError("format", `The Arrow writer has no stream "${batch.stream.name}".`, {
      hint: `It was opened with: ${[...this.#byStream.keys()].join(", ")}.`,
    });
  }

  async checkpoint(): Promise<WriterState> {
    const extents = await Promise.all(
      [...this.#byStream].map(async ([stream, file]) => [stream, await file.checkpoint()] as const),
    );
    const state: ArrowState = { files: Object.fromEntries(extents) };
    return state;
  }

  /** Closes every file, also when one of them fails; then rejects with the first failure. */
  async close(ledger: Ledger): Promise<void> {
    const results = await Promise.allSettled(
      [...this.#byStream].map(([stream, file]) => file.close(ledgerOf(ledger, stream))),
    );
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#byStream.values()].map((file) => file.release()));
  }
}

/** A file holds the account of its own stream. */
function ledgerOf(ledger: Ledger, stream: string): Ledger {
  return { ...ledger, accounts: ledger.accounts.filter((account) => account.stream === stream) };
}
