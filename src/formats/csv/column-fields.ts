import type { ColumnValues } from "../../model/batch.ts";
import { numberDType, type TypedArray, typedView } from "../../model/dtype.ts";
import { type Column, columnItemBytes } from "../../model/stream-schema.ts";
import { decodeField } from "./decode-field.ts";
import { elementCount } from "./fields.ts";

/** Turns the fields of one column of numbers back into its values. The memory is used again for the next batch. */
export class ColumnFields {
  /** Fields of one record. */
  readonly elements: number;
  readonly #column: Column;
  readonly #bytes: Uint8Array;
  readonly #view: TypedArray;
  readonly #validity: Uint8Array | undefined;

  constructor(column: Column, rows: number) {
    this.elements = elementCount(column.shape);
    this.#column = column;
    this.#bytes = new Uint8Array(rows * columnItemBytes(column));
    this.#view = typedView(numberDType(column.dtype), this.#bytes);
    this.#validity = column.nullable === true ? new Uint8Array(rows) : undefined;
  }

  /** Takes the column's fields of a record, from field `at` on. Returns what is wrong with them. */
  set(row: number, fields: readonly string[], at: number): string | undefined {
    const { name, dtype } = this.#column;
    const first = row * this.elements;
    let missing = 0;
    for (let element = 0; element < this.elements; element++) {
      const text = fields[at + element]!;
      const value = decodeField(numberDType(dtype), text);
      if (value === undefined) return `"${text}" is no ${dtype}, as column ${name} holds`;
      if (value === null) {
        missing++;
        continue;
      }
      (this.#view as { [index: number]: number | bigint })[first + element] = value;
      if (this.#view[first + element] !== value && !Number.isNaN(value))
        return `"${text}" does not fit into ${dtype}, as column ${name} holds`;
    }
    if (missing > 0 && (this.#validity === undefined || missing < this.elements))
      return `a value of column ${name} is missing, which is not nullable`;
    if (this.#validity !== undefined) this.#validity[row] = missing > 0 ? 0 : 1;
    const itemBytes = columnItemBytes(this.#column);
    if (missing > 0) this.#bytes.fill(0, row * itemBytes, (row + 1) * itemBytes);
    return undefined;
  }

  values(count: number): ColumnValues {
    const bytes = this.#bytes.subarray(0, count * columnItemBytes(this.#column));
    return this.#validity === undefined ? { bytes } : { bytes, validity: this.#validity.subarray(0, count) };
  }
}
