import { RowLayout } from "../../bytes/row-text/row-layout.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { headerLine } from "./fields.ts";
import type { ScannedRows, StrangeLine } from "./scan-rows.ts";

/**
 * The line that shows that a file was damaged, and not only broke off. A quote that was lost makes one endless row of all
 * that is behind it: to cut that off as torn would throw away rows that are good.
 */
export function rowDamage(rows: ScannedRows, stream: StreamSchema | undefined): StrangeLine | undefined {
  if (rows.strange !== undefined || stream === undefined) return rows.strange;
  const isHeader = rows.header === undefined;
  const mostBytes = isHeader ? Buffer.byteLength(headerLine(stream)) : new RowLayout(stream).longestRowBytes;
  if (rows.tornRowBytes <= mostBytes) return undefined;
  return {
    line: isHeader ? 1 : rows.records + 2,
    problem: `does not end within the ${mostBytes} bytes that it can have at most`,
  };
}
