import type { Batch } from "../../model/batch.ts";
import { DaqError } from "../../model/errors.ts";
import type { Ledger } from "../../model/ledger.ts";
import { checkBatch } from "../check-batch.ts";
import type { FormatWriter, OutputFile, WriterState } from "../contract.ts";
import { checkpointKey, writeCheckpoint, type ZarrWriterState } from "./checkpoint-file.ts";
import type { DeclaredRun } from "./declare-run.ts";
import type { NodeDocument } from "./hierarchy/attributes.ts";
import { consolidatedDocument } from "./hierarchy/consolidated.ts";
import { lossNodes } from "./losses.ts";
import type { RunFolder } from "./run-folder.ts";
import type { StreamRows, StreamState } from "./stream-rows.ts";

/** One Zarr hierarchy with the streams of a run, in a folder. */
export class ZarrFormatWriter implements FormatWriter {
  readonly files: readonly OutputFile[];
  readonly storesAtCheckpoint = true;
  readonly #folder: RunFolder;
  readonly #run: DeclaredRun;
  readonly #streams: ReadonlyMap<string, StreamRows>;
  #state: "open" | "closed" | "released" = "open";
  #failure: unknown;

  constructor(folder: RunFolder, run: DeclaredRun, streams: readonly StreamRows[]) {
    this.#folder = folder;
    this.#run = run;
    this.#streams = new Map(streams.map((stream) => [stream.name, stream]));
    this.files = [{ path: folder.path, streams: [...this.#streams.keys()] }];
  }

  async append(batch: Batch): Promise<void> {
    const rows = this.#rowsOf(batch);
    await this.#guard(() => rows.append(batch));
  }

  async appendShared(batch: Batch, isIntact: () => boolean): Promise<boolean> {
    const rows = this.#rowsOf(batch);
    return this.#guard(() => rows.appendShared(batch, isIntact));
  }

  checkpoint(): Promise<WriterState> {
    return this.#guard(async () => {
      const streams: Record<string, StreamState> = {};
      for (const [name, rows] of this.#streams) streams[name] = await rows.save();
      const state: ZarrWriterState = { version: 1, uid: this.#run.run.info.uid, streams };
      await writeCheckpoint(this.#folder, state);
      return state;
    });
  }

  close(ledger: Ledger): Promise<void> {
    return this.closeWith(async () => ledger);
  }

  /** Like `close`, with an account that is made when all records are in their arrays. */
  async closeWith(ledgerOf: (streams: readonly StreamRows[]) => Promise<Ledger>): Promise<void> {
    if (this.#state === "closed") return;
    await this.#guard(async () => {
      await this.#folder.releaseRoom();
      for (const rows of this.#streams.values()) await rows.finish();
      await this.#writeEnd(await ledgerOf([...this.#streams.values()]));
      // From here on the run is complete: what is left are files that only a crash would have needed.
      for (const rows of this.#streams.values()) await rows.removeTails();
      await this.#folder.remove(checkpointKey);
      this.#state = "closed";
    });
  }

  /** The account, and last of all the root's metadata: with it the run is complete. */
  async #writeEnd(ledger: Ledger): Promise<void> {
    const { format, groups } = this.#run;
    const losses = lossNodes(format, ledger);
    await this.#folder.putDocuments(losses.groups);
    for (const { array, bytes } of losses.arrays) {
      await this.#folder.store.put(array.key([0]), [bytes]);
      await this.#folder.putDocuments(array.documents());
    }
    const root = this.#run.rootDocuments({ complete: true, ledger });
    const documents: readonly NodeDocument[] = [
      ...root,
      ...groups,
      ...[...this.#streams.values()].flatMap((rows) => rows.documents()),
      ...losses.groups,
      ...losses.arrays.flatMap(({ array }) => array.documents()),
    ];
    const consolidated = consolidatedDocument(format, documents);
    // Version 3 has them in the root's own document; version 2 in another.
    const ends = root.some(({ key }) => key === consolidated.key)
      ? [consolidated]
      : [consolidated, ...root.toReversed()];
    await this.#folder.putDocuments(ends);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === "open") this.#state = "released";
    for (const rows of this.#streams.values()) await rows.release();
  }

  #rowsOf(batch: Batch): StreamRows {
    const rows = this.#streams.get(batch.stream.name);
    if (rows !== undefined) {
      // Before anything is touched: a batch that is refused spoils nothing.
      checkBatch(rows.stream, batch);
      return rows;
    }
    throw new DaqError(
      "format",
      `${this.#folder.path}: a batch of stream ${batch.stream.name} is not of this run.`,
      {
        hint: `Its streams are: ${[...this.#streams.keys()].join(", ")}.`,
      },
    );
  }

  /** After a failure nobody knows what is in the files since the last checkpoint: every further call says so. */
  async #guard<T>(work: () => Promise<T>): Promise<T> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#state !== "open")
      throw new DaqError("format", `${this.#folder.path} is written to after it was ${this.#state}.`, {
        hint: "The program that writes has to be corrected.",
      });
    try {
      return await work();
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }
}
