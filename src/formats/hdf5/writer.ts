import type { Batch } from "../../model/batch.ts";
import { DaqError } from "../../model/errors.ts";
import type { Grid } from "../../model/grid.ts";
import type { Ledger } from "../../model/ledger.ts";
import { checkBatch } from "../check-batch.ts";
import type { FormatWriter, OutputFile, WriterState } from "../contract.ts";
import { type DeclaredRun, isoTime } from "./declare-run.ts";
import type { Hdf5File, Hdf5State } from "./file/hdf5-file.ts";
import { addGrid } from "./grid.ts";
import { addLosses } from "./losses.ts";
import type { StreamRows } from "./stream-rows.ts";
import { textDataset } from "./text-dataset.ts";

/** What a checkpoint says: the file's structures, and the records of each stream. */
export type Hdf5WriterState = {
  readonly version: 1;
  readonly file: Hdf5State;
  readonly records: { readonly [stream: string]: number };
};

/** One HDF5 file with the streams of a run. */
export class Hdf5FormatWriter implements FormatWriter {
  readonly files: readonly OutputFile[];
  readonly storesAtCheckpoint = true;
  readonly #path: string;
  readonly #file: Hdf5File;
  readonly #run: DeclaredRun;
  readonly #streams: ReadonlyMap<string, StreamRows>;
  #state: "open" | "closed" | "released" = "open";
  #failure: unknown;
  #grid: Grid | undefined;

  constructor(path: string, file: Hdf5File, run: DeclaredRun, streams: readonly StreamRows[]) {
    this.#path = path;
    this.#file = file;
    this.#run = run;
    this.#streams = new Map(streams.map((stream) => [stream.name, stream]));
    this.files = [{ path, streams: [...this.#streams.keys()] }];
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
      for (const rows of this.#streams.values()) await rows.publish();
      const file = await this.#file.checkpoint();
      const records = Object.fromEntries([...this.#streams].map(([name, rows]) => [name, rows.records]));
      const state: Hdf5WriterState = { version: 1, file, records };
      return state;
    });
  }

  addGrid(grid: Grid): void {
    this.#grid = grid;
  }

  async close(ledger: Ledger): Promise<void> {
    if (this.#state === "closed") return;
    await this.#guard(async () => {
      for (const rows of this.#streams.values()) await rows.finish();
      if (this.#grid !== undefined) addGrid(this.#file, this.#run, this.#grid, ledger);
      addLosses(this.#file, this.#run, ledger);
      const endNs = String(BigInt(Date.now()) * 1_000_000n);
      this.#file.addAtClose(this.#run.entry, "end_time", textDataset(isoTime(endNs)));
      this.#run.entry.setAttribute("complete", true);
      await this.#file.close();
      this.#state = "closed";
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === "open") this.#state = "released";
    await this.#file.release();
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
      `${this.#path}: a batch of stream ${batch.stream.name} is not of this run.`,
      {
        hint: `Its streams are: ${[...this.#streams.keys()].join(", ")}.`,
      },
    );
  }

  /** After a failure nothing more is written: the file is at its last checkpoint, and stays there. */
  async #guard<T>(action: () => Promise<T>): Promise<T> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#state !== "open")
      throw new DaqError("format", `${this.#path} is written to after it was ${this.#state}.`, {
        hint: "The program that writes has to be corrected.",
      });
    try {
      return await action();
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }
}

/** Throws `DaqError("format")` for a state that no checkpoint of an HDF5 file left. */
export function parseWriterState(state: WriterState, path: string): Hdf5WriterState {
  const { version, file, records } = state as Partial<Hdf5WriterState>;
  const isFilled =
    typeof file === "object" && file !== null && typeof records === "object" && records !== null;
  if (version === 1 && isFilled) return { version, file, records };
  throw new DaqError("format", `The checkpoint says nothing of the HDF5 file ${path}.`, {
    hint: "It belongs to another run or version. `daq recover` makes the file complete as it is.",
  });
}
