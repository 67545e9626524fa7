/** Documents of a run in a Zarr hierarchy, and N-dimensional arrays in chunks and regions in any order, in a folder or a bucket. */
export type { TableDocumentWriterOptions } from "../documents/table-document-writer.ts";
export type { ArrayOptions, CompressionName, CoordinateOptions } from "./array-options.ts";
export { ZarrDocumentWriter } from "./document-writer.ts";
export type { ZarrFormat } from "./hierarchy/array-spec.ts";
export type { Attributes, AttributeValue } from "./hierarchy/attributes.ts";
export type { BloscInner, BloscShuffle, ZarrCompression } from "./hierarchy/compression.ts";
export type { FillValue } from "./hierarchy/fill-value.ts";
export type { ChunkLedger } from "./hierarchy/missing-chunks.ts";
export {
  type CloseOptions,
  type ZarrOpenOptions,
  ZarrWriter,
  type ZarrWriterOptions,
} from "./zarr-writer.ts";
