import type { DType, TypedArray } from "../../model/dtype.ts";
import { DaqError } from "../../model/errors.ts";
import type { ArraySpec } from "./hierarchy/array-spec.ts";
import { type Attributes, dimensionsKey } from "./hierarchy/attributes.ts";
import type { ZarrCompression } from "./hierarchy/compression.ts";
import type { FillValue } from "./hierarchy/fill-value.ts";
import { ledgerKey } from "./hierarchy/missing-chunks.ts";

/** "gzip" is level 5, "zstd" level 1, and "blosc" zstd level 1 behind a byte shuffle. */
export type CompressionName = "none" | "gzip" | "zstd" | "blosc";

/** What an array of `ZarrWriter` is. Shapes are in elements, slowest dimension first. */
export type ArrayOptions = {
  /** May be in groups: "camera/frames". */
  readonly name: string;
  readonly shape: readonly number[];
  readonly chunks: readonly number[];
  /** Version 3: chunks that are in one object; whole multiples of `chunks`. */
  readonly shards?: readonly number[];
  /** A name for each dimension: what xarray shows. */
  readonly dimensions: readonly string[];
  readonly dtype: DType;
  /** In the attribute `units`. */
  readonly unit?: string;
  /** What was never written reads as. Default: NaN for floats, 0 for integers. */
  readonly fillValue?: Exclude<FillValue, null>;
  /** Default "blosc". */
  readonly compression?: CompressionName | ZarrCompression;
  /** Version 3: a CRC-32C behind each chunk. */
  readonly checksum?: boolean;
  /** Version 2: between the numbers of a chunk's key; default ".". */
  readonly separator?: "/" | ".";
  readonly attributes?: Attributes;
};

/** A 1-D array that says where the places along a dimension are. */
export type CoordinateOptions = {
  /** That of the dimension, for xarray to use it as its index. */
  readonly name: string;
  readonly values: TypedArray;
  /** Default: the last name of `name`. */
  readonly dimension?: string;
  readonly unit?: string;
  readonly attributes?: Attributes;
};

const named: Readonly<Record<CompressionName, ZarrCompression>> = {
  none: { codec: "none" },
  gzip: { codec: "gzip", level: 5 },
  zstd: { codec: "zstd", level: 1 },
  blosc: { codec: "blosc", inner: "zstd", level: 1, shuffle: "byte" },
};

function compressionOf(name: string, choice: CompressionName | ZarrCompression): ZarrCompression {
  if (typeof choice === "object") return choice;
  if (Object.hasOwn(named, choice)) return named[choice];
  throw new DaqError("format", `Zarr array "${name}": there is no compression "${choice}".`, {
    hint: `Choose from: ${Object.keys(named).join(", ")}; or give a codec with its settings.`,
  });
}

/** Attributes that the writer keeps itself. Throws `DaqError("format")`. */
export function checkAttributes(name: string, attributes: Attributes): void {
  for (const reserved of [dimensionsKey, ledgerKey])
    if (Object.hasOwn(attributes, reserved))
      throw new DaqError("format", `"${name}": the attribute "${reserved}" is the writer's own.`, {
        hint: "Choose another name for it.",
      });
}

export function arraySpecOf(options: ArrayOptions): ArraySpec {
  const { name, unit, attributes = {}, shards, fillValue, checksum, separator } = options;
  checkAttributes(name, attributes);
  return {
    path: name,
    dtype: options.dtype,
    shape: [...options.shape],
    chunkShape: [...options.chunks],
    ...(shards === undefined ? {} : { shardShape: [...shards] }),
    dimensions: [...options.dimensions],
    ...(fillValue === undefined ? {} : { fillValue }),
    compression: compressionOf(name, options.compression ?? "blosc"),
    ...(checksum === undefined ? {} : { checksum }),
    ...(separator === undefined ? {} : { separator }),
    attributes: { ...(unit === undefined ? {} : { units: unit }), ...attributes },
  };
}
