import { DaqError } from "../model/errors.ts";
import { textBytesAt } from "../model/text-values.ts";

const prefixBytes = 4;

/** What stands for a missing text: nothing at all, or one without characters. */
export type MissingText = "left-out" | "empty";

/** Bytes that `packTexts` makes at most of so many rows. */
export function mostPackedBytes(rows: number, maxBytes: number): number {
  return rows * (prefixBytes + maxBytes);
}

/**
 * Puts the texts of cells of `maxBytes` (UTF-8, zeros behind) into `target`, each behind its length as an uint32: so
 * Parquet's plain byte arrays and Zarr's `vlen-utf8` have them. Returns how many bytes that are; `target` has room for
 * `mostPackedBytes`.
 */
export function packTexts(
  cells: Uint8Array,
  maxBytes: number,
  validity: Uint8Array | undefined,
  missing: MissingText,
  target: Uint8Array,
): number {
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  let end = 0;
  for (let at = 0, row = 0; at < cells.byteLength; at += maxBytes, row++) {
    const isMissing = validity?.[row] === 0;
    if (isMissing && missing === "left-out") continue;
    const length = isMissing ? 0 : textBytesAt(cells, at, maxBytes);
    view.setUint32(end, length, true);
    end += prefixBytes;
    // Shorter than what a call of `set` costs.
    if (length <= 32) for (let from = at; from < at + length; from++) target[end++] = cells[from]!;
    else {
      target.set(cells.subarray(at, at + length), end);
      end += length;
    }
  }
  return end;
}

/**
 * The inverse: fills `cells`, whose bytes are zero, and returns how many bytes of `packed` that took. With `left-out`,
 * missing rows keep their zeros. Throws `DaqError("format")` where `packed` ends too early, a text is too long, or ends with NUL.
 */
export function unpackTexts(
  packed: Uint8Array,
  maxBytes: number,
  validity: Uint8Array | undefined,
  missing: MissingText,
  cells: Uint8Array,
): number {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  let end = 0;
  for (let at = 0, row = 0; at < cells.byteLength; at += maxBytes, row++) {
    if (missing === "left-out" && validity?.[row] === 0) continue;
    if (end + prefixBytes > packed.byteLength) throw cutOff(row);
    const length = view.getUint32(end, true);
    end += prefixBytes;
    if (end + length > packed.byteLength) throw cutOff(row);
    if (length > maxBytes)
      throw new DaqError("format", `Text ${row} has ${length} bytes, where ${maxBytes} were announced.`, {
        hint: "The file is damaged, or was changed by another program.",
      });
    // In its cell it would look like what fills the cell.
    if (length > 0 && packed[end + length - 1] === 0)
      throw new DaqError("format", `Text ${row} ends with a NUL.`, {
        hint: "The file is damaged, or was changed by another program.",
      });
    cells.set(packed.subarray(end, end + length), at);
    end += length;
  }
  return end;
}

function cutOff(row: number): DaqError {
  return new DaqError("format", `The texts end within text ${row}.`, {
    hint: "The file is damaged, or was changed by another program.",
  });
}
