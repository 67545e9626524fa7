import { DaqError } from "../../model/errors.ts";
import type { Column } from "../../model/stream-schema.ts";
import { textBytesAt } from "../../model/text-values.ts";

const mostDataBytes = 2 ** 31 - 1;

/** The offsets and the characters of one column of texts, in memory that is used again for each batch. */
export class TextBuffers {
  readonly #column: Column;
  readonly #maxBytes: number;
  #offsets = new Int32Array(1);
  #data = new Uint8Array(0);

  constructor(column: Column) {
    this.#column = column;
    this.#maxBytes = column.maxBytes ?? 0;
  }

  /** Both buffers, good until the next call. A missing text has no characters. */
  encode(
    cells: Uint8Array,
    validity: Uint8Array | undefined,
    count: number,
  ): readonly [Uint8Array, Uint8Array] {
    const maxBytes = this.#maxBytes;
    if (this.#offsets.length <= count) this.#offsets = new Int32Array(count + 1);
    const offsets = this.#offsets;
    let end = 0;
    for (let row = 0; row < count; row++) {
      if (validity?.[row] !== 0) end += textBytesAt(cells, row * maxBytes, maxBytes);
      if (end > mostDataBytes) throw this.#tooLong(count);
      offsets[row + 1] = end;
    }
    if (this.#data.byteLength < end) this.#data = new Uint8Array(Math.max(end, 2 * this.#data.byteLength));
    for (let row = 0; row < count; row++) {
      const start = offsets[row]!;
      const from = row * maxBytes;
      const bytes = offsets[row + 1]! - start;
      // Shorter than what a call of `set` costs.
      if (bytes <= 32) for (let at = 0; at < bytes; at++) this.#data[start + at] = cells[from + at]!;
      else this.#data.set(cells.subarray(from, from + bytes), start);
    }
    return [new Uint8Array(offsets.buffer, 0, 4 * (count + 1)), this.#data.subarray(0, end)];
  }

  #tooLong(count: number): DaqError {
    return new DaqError(
      "format",
      `${this.#column.name}: the texts of ${count} records are more than 2 GiB, which an Arrow batch cannot hold.`,
      { hint: "Append the records in smaller batches." },
    );
  }
}
