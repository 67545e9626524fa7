import type { ColumnLayout } from "./column-layout.ts";
import type { PageRecords } from "./page-records.ts";

/** Records of one column as a batch has them. */
export type ColumnRecords = { readonly bytes: Uint8Array; readonly validity?: Uint8Array | undefined };

const firstRows = 256;

/** The part of some records from row `from` on. */
export function rowsOf(
  { itemBytes }: ColumnLayout,
  { bytes, validity }: ColumnRecords,
  from: number,
  rows: number,
): PageRecords {
  const part = bytes.subarray(from * itemBytes, (from + rows) * itemBytes);
  return { bytes: part, rows, validity: validity?.subarray(from, from + rows) };
}

/** The records of the page that is being filled, in all columns. Its memory grows to a full page, and is kept. */
export class PageRows {
  readonly #layouts: readonly ColumnLayout[];
  readonly #pageRows: number;
  #capacity = 0;
  #bytes: Uint8Array[];
  #validity: (Uint8Array | undefined)[];
  #rows = 0;

  constructor(layouts: readonly ColumnLayout[], pageRows: number) {
    this.#layouts = layouts;
    this.#pageRows = pageRows;
    this.#bytes = layouts.map(() => new Uint8Array(0));
    this.#validity = layouts.map(({ nullable }) => (nullable ? new Uint8Array(0) : undefined));
  }

  get rows(): number {
    return this.#rows;
  }

  /** At most as many as still fit into the page. */
  add(columns: readonly ColumnRecords[], from: number, rows: number): void {
    this.#reserve(this.#rows + rows);
    for (const [at, layout] of this.#layouts.entries()) {
      const { bytes, validity } = rowsOf(layout, columns[at]!, from, rows);
      this.#bytes[at]!.set(bytes, this.#rows * layout.itemBytes);
      const mask = this.#validity[at]?.subarray(this.#rows, this.#rows + rows);
      if (validity === undefined) mask?.fill(1);
      else mask?.set(validity);
    }
    this.#rows += rows;
  }

  /** Views of the records from row `from` on; good until the next call that changes the page. */
  records(from = 0): readonly PageRecords[] {
    return this.#layouts.map((layout, at) => {
      const column = { bytes: this.#bytes[at]!, validity: this.#validity[at] };
      return rowsOf(layout, column, from, this.#rows - from);
    });
  }

  clear(): void {
    this.#rows = 0;
  }

  #reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    this.#capacity = Math.min(this.#pageRows, Math.max(rows, firstRows, this.#capacity * 2));
    this.#bytes = this.#bytes.map((bytes, at) => grown(bytes, this.#capacity * this.#layouts[at]!.itemBytes));
    this.#validity = this.#validity.map((mask) => mask && grown(mask, this.#capacity));
  }
}

function grown(bytes: Uint8Array, length: number): Uint8Array {
  const larger = new Uint8Array(length);
  larger.set(bytes);
  return larger;
}
