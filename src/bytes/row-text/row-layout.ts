import {
  endRow,
  longestRowsBytes,
  type RowType,
  rowTableBytes,
  writeRowTable,
} from "../../kernels/row-table.ts";
import type { Batch } from "../../model/batch.ts";
import { dtypeBytes, isNumberDType } from "../../model/dtype.ts";
import { columnItemBytes, type StreamSchema } from "../../model/stream-schema.ts";

/** A part of the kernels' memory. */
export type MemoryArea = { readonly address: number; readonly bytes: Uint8Array };

/** The arguments of `encodeRows`. */
export type RowsCall = readonly [table: number, firstRow: number, target: number, capacity: number];

type LayoutColumn = { readonly type: RowType; readonly elements: number; readonly itemBytes: number };

/** 64-bit values are read fastest where none lies across two cache lines. */
function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

/**
 * How rows of a stream lie in one area of the kernels' memory while they are made text:
 *
 *     │ text, as long as it can get │ row table │ timestamps │ sequences │ column │ its validity │ column │ …
 */
export class RowLayout {
  readonly #columns: readonly LayoutColumn[];
  constructor(stream: StreamSchema) {
    const index: LayoutColumn = { type: "int64", elements: 1, itemBytes: 8 };
    this.#columns = [
      index,
      index,
      ...stream.columns.map((column) => {
        const itemBytes = columnItemBytes(column);
        const { dtype } = column;
        // Of a text the elements are the bytes of its cell.
        const elementBytes = isNumberDType(dtype) ? dtypeBytes(dtype) : 1;
        return { type: dtype, elements: itemBytes / elementBytes, itemBytes };
      }),
    ];
  }

  /** Bytes that the text of a row can have, and a few more. */
  get longestRowBytes(): number {
    return longestRowsBytes(this.#columns, 1);
  }

  /** Bytes of an area for so many rows. */
  areaBytes(rows: number): number {
    const valueBytes = this.#columns.reduce((sum, { itemBytes }) => sum + aligned(rows * itemBytes), 0);
    const validityBytes = this.#columns.length * aligned(rows);
    return this.#tableAt(rows) + this.#tableBytes + valueBytes + validityBytes;
  }

  /** About how many rows, at least one, an area of so many bytes has room for. */
  rowsIn(bytes: number): number {
    const thousandRowsBytes = this.areaBytes(1000) - this.areaBytes(0);
    return Math.max(1, Math.floor(((bytes - this.areaBytes(0)) / thousandRowsBytes) * 1000));
  }

  /** Copies rows into an area of at least `areaBytes`; returns how to make them text, which then begins the area. */
  fill(area: MemoryArea, batch: Batch, first: number, rows: number): RowsCall {
    const { address, bytes } = area;
    const tableAt = this.#tableAt(rows);
    let at = tableAt + this.#tableBytes;
    const put = (values: Uint8Array, itemBytes: number): number => {
      const start = at;
      bytes.set(values.subarray(first * itemBytes, (first + rows) * itemBytes), start);
      at += aligned(rows * itemBytes);
      return address + start;
    };
    const columns = [
      { bytes: bytesOf(batch.timestampsNs) },
      { bytes: bytesOf(batch.sequences) },
      ...batch.columns,
    ].map((values, index) => {
      const { type, elements, itemBytes } = this.#columns[index]!;
      const valuesAt = put(values.bytes, itemBytes);
      const validity = "validity" in values && values.validity !== undefined ? put(values.validity, 1) : 0;
      return { values: valuesAt, type, elements, validity };
    });
    writeRowTable(bytes.subarray(tableAt, tableAt + this.#tableBytes), rows, columns);
    return [address + tableAt, 0, address, longestRowsBytes(this.#columns, rows)];
  }

  /** Throws when the kernel did not write all rows: that can only be a fault in this program. */
  checkAllWritten({ bytes }: MemoryArea, rows: number): void {
    const tableAt = this.#tableAt(rows);
    const end = endRow(bytes.subarray(tableAt, tableAt + this.#tableBytes));
    if (end !== rows) throw new Error(`${end} of ${rows} rows became text although there was room for all.`);
  }

  get #tableBytes(): number {
    return aligned(rowTableBytes(this.#columns.length));
  }

  #tableAt(rows: number): number {
    return aligned(longestRowsBytes(this.#columns, rows));
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: BigInt64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
