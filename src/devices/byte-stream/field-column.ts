/** The values of one column, read from text, for the rows of one batch. */
export interface FieldColumn {
  /** Has room for so many rows from now on. */
  grow(rows: number): void;
  /**
   * Stores a field (without blanks around it), or says what is wrong with it. Undefined is a missing value, and so is an empty
   * field where that is no text.
   */
  store(row: number, text: string | undefined): string | undefined;
  /** Borrowed until the next `store`. */
  bytes(rows: number): Uint8Array;
  /** One byte a row, 0 where the value is missing. Borrowed as well. */
  validity(rows: number): Uint8Array;
}
