import type { DType } from "../../../model/dtype.ts";
import type { Attributes } from "./attributes.ts";
import type { ZarrCompression } from "./compression.ts";
import type { FillValue } from "./fill-value.ts";

const zarrFormats = [2, 3] as const;
export type ZarrFormat = (typeof zarrFormats)[number];

/** What an array is. Shapes have the slowest dimension first, and are in elements. */
export type ArraySpec = {
  /** Names joined by "/": "camera/frames". */
  readonly path: string;
  readonly dtype: DType;
  /** Of texts, which need it: room for one, in bytes of UTF-8. */
  readonly maxBytes?: number;
  readonly shape: readonly number[];
  readonly chunkShape: readonly number[];
  /** Version 3: chunks of one shard are in one object; whole multiples of `chunkShape`. */
  readonly shardShape?: readonly number[];
  /** A name for each dimension. */
  readonly dimensions: readonly string[];
  /** What a chunk that is not there reads as. Default: version 3 NaN for floats and 0 for integers; version 2 null. */
  readonly fillValue?: FillValue;
  readonly compression: ZarrCompression;
  /** Version 3: a checksum (CRC-32C) behind each chunk. */
  readonly checksum?: boolean;
  /** Between the numbers in a chunk's key. Default: "/" in version 3, "." in version 2. */
  readonly separator?: "/" | ".";
  /** Without the names of the dimensions, which the documents add. */
  readonly attributes?: Attributes;
};
