import { DaqError } from "../../model/errors.ts";
import type { ArrayRows } from "./array-rows.ts";
import type { ShardState } from "./hierarchy/shard-writer.ts";
import type { RunFolder } from "./run-folder.ts";
import { type SavedRows, TailFile } from "./tail-file.ts";

export type ShardStates = { readonly [arrayPath: string]: ShardState };

/** Arrays whose chunks have the same records, and the file for the rows that are no whole chunk of them yet. */
export class RowGroup {
  readonly arrays: readonly ArrayRows[];
  readonly #folder: RunFolder;
  readonly #tail: TailFile;
  readonly #rowsPerChunk: number;

  /** `name` tells several of one stream apart. */
  constructor(folder: RunFolder, group: string, name: string, arrays: readonly ArrayRows[]) {
    this.arrays = arrays;
    this.#folder = folder;
    this.#rowsPerChunk = arrays[0]!.declared.plan.rowsPerChunk;
    const itemBytes = arrays.map(({ declared }) => declared.itemBytes);
    this.#tail = new TailFile(folder, group, name, itemBytes);
  }

  get wholeRows(): number {
    return this.arrays[0]!.wholeRows;
  }

  async settled(): Promise<void> {
    for (const array of this.arrays) await array.settled();
  }

  /** Everything that was appended survives; all arrays have the same number of rows. */
  async save(): Promise<ShardStates> {
    const rows = this.arrays[0]!.rows;
    const block = Math.floor(rows / this.#rowsPerChunk);
    const openRows = rows % this.#rowsPerChunk;
    const saved = this.#tail.rowsOf(block);
    await this.#tail.append(
      block,
      openRows - saved,
      openRows === saved ? [] : this.arrays.map((array) => array.openBytes(saved)),
    );
    await this.#tail.flush();
    const states: Record<string, ShardState> = {};
    for (const array of this.arrays) {
      await array.flush();
      const state = await array.state();
      if (state !== undefined) states[array.declared.array.path] = state;
    }
    return states;
  }

  /**
   * The open rows at a checkpoint of `rows` records, by array: from the file of the tail, or from the chunks where the run
   * was closed since. `shownRows`: how many rows each array has by its metadata.
   */
  async readOpenRows(rows: number, shownRows: readonly number[]): Promise<SavedRows> {
    const openRows = rows % this.#rowsPerChunk;
    if (openRows === 0) return { arrays: this.arrays.map(() => new Uint8Array(0)) };
    const saved = await this.#tail.read(Math.floor(rows / this.#rowsPerChunk), openRows);
    if (saved !== undefined) return saved;
    const arrays = await Promise.all(
      this.arrays.map((rowsOf, index) => {
        const { array } = rowsOf.declared;
        const shown = shownRows[index] ?? 0;
        if (shown >= rows)
          return rowsOf.readOpenRows(rows, array.withShape([shown, ...array.spec.shape.slice(1)]));
        throw new DaqError(
          "format",
          `${this.#folder.pathOf(array.path)} has ${shown} records, and the last ${openRows} of the ${rows} that a checkpoint left are not beside it.`,
          {
            hint: "Something else removed files from the folder. What is in whole chunks can still be read.",
          },
        );
      }),
    );
    return { arrays };
  }

  /** Makes sure that a crash from now on finds the open rows, whatever becomes of the objects. */
  async keepOpenRows(rows: number, open: SavedRows): Promise<void> {
    await this.#tail.restore(Math.floor(rows / this.#rowsPerChunk), rows % this.#rowsPerChunk, open);
  }

  /** Cuts the arrays back to `rows` rows. */
  async restore(rows: number, { arrays: open }: SavedRows, states: ShardStates): Promise<void> {
    for (const [index, array] of this.arrays.entries())
      await array.restore(rows, open[index]!, states[array.declared.array.path]);
    await this.#tail.removeOthers();
  }

  async finish(): Promise<void> {
    for (const array of this.arrays) await array.finish();
  }

  /** When the run is complete. */
  async removeTail(): Promise<void> {
    await this.#tail.remove();
  }

  async release(): Promise<void> {
    for (const array of this.arrays) await array.release();
    await this.#tail.release();
  }
}
