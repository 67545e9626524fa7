import { type DType, isDType } from "../../../model/dtype.ts";
import type { ArraySpec } from "./array-spec.ts";
import { type Attributes, dimensionsKey, maxBytesKey } from "./attributes.ts";
import { parseCompressor } from "./codec-documents.ts";
import type { ZarrCompression } from "./compression.ts";
import { dtypeOfSpelling } from "./data-type.ts";
import { documentError, extentsOf, type Fields, fieldsOf, isFields } from "./document-fields.ts";
import { parseFillValue } from "./fill-value.ts";
import { ZarrArray } from "./zarr-array.ts";

/** Names from the document, or "dim_0" and so on, as xarray calls dimensions without one. */
function dimensionsOf(names: unknown, rank: number): readonly string[] {
  const list = Array.isArray(names) && names.length === rank ? names : [];
  const found = Array.from({ length: rank }, (_unused, axis) => {
    const name: unknown = list[axis];
    return typeof name === "string" && name !== "" ? name : `dim_${axis}`;
  });
  return new Set(found).size === rank ? found : found.map((_name, axis) => `dim_${axis}`);
}

/** Without what stands in an array's spec. */
function ownAttributes(dtype: DType, attributes: Fields): Attributes {
  const { [dimensionsKey]: _names, ...rest } = attributes;
  if (dtype !== "string") return rest as Attributes;
  const { [maxBytesKey]: _room, ...others } = rest;
  return others as Attributes;
}

/** Zarr does not say how long its texts are, and nobody else's say it here. */
function roomOf(where: string, dtype: DType, attributes: Fields): { readonly maxBytes?: number } {
  if (dtype !== "string") return {};
  const room = attributes[maxBytesKey];
  if (typeof room === "number") return { maxBytes: room };
  throw documentError(where, `its texts have no attribute "${maxBytesKey}", as those of daq-storage have`);
}

function hasTextFilter(dtype: DType, filters: unknown): boolean {
  const list = Array.isArray(filters) ? filters : [];
  return dtype === "string" && list.length === 1 && isFields(list[0]) && list[0].id === "vlen-utf8";
}

/** Reads `.zarray` and the attributes beside it. Throws `DaqError("format")` for what is not known here. */
export function parseArray2(where: string, path: string, fields: Fields, attributes: Fields): ZarrArray {
  if (fields.zarr_format !== 2)
    throw documentError(
      where,
      `its zarr_format is ${JSON.stringify(fields.zarr_format)}, where 2 was expected`,
    );
  const dtype = dtypeOfSpelling(fields.dtype);
  if (dtype === undefined)
    throw documentError(where, `its dtype ${JSON.stringify(fields.dtype)} is not one of daq-storage's`);
  if (fields.order !== "C")
    throw documentError(where, `its order is ${JSON.stringify(fields.order)}, not "C"`);
  const { filters, compressor } = fields;
  const isText = hasTextFilter(dtype, filters);
  if (dtype === "string" && !isText) throw documentError(where, "its objects are not texts (vlen-utf8)");
  const hasFilters =
    filters !== null && filters !== undefined && !(Array.isArray(filters) && filters.length === 0);
  if (hasFilters && !isText) throw documentError(where, "it has filters, which are not known here");
  if (compressor !== null && !isFields(compressor))
    throw documentError(where, `its "compressor" is neither null nor an object`);
  const separator = fields.dimension_separator ?? ".";
  if (separator !== "." && separator !== "/")
    throw documentError(where, `its dimension_separator is ${JSON.stringify(separator)}`);
  const shape = extentsOf(where, fields, "shape");
  const spec: ArraySpec = {
    path,
    dtype,
    ...roomOf(where, dtype, attributes),
    shape,
    chunkShape: extentsOf(where, fields, "chunks"),
    dimensions: dimensionsOf(attributes[dimensionsKey], shape.length),
    fillValue: parseFillValue(where, dtype, fields.fill_value ?? null),
    compression: compressor === null ? { codec: "none" } : parseCompressor(where, compressor.id, compressor),
    separator,
    attributes: ownAttributes(dtype, attributes),
  };
  return new ZarrArray(2, spec);
}

type ChunkCodecs = { readonly compression: ZarrCompression; readonly checksum: boolean };

function codecList(where: string, value: unknown): readonly Fields[] {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isFields))
    throw documentError(where, "its codecs are not a list of objects");
  return value;
}

function settingsOf(codec: Fields): Fields {
  return isFields(codec.configuration) ? codec.configuration : {};
}

