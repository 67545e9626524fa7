import { columnItemBytes, type StreamSchema } from "../model/stream-schema.ts";

const goalBytes = 4 << 20;
const mostRows = 65_536;
/** Time and sequence number. */
const indexRowBytes = 16;

/** Records to read at once: about 4 MiB, at least one block of `blockRows`, and whole blocks. */
export function rowsPerRead({ columns }: StreamSchema, blockRows = 1): number {
  const rowBytes = columns.reduce((sum, column) => sum + columnItemBytes(column), indexRowBytes);
  const rows = Math.min(mostRows, Math.floor(goalBytes / rowBytes));
  return Math.max(1, Math.floor(rows / blockRows)) * blockRows;
}
