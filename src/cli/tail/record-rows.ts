import { type Element, elementReader } from "../../model/element-reader.ts";
import { type Column, columnItemBytes, type StreamSchema } from "../../model/stream-schema.ts";
import type { RingReader } from "../../ring/ring-reader.ts";
import type { RingRecord } from "../../ring/ring-record.ts";

/** A value as a person means it: null is missing, a list is a column with a shape (C order). */
export type CellValue = Element | null | readonly Element[];

type CopiedColumn = {
  readonly column: Column;
  readonly elementAt: (index: number) => Element;
  readonly valid: Uint8Array | undefined;
};

/** Rows of one ring record, copied out of the ring. */
export type RecordRows = {
  readonly schema: StreamSchema;
  readonly count: number;
  readonly firstSequence: number;
  readonly timestampsNs: BigInt64Array;
  readonly columns: readonly CopiedColumn[];
};

/** Copies rows `from` to `to` of a record; undefined when it was overwritten meanwhile. */
export function copyRows(
  reader: RingReader,
  record: RingRecord,
  from: number,
  to: number,
): RecordRows | undefined {
  const { layout, payload, stream } = record;
  const columns = stream.schema.columns.map((column, index): CopiedColumn => {
    const { offset, validityOffset } = layout.columns[index]!;
    const item = columnItemBytes(column);
    return {
      column,
      elementAt: elementReader(column, payload.slice(offset + from * item, offset + to * item)),
      valid:
        validityOffset === undefined ? undefined : payload.slice(validityOffset + from, validityOffset + to),
    };
  });
  const timestampsNs = copyTimes(record, from, to);
  const { firstSequence } = record;
  if (!reader.isIntact(record)) return undefined;
  return {
    schema: stream.schema,
    count: to - from,
    firstSequence: firstSequence + from,
    timestampsNs,
    columns,
  };
}

/** As the recorder spaces them: first + round(i × 10⁹ ⁄ rate). */
function copyTimes(record: RingRecord, from: number, to: number): BigInt64Array {
  const own = record.timestampsNs?.slice(from, to);
  if (own !== undefined) return own;
  const periodNs = 1e9 / (record.stream.schema.rateHz ?? 1);
  const first = record.firstTimestampNs;
  return BigInt64Array.from(
    { length: to - from },
    (_, index) => first + BigInt(Math.round((from + index) * periodNs)),
  );
}

/** The value of a column in a row: physical (scale and offset applied) where the column says how. */
export function cellOf({ columns }: RecordRows, columnIndex: number, row: number): CellValue {
  const { column, elementAt, valid } = columns[columnIndex]!;
  if (valid !== undefined && valid[row] === 0) return null;
  if (column.shape.length === 0) return physical(column, elementAt(row));
  const elements = column.shape.reduce((product, extent) => product * extent, 1);
  return Array.from({ length: elements }, (_, index) => physical(column, elementAt(row * elements + index)));
}

function physical({ dtype, scale, offset }: Column, value: Element): Element {
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (scale === undefined && offset === undefined)
    return dtype === "float32" ? shortestFloat32(Number(value)) : value;
  return Number(value) * (scale ?? 1) + (offset ?? 0);
}

/** The double with the fewest digits that is the same float32: 0.1, not 0.10000000149011612. */
function shortestFloat32(value: number): number {
  for (let digits = 6; digits <= 8; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return shorter;
  }
  return Number.isFinite(value) ? Number(value.toPrecision(9)) : value;
}
