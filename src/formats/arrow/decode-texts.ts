import { brokenRow } from "../../model/broken-row.ts";
import { DaqError } from "../../model/errors.ts";
import type { Column } from "../../model/stream-schema.ts";

/**
 * The cells of a column of texts. Throws `RangeError` for offsets that do not fit, and for what is no text of the column;
 * `DaqError("format")` where memory for the cells is missing.
 */
export function decodeTexts(
  column: Column,
  offsets: Int32Array,
  characters: Uint8Array,
  records: number,
  validity: Uint8Array | undefined,
): Uint8Array {
  const { name, maxBytes = 0 } = column;
  const cells = cellsOf(column, records);
  for (let row = 0; row < records; row++) {
    if (validity?.[row] === 0) continue;
    const [start, end] = [offsets[row]!, offsets[row + 1]!];
    if (start < 0 || end < start || end > characters.byteLength)
      throw new RangeError(
        `text ${row} of "${name}" lies from byte ${start} to ${end} of ${characters.byteLength}`,
      );
    if (end - start > maxBytes)
      throw new RangeError(
        `text ${row} of "${name}" has ${end - start} bytes, where ${maxBytes} were announced`,
      );
    // In its cell it would look like what fills the cell.
    if (characters[end - 1] === 0 && end > start)
      throw new RangeError(`text ${row} of "${name}" ends with a NUL`);
    cells.set(characters.subarray(start, end), row * maxBytes);
  }
  const broken = brokenRow(column, cells, validity);
  if (broken !== undefined) throw new RangeError(`text ${broken} of "${name}" is not UTF-8, or has a NUL`);
  return cells;
}

/** Other programs make batches of as many records as they like, with short texts where long ones have room. */
function cellsOf({ name, maxBytes = 0 }: Column, records: number): Uint8Array {
  try {
    return new Uint8Array(records * maxBytes);
  } catch (cause) {
    throw new DaqError(
      "format",
      `Column "${name}" has ${records} texts in one batch, with room for ${maxBytes} bytes each: there is no memory for that.`,
      { hint: "Write the file again with fewer records in a batch.", cause },
    );
  }
}
