import type { Batch } from "../../model/batch.ts";
import { DaqError } from "../../model/errors.ts";
import type { Grid } from "../../model/grid.ts";
import type { Ledger, StreamAccount } from "../../model/ledger.ts";
import { checkBatch } from "../check-batch.ts";
import type { FormatWriter, OutputFile, RemovedRecords, WriterState } from "../contract.ts";
import { checkpointKey, writeCheckpoint, type ZarrWriterState } from "./checkpoint-file.ts";
import type { DeclaredRun } from "./declare-run.ts";
import { writeGrid } from "./grid.ts";
import type { NodeDocument } from "./hierarchy/attributes.ts";
import { consolidatedDocument } from "./hierarchy/consolidated.ts";
import { knownLedger } from "./known-ledger.ts";
import { lossNodes } from "./losses.ts";
import { removedDetail, removedRecords } from "./removed-records.ts";
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
  #isFinished = false;
  #grid: Grid | undefined;

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

  /** Looks at every object that was put, none of which is looked at while the run goes on. */
  async *finish(accounts: readonly StreamAccount[]): AsyncGenerator<RemovedRecords, void, void> {
    await this.#guard(() => this.#finishRows());
    for (const declared of this.#run.streams) {
      const { name: stream } = declared.layout.stream;
      const { records } = this.#streams.get(stream)!;
      const lost = accounts.find((account) => account.stream === stream)?.ranges;
      for await (const range of removedRecords(this.#folder.store, declared, records, lost))
        yield { stream, ...range, detail: removedDetail };
    }
  }

  addGrid(grid: Grid): void {
    this.#grid = grid;
  }

  async close(ledger: Ledger): Promise<void> {
    if (this.#state === "closed") return;
    await this.#guard(async () => {
      await this.#finishRows();
      await this.#end(ledger);
    });
  }

  /** Like `close`, with the account that the folder itself tells. */
  async closeAsKnown(): Promise<Ledger> {
    return this.#guard(async () => {
      await this.#finishRows();
      const ledger = await knownLedger(
        this.#folder,
        this.#run,
        (stream) => this.#streams.get(stream)?.records ?? 0,
      );
      await this.#end(ledger);
      return ledger;
    });
  }

  async #finishRows(): Promise<void> {
    if (this.#isFinished) return;
    await this.#folder.releaseRoom();
    for (const rows of this.#streams.values()) await rows.finish();
    this.#isFinished = true;
  }

  async #end(ledger: Ledger): Promise<void> {
    await this.#writeEnd(ledger);
    // From here on the run is complete: what is left are files that only a crash would have needed.
    for (const rows of this.#streams.values()) await rows.removeTails();
    await this.#folder.remove(checkpointKey);
    this.#state = "closed";
  }

  /** The account, and last of all the root's metadata: with it the run is complete. */
  async #writeEnd(ledger: Ledger): Promise<void> {
    const { format, groups } = this.#run;
    const losses = lossNodes(format, ledger);
    const [run, streams] = [this.#run, this.#streams];
    const grid =
      this.#grid === undefined
        ? []
        : await writeGrid({ folder: this.#folder, run, streams, grid: this.#grid, ledger });
    // As they are: somebody may have deleted them since they were put.
    await this.#folder.putDocuments(groups);
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
      ...grid,
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
