import { dtypeBytes, type NumberDType, numberDType } from "../../model/dtype.ts";
import { type Column, columnItemBytes, type StreamSchema } from "../../model/stream-schema.ts";
import type { PhysicalType } from "./words.ts";

/** One leaf of the file: the timestamps, the sequence numbers, or a column of the stream. */
export type ColumnLayout = {
  readonly name: string;
  readonly dtype: NumberDType;
  readonly isTimestamp: boolean;
  readonly physical: PhysicalType;
  /** Values of one record; more than one, or a shape of one: a list. */
  readonly elements: number;
  readonly isList: boolean;
  readonly nullable: boolean;
  /** Bytes of one record as batches have it. */
  readonly itemBytes: number;
  /** Bytes of one value as pages have it. */
  readonly valueBytes: number;
  /** Names from the root to the leaf. */
  readonly path: readonly string[];
};

const physicalOf: Record<NumberDType, PhysicalType> = {
  int8: "int32",
  int16: "int32",
  int32: "int32",
  int64: "int64",
  uint8: "int32",
  uint16: "int32",
  uint32: "int32",
  uint64: "int64",
  float32: "float",
  float64: "double",
};

const valueBytesOf: Record<PhysicalType, number> = { int32: 4, int64: 8, float: 4, double: 8 };

export function physicalOfDType(dtype: NumberDType): PhysicalType {
  return physicalOf[dtype];
}

export function physicalBytes(physical: PhysicalType): number {
  return valueBytesOf[physical];
}

function indexLayout(name: "timestamp" | "sequence"): ColumnLayout {
  return {
    name,
    dtype: "int64",
    isTimestamp: name === "timestamp",
    physical: "int64",
    elements: 1,
    isList: false,
    nullable: false,
    itemBytes: 8,
    valueBytes: 8,
    path: [name],
  };
}

function layoutOf(column: Column): ColumnLayout {
  const dtype = numberDType(column.dtype);
  const physical = physicalOf[dtype];
  const isList = column.shape.length > 0;
  return {
    name: column.name,
    dtype,
    isTimestamp: false,
    physical,
    elements: columnItemBytes(column) / dtypeBytes(dtype),
    isList,
    nullable: column.nullable === true,
    itemBytes: columnItemBytes(column),
    valueBytes: valueBytesOf[physical],
    path: isList ? [column.name, "list", "element"] : [column.name],
  };
}

/** Which of `timestamp` and `sequence` stand before the stream's columns. */
export type IndexColumns = "full" | "none";

/** The leaves of the file of one stream, in order. */
export function columnLayouts(stream: StreamSchema, index: IndexColumns): readonly ColumnLayout[] {
  const columns = stream.columns.map(layoutOf);
  return index === "none" ? columns : [indexLayout("timestamp"), indexLayout("sequence"), ...columns];
}

/** Definition level of a value that is there. */
export function maxDefinition({ isList, nullable }: ColumnLayout): number {
  return (isList ? 1 : 0) + (nullable ? 1 : 0);
}
