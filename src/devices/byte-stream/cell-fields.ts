import type { FieldColumn } from "./field-column.ts";

/** Puts a field that is not empty into its cell, or says what is wrong with it. */
export type PutField = (cell: Uint8Array, text: string) => string | undefined;

/** Values that are bytes of their own each: texts and switches. */
export class CellFields implements FieldColumn {
  readonly #cellBytes: number;
  readonly #put: PutField;
  #bytes = new Uint8Array(0);
  #validity = new Uint8Array(0);

  constructor(cellBytes: number, put: PutField) {
    this.#cellBytes = cellBytes;
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

  store(row: number, text: string): string | undefined {
    const cell = this.#bytes.subarray(row * this.#cellBytes, (row + 1) * this.#cellBytes);
    this.#validity[row] = text === "" ? 0 : 1;
    if (text !== "") return this.#put(cell, text);
    cell.fill(0);
    return undefined;
  }

  bytes(rows: number): Uint8Array {
    return this.#bytes.subarray(0, rows * this.#cellBytes);
  }

  validity(rows: number): Uint8Array {
    return this.#validity.subarray(0, rows);
  }
}
