import type { FieldColumn } from "./field-column.ts";

/** Puts a field into its cell, or says what is wrong with it. */
export type PutField = (cell: Uint8Array, text: string) => string | undefined;

/** Values that are bytes of their own each: texts and switches. */
export class CellFields implements FieldColumn {
  readonly #cellBytes: number;
  readonly #put: PutField;
  readonly #takesEmpty: boolean;
  #bytes = new Uint8Array(0);
  #validity = new Uint8Array(0);

  /** `takesEmpty`: an empty field is a value as well. */
  constructor(cellBytes: number, takesEmpty: boolean, put: PutField) {
    this.#cellBytes = cellBytes;
    this.#takesEmpty = takesEmpty;
    this.#put = put;
  }

  grow(rows: number): void {
    const bytes = new Uint8Array(rows * this.#cellBytes);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    const validity = new Uint8Array(rows);
    validity.set(this.#validity);
    this.#validity = validity;
  }

  store(row: number, text: string | undefined): string | undefined {
    const cell = this.#bytes.subarray(row * this.#cellBytes, (row + 1) * this.#cellBytes);
    if (text === undefined || (text === "" && !this.#takesEmpty)) {
      this.#validity[row] = 0;
      cell.fill(0);
      return undefined;
    }
    this.#validity[row] = 1;
    return this.#put(cell, text);
  }

  bytes(rows: number): Uint8Array {
    return this.#bytes.subarray(0, rows * this.#cellBytes);
  }

  validity(rows: number): Uint8Array {
    return this.#validity.subarray(0, rows);
  }
}
