/**
 * What `encodeRows` writes as text. Unsigned 32-bit words, little-endian; addresses are those of the kernels' memory:
 *
 *      0 ┌──────────┬──────────┬──────────┬──────────┐
 *        │ columns  │ rows     │ end row  │ –        │  the kernel writes the end row: the one behind its last
 *     16 ├──────────┼──────────┼──────────┼──────────┤
 *        │ values   │ type     │ elements │ validity │  of one column
 *     32 ├──────────┼──────────┼──────────┼──────────┤
 *        ⋮                                           ⋮
 *
 * - values: address of `elements` values for each row, row after row; of texts, which have one: cells of `elements` bytes
 * - type: index in `rowTypes`
 * - validity: address of one byte for each row, 0 where all the row's values of this column are missing; 0 where none
 *   ever is
 */
const headerBytes = 16;
const columnBytes = 16;
const endRowAt = 8;
const wordBytes = 4;

export const rowTypes = [
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
  "uint16",
  "uint32",
  "uint64",
  "float32",
  "float64",
  "bool",
  "string",
] as const;

export type RowType = (typeof rowTypes)[number];

/** Of one value, such as "-128", "-100000000000000000000" or "-0.0000012345678901234567". */
const longestTextBytes: Record<Exclude<RowType, "string">, number> = {
  int8: 4,
  int16: 6,
  int32: 11,
  int64: 20,
  uint8: 3,
  uint16: 5,
  uint32: 10,
  uint64: 20,
  float32: 22,
  float64: 25,
  bool: 5,
};

/** Numbers are stored in pieces of 16 bytes, of which the last may reach so far behind its text. */
const slackBytes = 24;

export type RowTableColumn = {
  readonly values: number;
  readonly type: RowType;
  readonly elements: number;
  readonly validity: number;
};

/** With a comma behind each value. A text is quotes, or has as many as it can have, each doubled, between two more. */
function longestFieldBytes({ type, elements }: Pick<RowTableColumn, "type" | "elements">): number {
  return type === "string" ? 2 * elements + 3 : elements * (longestTextBytes[type] + 1);
}

/** The capacity that `encodeRows` needs to be sure of `rows` rows. */
export function longestRowsBytes(
  columns: readonly { readonly type: RowType; readonly elements: number }[],
  rows: number,
): number {
  // A comma behind each value, but for the last, which has the line end.
  const rowBytes = columns.reduce((sum, column) => sum + longestFieldBytes(column), 1);
  return rows * rowBytes + slackBytes;
}

export function rowTableBytes(columns: number): number {
  return headerBytes + columns * columnBytes;
}

/** `table` has `rowTableBytes`, at a multiple of 4. */
export function writeRowTable(table: Uint8Array, rows: number, columns: readonly RowTableColumn[]): void {
  const words = wordsOf(table);
  words.set([columns.length, rows, 0, 0]);
  for (const [index, { values, type, elements, validity }] of columns.entries()) {
    const at = (headerBytes + index * columnBytes) / wordBytes;
    words.set([values, rowTypes.indexOf(type), elements, validity], at);
  }
}

/** The row behind the last one that `encodeRows` wrote. */
export function endRow(table: Uint8Array): number {
  return wordsOf(table)[endRowAt / wordBytes]!;
}

function wordsOf(table: Uint8Array): Uint32Array {
  return new Uint32Array(table.buffer, table.byteOffset, table.byteLength / wordBytes);
}