function parseChunkCodecs(where: string, dtype: DType, codecs: readonly Fields[]): ChunkCodecs {
  const [bytes, ...others] = codecs;
  const endian = bytes === undefined ? undefined : settingsOf(bytes).endian;
  if (dtype === "string" && bytes?.name !== "vlen-utf8")
    throw documentError(where, `its first codec is ${JSON.stringify(bytes)}, not vlen-utf8, as texts have`);
  if (dtype !== "string" && (bytes?.name !== "bytes" || (endian !== undefined && endian !== "little")))
    throw documentError(where, `its first codec is ${JSON.stringify(bytes)}, not little-endian bytes`);
  const checksum = others.at(-1)?.name === "crc32c";
  const compressors = checksum ? others.slice(0, -1) : others;
  if (compressors.length > 1)
    throw documentError(
      where,
      `it has ${compressors.length} codecs behind the bytes (${compressors.map(({ name }) => name).join(", ")}), and one is possible here`,
    );
  const [compressor] = compressors;
  return {
    compression:
      compressor === undefined
        ? { codec: "none" }
        : parseCompressor(where, compressor.name, settingsOf(compressor)),
    checksum,
  };
}

/** The codecs within a shard, and that its index is where and how it is written here. */
function parseShard(
  where: string,
  dtype: DType,
  settings: Fields,
): ChunkCodecs & Pick<ArraySpec, "chunkShape"> {
  const index = codecList(where, settings.index_codecs).map(({ name }) => name);
  if (index.join() !== "bytes,crc32c" || (settings.index_location ?? "end") !== "end")
    throw documentError(where, "the index of its shards is not at the end, of bytes and crc32c");
  return {
    ...parseChunkCodecs(where, dtype, codecList(where, settings.codecs)),
    chunkShape: extentsOf(where, settings, "chunk_shape"),
  };
}

function separatorOf(where: string, fields: Fields): "/" | "." {
  const encoding = fieldsOf(where, fields, "chunk_key_encoding");
  const separator = settingsOf(encoding).separator ?? "/";
  if (encoding.name === "default" && (separator === "/" || separator === ".")) return separator;
  throw documentError(where, `its chunk_key_encoding is ${JSON.stringify(encoding)}`);
}

const knownFields: ReadonlySet<string> = new Set([
  "zarr_format",
  "node_type",
  "shape",
  "data_type",
  "chunk_grid",
  "chunk_key_encoding",
  "fill_value",
  "codecs",
  "attributes",
  "dimension_names",
  "storage_transformers",
  "consolidated_metadata",
]);

/** The format has an extension say by itself that a reader may go on without knowing it. */
function checkExtensions(where: string, fields: Fields): void {
  for (const [name, value] of Object.entries(fields))
    if (!knownFields.has(name) && !(isFields(value) && value.must_understand === false))
      throw documentError(where, `it has "${name}", which is not known here`);
}

/** Reads an array's `zarr.json`. Throws `DaqError("format")` for what is not known here. */
export function parseArray3(where: string, path: string, fields: Fields): ZarrArray {
  checkExtensions(where, fields);
  const dtype = fields.data_type;
  if (!isDType(dtype))
    throw documentError(where, `its data_type ${JSON.stringify(dtype)} is not one of daq-storage's`);
  const grid = fieldsOf(where, fields, "chunk_grid");
  if (grid.name !== "regular") throw documentError(where, `its chunk_grid is ${JSON.stringify(grid.name)}`);
  if (Array.isArray(fields.storage_transformers) && fields.storage_transformers.length > 0)
    throw documentError(where, "it has storage_transformers, which are not known here");
  const objectShape = extentsOf(where, fieldsOf(where, grid, "configuration"), "chunk_shape");
  const shape = extentsOf(where, fields, "shape");
  const codecs = codecList(where, fields.codecs);
  const attributes = isFields(fields.attributes) ? fields.attributes : {};
  const common = {
    path,
    dtype,
    ...roomOf(where, dtype, attributes),
    shape,
    dimensions: dimensionsOf(fields.dimension_names ?? attributes[dimensionsKey], shape.length),
    fillValue: parseFillValue(where, dtype, fields.fill_value),
    separator: separatorOf(where, fields),
    attributes: ownAttributes(dtype, attributes),
  };
  if (codecs[0]?.name !== "sharding_indexed")
    return new ZarrArray(3, {
      ...common,
      chunkShape: objectShape,
      ...parseChunkCodecs(where, dtype, codecs),
    });
  if (codecs.length > 1)
    throw documentError(where, "it has codecs behind its shards, which are not known here");
  const shard = parseShard(where, dtype, settingsOf(codecs[0]));
  return new ZarrArray(3, { ...common, shardShape: objectShape, ...shard });
}
