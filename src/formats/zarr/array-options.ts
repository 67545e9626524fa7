import { isNumberDType, type NumberDType, numberDTypes, type TypedArray } from "../../model/dtype.ts";
import { DaqError } from "../../model/errors.ts";
import { checkAttributes } from "./check-attributes.ts";
import { checkOption, checkOptions } from "./check-options.ts";
import type { ArraySpec } from "./hierarchy/array-spec.ts";
import type { Attributes } from "./hierarchy/attributes.ts";
import type { ZarrCompression } from "./hierarchy/compression.ts";
import type { FillValue } from "./hierarchy/fill-value.ts";
import { checkNodePath } from "./hierarchy/node-path.ts";
import { shownValue } from "./hierarchy/shown-value.ts";

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
  readonly dtype: NumberDType;
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
  if (typeof choice === "object" && choice !== null) return choice;
  if (typeof choice === "string" && Object.hasOwn(named, choice)) return named[choice];
  throw new DaqError("format", `Zarr array "${name}": there is no compression ${shownValue(choice)}.`, {
    hint: `Choose from: ${Object.keys(named).join(", ")}; or give a codec with its settings.`,
  });
}

const optionNames = [
  "name",
  "shape",
  "chunks",
  "shards",
  "dimensions",
  "dtype",
  "unit",
  "fillValue",
  "compression",
  "checksum",
  "separator",
  "attributes",
];

/** Throws `DaqError` for options that say nothing; what an array cannot be is found where it is made. */
export function arraySpecOf(options: ArrayOptions): ArraySpec {
  checkOptions("createArray", options, optionNames);
  const {
    name,
    unit,
    attributes = {},
    shards,
    fillValue,
    checksum,
    separator,
    compression = "blosc",
  } = options;
  checkNodePath(name);
  if (!isNumberDType(options.dtype))
    throw new DaqError("format", `Zarr array "${name}": there is no dtype ${shownValue(options.dtype)}.`, {
      hint: `Choose one of these: ${numberDTypes.join(", ")}.`,
    });
  const check = (option: string, value: unknown, isRight: boolean, expected: string) =>
    checkOption(`Zarr array "${name}"`, option, value, isRight, expected);
  for (const option of ["shape", "chunks", "dimensions"] as const)
    check(option, options[option], Array.isArray(options[option]), "a list, with one for each dimension");
  check("shards", shards, shards === undefined || Array.isArray(shards), "a list, or leave it out");
  check("unit", unit, unit === undefined || typeof unit === "string", 'text, such as "nm"');
  check("checksum", checksum, checksum === undefined || typeof checksum === "boolean", "true or false");
  check("separator", separator, [undefined, "/", "."].includes(separator), '"/" or "."');
  checkAttributes(name, attributes);
  check(
    "unit",
    unit,
    unit === undefined || !Object.hasOwn(attributes, "units") || attributes.units === unit,
    `the unit once: the attribute "units" is ${shownValue(attributes.units)}`,
  );
  return {
    path: name,
    dtype: options.dtype,
    shape: [...options.shape],
    chunkShape: [...options.chunks],
    ...(shards === undefined ? {} : { shardShape: [...shards] }),
    dimensions: [...options.dimensions],
    ...(fillValue === undefined ? {} : { fillValue }),
    compression: compressionOf(name, compression),
    ...(checksum === undefined ? {} : { checksum }),
    ...(separator === undefined ? {} : { separator }),
    attributes: { ...(unit === undefined ? {} : { units: unit }), ...attributes },
  };
}
