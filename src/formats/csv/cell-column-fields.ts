import type { ColumnValues } from "../../model/batch.ts";
import { type Column, columnItemBytes } from "../../model/stream-schema.ts";
import { putText, textProblem } from "../../model/text-values.ts";

/** Turns the fields of a column of texts or bools back into its values. The memory is used again for the next batch. */
export class CellColumnFields {
  /** Fields of one record. */
  readonly elements = 1;
  readonly #column: Column;
  readonly #itemBytes: number;
  readonly #bytes: Uint8Array;
  readonly #validity: Uint8Array | undefined;

  constructor(column: Column, rows: number) {
    this.#column = column;
    this.#itemBytes = columnItemBytes(column);
    this.#bytes = new Uint8Array(rows * this.#itemBytes);
    this.#validity = column.nullable === true ? new Uint8Array(rows) : undefined;
  }

  /** Takes the column's field of a record, number `at`; those of `empty` are texts without characters. Returns what is wrong with it. */
  set(
    row: number,
    fields: readonly string[],
    at: number,
    empty: ReadonlySet<number> | undefined,
  ): string | undefined {
    const { name, dtype } = this.#column;
    const text = fields[at]!;
    const cell = this.#bytes.subarray(row * this.#itemBytes, (row + 1) * this.#itemBytes);
    const isMissing = text === "" && empty?.has(at) !== true;
    if (isMissing && this.#validity === undefined)
      return `a value of column ${name} is missing, which is not nullable`;
    if (this.#validity !== undefined) this.#validity[row] = isMissing ? 0 : 1;
    if (isMissing) cell.fill(0);
    else if (dtype === "string") {
      const problem = textProblem(text, this.#itemBytes);
      if (problem !== undefined) return `a text of column ${name} ${problem}`;
      putText(cell, text);
    } else if (text === "true" || text === "false") cell[0] = text === "true" ? 1 : 0;
    else return `"${text}" is neither true nor false, as column ${name} holds`;
    return undefined;
  }

  values(count: number): ColumnValues {
    const bytes = this.#bytes.subarray(0, count * this.#itemBytes);
    return this.#validity === undefined ? { bytes } : { bytes, validity: this.#validity.subarray(0, count) };
  }
}
