import { TimeUnit } from "apache-arrow/enum";
import { Field, Schema } from "apache-arrow/schema";
import {
  Bool,
  type DataType,
  FixedSizeList,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  Timestamp,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
} from "apache-arrow/type";
import type { DType } from "../../model/dtype.ts";
import type { Ledger } from "../../model/ledger.ts";
import { toJson } from "../../model/metadata.ts";
import type { RunInfo } from "../../model/run.ts";
import type { Column, StreamSchema } from "../../model/stream-schema.ts";
import { experimentEntries, runEntryKeys } from "../run-entries.ts";

/** Which of `timestamp` and `sequence` stand before the stream's columns. */
export type IndexColumns = "full" | "timestamp" | "none";

/** The schema metadata entries that daq-storage reads again. */
export const metadataKeys = runEntryKeys;

/** The ledger of a file that is still written: nothing is accounted for yet. */
export const openLedger: Ledger = { complete: false, accounts: [] };

export const tensorExtension = "arrow.fixed_shape_tensor";

const types: Record<DType, () => DataType> = {
  int8: () => new Int8(),
  int16: () => new Int16(),
  int32: () => new Int32(),
  int64: () => new Int64(),
  uint8: () => new Uint8(),
  uint16: () => new Uint16(),
  uint32: () => new Uint32(),
  uint64: () => new Uint64(),
  float32: () => new Float32(),
  float64: () => new Float64(),
  bool: () => new Bool(),
  string: () => new Utf8(),
};

/** Elements of one record of this column. */
export function columnElements(column: Column): number {
  return column.shape.reduce((product, extent) => product * extent, 1);
}

/** The schema of the file of one stream. `ledger` is `openLedger` until the file is closed. */
export function encodeStreamSchema(
  stream: StreamSchema,
  info: RunInfo,
  index: IndexColumns,
  ledger: Ledger,
): Schema {
  const fields = [
    ...(index === "none" ? [] : [timestampField(stream)]),
    ...(index === "full" ? [sequenceField()] : []),
    ...stream.columns.map((column) => columnField(column, stream.source)),
  ];
  const metadata = experimentEntries(info);
  metadata.set(metadataKeys.run, toJson(info));
  metadata.set(metadataKeys.stream, toJson(stream));
  metadata.set(metadataKeys.ledger, toJson(ledger));
  return new Schema(fields, metadata);
}

function timestampField(stream: StreamSchema): Field {
  const metadata = new Map([
    ["unit", "ns"],
    ["source", `${stream.clock} clock`],
  ]);
  return new Field("timestamp", new Timestamp(TimeUnit.NANOSECOND, "UTC"), false, metadata);
}

function sequenceField(): Field {
  return new Field("sequence", new Int64(), false);
}

function columnField(column: Column, source: string): Field {
  const metadata = new Map<string, string>();
  if (column.unit !== undefined) metadata.set("unit", column.unit);
  metadata.set("source", source);
  if (column.scale !== undefined) metadata.set("scale", toJson(column.scale));
  if (column.offset !== undefined) metadata.set("offset", toJson(column.offset));
  if (column.range !== undefined) metadata.set("range", toJson(column.range));
  if (column.description !== undefined) metadata.set("description", column.description);
  const nullable = column.nullable === true;
  const element = types[column.dtype]();
  if (column.shape.length === 0) return new Field(column.name, element, nullable, metadata);
  metadata.set("dtype", column.dtype);
  metadata.set("shape", toJson(column.shape));
  metadata.set("dims", toJson(column.dims));
  metadata.set("ARROW:extension:name", tensorExtension);
  metadata.set("ARROW:extension:metadata", toJson({ shape: column.shape, dim_names: column.dims }));
  // "item", nullable: the child that Arrow C++ makes for a tensor, so that tables of both writers have one type.
  const list = new FixedSizeList(columnElements(column), new Field("item", element, true));
  return new Field(column.name, list, nullable, metadata);
}
