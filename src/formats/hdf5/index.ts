/**
 * HDF5 files laid out by a program of its own: groups, attributes, datasets that grow, arrays whose chunks come in any
 * order. Documents are written by `Hdf5DocumentWriter`, recordings by `loadFormat("hdf5")`, a recorder, or `Hdf5Writer`.
 */
export type { TableDocumentWriterOptions } from "../documents/table-document-writer.ts";
export { Hdf5DocumentWriter } from "./document-writer.ts";
export type { Attributes, AttributeValue, RawAttribute } from "./file/attribute.ts";
export type { ChunkedArray, ChunkedArraySpec } from "./file/chunked-array.ts";
export {
  arrayType,
  booleanType,
  type CompoundMember,
  compoundType,
  type Datatype,
  enumType,
  type FixedStringOptions,
  fixedStringType,
  floatType,
  integerType,
  vlenStringType,
} from "./file/datatype.ts";
export type { Filter } from "./file/filter-pipeline.ts";
export type { FixedDataset, FixedDatasetSpec } from "./file/fixed-dataset.ts";
export type { Group } from "./file/group.ts";
export type { DatasetSpec, GrowingDataset } from "./file/growing-dataset.ts";
export { Hdf5File, type Hdf5FileOptions, type Hdf5State, type ReadAt } from "./file/hdf5-file.ts";
