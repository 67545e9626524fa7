import { dtypeBytes, isNumberDType } from "../../../model/dtype.ts";
import type { ArraySpec, ZarrFormat } from "./array-spec.ts";
import { type Attributes, dimensionsKey, maxBytesKey, type NodeDocument } from "./attributes.ts";
import { codecsOf, compressorOf } from "./codec-documents.ts";
import { spellingOf } from "./data-type.ts";
import { type FillValue, fillValueJson } from "./fill-value.ts";
import { keyIn } from "./node-path.ts";

const checksum: Attributes = { name: "crc32c" };
const littleEndian: Attributes = { name: "bytes", configuration: { endian: "little" } };

/** Version 3: from elements to the bytes of one chunk. */
function chunkCodecs({ dtype, compression, checksum: hasChecksum }: ArraySpec): readonly Attributes[] {
  const elementBytes = isNumberDType(dtype) ? dtypeBytes(dtype) : 1;
  const bytes: Attributes =
    dtype === "string" ? { name: "vlen-utf8" } : elementBytes === 1 ? { name: "bytes" } : littleEndian;
  return [bytes, ...codecsOf(compression, elementBytes), ...(hasChecksum === true ? [checksum] : [])];
}

function codecs(spec: ArraySpec): readonly Attributes[] {
  if (spec.shardShape === undefined) return chunkCodecs(spec);
  const configuration = {
    chunk_shape: spec.chunkShape,
    codecs: chunkCodecs(spec),
    index_codecs: [littleEndian, checksum],
    index_location: "end",
  };
  return [{ name: "sharding_indexed", configuration }];
}

/** The metadata of one array, in the order in which it is put: the array is there with the last one. */
export function arrayDocuments(
  format: ZarrFormat,
  spec: ArraySpec,
  fillValue: FillValue,
): readonly NodeDocument[] {
  const { path, shape, dimensions } = spec;
  const room = spec.maxBytes === undefined ? {} : { [maxBytesKey]: spec.maxBytes };
  const attributes: Attributes = { ...spec.attributes, ...room, [dimensionsKey]: dimensions };
  const separator = spec.separator ?? (format === 3 ? "/" : ".");
  if (format === 2) {
    const value: Attributes = {
      zarr_format: 2,
      shape,
      chunks: spec.chunkShape,
      dtype: spellingOf(spec.dtype),
      compressor: compressorOf(spec.compression),
      fill_value: fillValueJson(fillValue),
      order: "C",
      filters: spec.dtype === "string" ? [{ id: "vlen-utf8" }] : null,
      dimension_separator: separator,
    };
    return [
      { key: keyIn(path, ".zattrs"), value: attributes },
      { key: keyIn(path, ".zarray"), value },
    ];
  }
  const value: Attributes = {
    zarr_format: 3,
    node_type: "array",
    shape,
    data_type: spec.dtype,
    chunk_grid: { name: "regular", configuration: { chunk_shape: spec.shardShape ?? spec.chunkShape } },
    chunk_key_encoding: { name: "default", configuration: { separator } },
    fill_value: fillValueJson(fillValue),
    codecs: codecs(spec),
    attributes,
    dimension_names: dimensions,
  };
  return [{ key: keyIn(path, "zarr.json"), value }];
}
