import type { DType } from "../../model/dtype.ts";
import { type Column, columnItemBytes, type StreamSchema } from "../../model/stream-schema.ts";
import type { PhysicalType } from "./words.ts";

/** One leaf of the file: the timestamps, the sequence numbers, or a column of the stream. */
export type ColumnLayout = {
  readonly name: string;
  readonly dtype: DType;
  readonly isTimestamp: boolean;
  readonly physical: PhysicalType;
  /** Values of one record; more than one, or a shape of one: a list. */
  readonly elements: number;
  readonly isList: boolean;
  readonly nullable: boolean;
  /** Bytes of one record as batches have it. */
  readonly itemBytes: number;
  /** Bytes of one value as pages have it, before encoding; of a text, which has its length in front, at most. */
  readonly valueBytes: number;
  /** Names from the root to the leaf. */
  readonly path: readonly string[];
};

const physicalOf: Record<DType, PhysicalType> = {
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
  bool: "boolean",
  string: "byteArray",
};

const valueBytesOf: Record<Exclude<PhysicalType, "byteArray">, number> = {
  int32: 4,
  int64: 8,
  float: 4,
  double: 8,
  boolean: 1,
};

/** The length in front of a text. */
const prefixBytes = 4;

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
  const { dtype } = column;
  const physical = physicalOf[dtype];
  const itemBytes = columnItemBytes(column);
  const isList = column.shape.length > 0;
  return {
    name: column.name,
    dtype,
    isTimestamp: false,
    physical,
    elements: column.shape.reduce((product, extent) => product * extent, 1),
    isList,
    nullable: column.nullable === true,
    itemBytes,
    valueBytes: physical === "byteArray" ? prefixBytes + itemBytes : valueBytesOf[physical],
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

/** Texts and bools: their bytes in a page depend on what they are, and how many bytes a batch has of them does not. */
export function isOfCells({ physical }: ColumnLayout): boolean {
  return physical === "byteArray" || physical === "boolean";
}

/** Definition level of a value that is there. */
export function maxDefinition({ isList, nullable }: ColumnLayout): number {
  return (isList ? 1 : 0) + (nullable ? 1 : 0);
}
