import { writeSigned, writeUnsigned } from "./number-text-digits";
import { writeFloat32 } from "./number-text-float32";
import { writeFloat64 } from "./number-text-float64";

// The table's layout and the codes of its types are those of ../row-table.ts.
const columnsAt: usize = 0;
const rowsAt: usize = 4;
const endRowAt: usize = 8;
const firstColumnAt: usize = 16;
const columnBytes: usize = 16;

const text: u32 = 11;

const comma: u32 = 0x2c;
const quote: u32 = 0x22;
const lineEnd: u32 = 0x0a0d;

/** What the functions that write a number may store behind its text. */
const slackBytes: u32 = 24;

/** The longest text of a value of each type: "-128", …, "-100000000000000000000", "-0.0000012345678901234567". */
@inline
function longestText(type: u32): u32 {
  switch (type) {
    case 0:
      return 4;
    case 1:
      return 6;
    case 2:
      return 11;
    case 3:
      return 20;
    case 4:
      return 3;
    case 5:
      return 5;
    case 6:
      return 10;
    case 7:
      return 20;
    case 8:
      return 22;
    case 9:
      return 25;
    default:
      return 5;
  }
}

/** Of all values of one row, a comma behind each; a text may be nothing but quotes, which are doubled. */
@inline
function longestField(type: u32, elements: u32): u64 {
  return type == text ? 2 * <u64>elements + 3 : <u64>elements * (longestText(type) + 1);
}

/** Lines of comma-separated values; see `Kernels.encodeRows`. */
export function encodeRows(table: usize, firstRow: u32, target: usize, capacity: u32): u32 {
  const columns = load<u32>(table, columnsAt);
  const rows = load<u32>(table, rowsAt);
  const firstColumn = table + firstColumnAt;
  const behindColumns = firstColumn + <usize>columns * columnBytes;
  let longestRow: u64 = 1;
  for (let column = firstColumn; column < behindColumns; column += columnBytes)
    longestRow += longestField(load<u32>(column, 4), load<u32>(column, 8));
  const roomBytes = longestRow + slackBytes;
  let row = firstRow;
  let at = target;
  const end = target + capacity;
  while (row < rows && <u64>(end - at) >= roomBytes) {
    for (let column = firstColumn; column < behindColumns; column += columnBytes) at = encodeField(at, column, row);
    store<u16>(at - 1, lineEnd);
    at++;
    row++;
  }
  store<u32>(table, row, endRowAt);
  return <u32>(at - target);
}

/** The values of one column in one row, a comma behind each. */
@inline
function encodeField(start: usize, column: usize, row: u32): usize {
  const elements = load<u32>(column, 8);
  const validity = load<u32>(column, 12);
  let at = start;
  if (load<u32>(column, 4) == text) {
    if (validity == 0 || load<u8>(validity + row) != 0)
      at = writeText(at, <usize>load<u32>(column) + <usize>row * elements, elements);
    store<u8>(at, comma);
    return at + 1;
  }
  if (validity != 0 && load<u8>(validity + row) == 0) {
    for (let element: u32 = 0; element < elements; element++) store<u8>(at++, comma);
    return at;
  }
  const values: usize = load<u32>(column);
  if (elements == 1) {
    at = encodeValue(at, values, load<u32>(column, 4), row);
    store<u8>(at, comma);
    return at + 1;
  }
  const first: usize = row * elements;
  for (let index = first; index < first + elements; index++) {
    at = encodeValue(at, values, load<u32>(column, 4), index);
    store<u8>(at++, comma);
  }
  return at;
}

@inline
function encodeValue(at: usize, values: usize, type: u32, index: usize): usize {
  switch (type) {
    case 0:
      return writeSigned(at, load<i8>(values + index));
    case 1:
      return writeSigned(at, load<i16>(values + (index << 1)));
    case 2:
      return writeSigned(at, load<i32>(values + (index << 2)));
    case 3:
      return writeSigned(at, load<i64>(values + (index << 3)));
    case 4:
      return writeUnsigned(at, load<u8>(values + index));
    case 5:
      return writeUnsigned(at, load<u16>(values + (index << 1)));
    case 6:
      return writeUnsigned(at, load<u32>(values + (index << 2)));
    case 7:
      return writeUnsigned(at, load<u64>(values + (index << 3)));
    case 8:
      return writeFloat32(at, load<f32>(values + (index << 2)));
    case 9:
      return writeFloat64(at, load<f64>(values + (index << 3)));
    default:
      return writeBool(at, load<u8>(values + index));
  }
}

/** "true" or "false". */
@inline
function writeBool(at: usize, value: u8): usize {
  if (value != 0) {
    store<u32>(at, 0x65757274);
    return at + 4;
  }
  store<u32>(at, 0x736c6166);
  store<u8>(at + 4, 0x65);
  return at + 5;
}

/** The cell's bytes up to the first zero, between quotes, those among them doubled. */
function writeText(start: usize, cell: usize, cellBytes: u32): usize {
  let at = start;
  store<u8>(at++, quote);
  for (let from = cell; from < cell + cellBytes; from++) {
    const byte = load<u8>(from);
    if (byte == 0) break;
    store<u8>(at++, byte);
    if (byte == quote) store<u8>(at++, byte);
  }
  store<u8>(at++, quote);
  return at;
}
