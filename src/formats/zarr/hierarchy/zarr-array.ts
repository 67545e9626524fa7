import type { EncodeStep } from "../../../bytes/compress/codec.ts";
import { vlenUtf8 } from "../../../bytes/compress/vlen-utf8.ts";
import { dtypeBytes, dtypes, isDType, isNumberDType } from "../../../model/dtype.ts";
import { DaqError } from "../../../model/errors.ts";
import { mostTextBytes } from "../../../model/text-values.ts";
import { arrayDocuments } from "./array-documents.ts";
import type { ArraySpec, ZarrFormat } from "./array-spec.ts";
import type { Attributes, NodeDocument } from "./attributes.ts";
import { checkCompression, encodeStepsOf } from "./compression.ts";
import { isFloat } from "./data-type.ts";
import { checkFillValue, type FillValue } from "./fill-value.ts";
import { countOf, partsOf } from "./grid.ts";
import { checkNodePath, keyIn } from "./node-path.ts";
import { shownValue } from "./shown-value.ts";

const mostDimensions = 32;
/** What a Blosc chunk can hold. */
const largestChunkBytes = 2 ** 31 - 1 - 16;
/** The index of a shard is in memory, with 16 bytes for each. */
const mostChunksPerShard = 2 ** 20;

function refuse(path: string, problem: string, hint: string): DaqError {
  return new DaqError("format", `Zarr array "${path}": ${problem}.`, { hint });
}

function checkExtents(path: string, name: string, extents: readonly number[], least: number): void {
  if (!Array.isArray(extents) || extents.some((n) => !Number.isSafeInteger(n) || n < least))
    throw refuse(
      path,
      `its ${name} is ${shownValue(extents)}`,
      `Give a list of whole numbers from ${least} on, one for each dimension.`,
    );
}

function checkShapes({ path, shape, chunkShape, shardShape, dimensions }: ArraySpec): void {
  checkExtents(path, "shape", shape, 0);
  checkExtents(path, "chunk shape", chunkShape, 1);
  if (shardShape !== undefined) checkExtents(path, "shard shape", shardShape, 1);
  const rank = shape.length;
  if (rank > mostDimensions)
    throw refuse(path, `it has ${rank} dimensions`, `At most ${mostDimensions} are possible.`);
  for (const [name, list] of [
    ["chunk shape", chunkShape],
    ["shard shape", shardShape ?? shape],
    ["list of dimension names", dimensions],
  ] as const)
    if (list.length !== rank)
      throw refuse(
        path,
        `its ${name} has ${list.length} entries, its shape ${rank}`,
        "Give one for each dimension.",
      );
  if (!Number.isSafeInteger(countOf(shape)))
    throw refuse(path, "it has more than 2^53 elements", "Choose a smaller shape.");
  shardShape?.forEach((extent, axis) => {
    if (extent % chunkShape[axis]! === 0) return;
    throw refuse(
      path,
      `its shards of ${shardShape.join(" × ")} are not whole chunks of ${chunkShape.join(" × ")}`,
      "Make each extent of a shard a multiple of the chunk's.",
    );
  });
}

function checkDimensions({ path, dimensions }: ArraySpec): void {
  const isRight = (name: unknown, axis: number) =>
    typeof name === "string" && name !== "" && dimensions.indexOf(name) === axis;
  if (dimensions.every(isRight)) return;
  throw refuse(
    path,
    `its dimensions are called ${shownValue(dimensions)}`,
    "Give each dimension a name of its own.",
  );
}

/** One array of a hierarchy: where its chunks are and how they are encoded. Immutable; no I/O. */
export class ZarrArray {
  readonly format: ZarrFormat;
  readonly spec: ArraySpec;
  readonly elementBytes: number;
  /** Decoded; the same for all chunks, also those at the edges. */
  readonly chunkBytes: number;
  /** Before it is compressed, at most: a text has its length before it. */
  readonly storedChunkBytes: number;
  /** What makes a chunk's stored bytes of it. */
  readonly steps: readonly EncodeStep[];
  readonly fillValue: FillValue;
  /** Chunks in each dimension. */
  readonly chunkCounts: readonly number[];
  /** What one object of the store covers: a chunk, or a shard. */
  readonly objectShape: readonly number[];
  readonly objectCounts: readonly number[];
  readonly chunksPerObjectShape: readonly number[];
  readonly chunksPerObject: number;

  /** Throws `DaqError` for what cannot be. */
  constructor(format: ZarrFormat, spec: ArraySpec) {
    const { path, dtype, maxBytes, shape, chunkShape, shardShape } = spec;
    checkNodePath(path);
    if (format !== 2 && format !== 3)
      throw refuse(path, `Zarr has no version ${String(format)} here`, "Choose 3 or 2.");
    if (!isDType(dtype))
      throw refuse(
        path,
        `there is no dtype ${shownValue(dtype)}`,
        `Choose one of these: ${dtypes.join(", ")}.`,
      );
    checkShapes(spec);
    checkDimensions(spec);
    checkCompression(`Zarr array "${path}"`, spec.compression);
    if (format === 2 && (shardShape !== undefined || spec.checksum === true))
      throw refuse(
        path,
        "version 2 has neither shards nor checksums",
        "Choose version 3, or leave them out.",
      );
    this.format = format;
    this.spec = spec;
    if (dtype === "string" && !(Number.isInteger(maxBytes) && maxBytes! >= 1 && maxBytes! <= mostTextBytes))
      throw refuse(
        path,
        `it does not say how many bytes its texts have at most (${shownValue(maxBytes)})`,
        `Give 1 to ${mostTextBytes} as maxBytes.`,
      );
    this.elementBytes = isNumberDType(dtype) ? dtypeBytes(dtype) : (maxBytes ?? 1);
    this.chunkBytes = countOf(chunkShape) * this.elementBytes;
    if (this.chunkBytes > largestChunkBytes)
      throw refuse(
        path,
        `a chunk of it has ${this.chunkBytes} bytes`,
        `At most ${largestChunkBytes} are possible.`,
      );
    this.fillValue = spec.fillValue === undefined ? defaultFillValue(format, spec) : spec.fillValue;
    if (format === 3 && this.fillValue === null)
      throw refuse(path, "version 3 has no fill value null", "Give a value.");
    checkFillValue(`Zarr array "${path}"`, dtype, this.fillValue);
    const isText = dtype === "string";
    const steps = encodeStepsOf(spec.compression, isText ? 1 : this.elementBytes, spec.checksum === true);
    const pack = { codec: "vlen-utf8", cellBytes: this.elementBytes } as const;
    this.steps = isText ? [pack, ...steps] : steps;
    this.storedChunkBytes = isText ? vlenUtf8.maxEncodedBytes(pack, this.chunkBytes) : this.chunkBytes;
    this.chunkCounts = partsOf(shape, chunkShape);
    this.objectShape = shardShape ?? chunkShape;
    this.objectCounts = partsOf(shape, this.objectShape);
    this.chunksPerObjectShape = partsOf(this.objectShape, chunkShape);
    this.chunksPerObject = countOf(this.chunksPerObjectShape);
    if (this.chunksPerObject > mostChunksPerShard)
      throw refuse(
        path,
        `a shard of it has ${this.chunksPerObject} chunks`,
        `At most ${mostChunksPerShard} are possible: choose smaller shards or larger chunks.`,
      );
  }

  get path(): string {
    return this.spec.path;
  }

  get isSharded(): boolean {
    return this.spec.shardShape !== undefined;
  }

  get separator(): "/" | "." {
    return this.spec.separator ?? (this.format === 3 ? "/" : ".");
  }

  /** The key of the object (chunk or shard) at this place of the grid of objects. */
  key(objectIndices: readonly number[]): string {
    const { separator } = this;
    if (this.format === 3) return keyIn(this.path, ["c", ...objectIndices].join(separator));
    return keyIn(this.path, objectIndices.length === 0 ? "0" : objectIndices.join(separator));
  }

  /** The place that a key of this array's objects is for; undefined for a key of anything else. */
  placeOfKey(key: string): readonly number[] | undefined {
    const start = keyIn(this.path, "");
    if (!key.startsWith(start)) return undefined;
    const names = key.slice(start.length).split(this.separator);
    if (this.format === 3 && names.shift() !== "c") return undefined;
    if (this.format === 2 && this.spec.shape.length === 0) return names.join() === "0" ? [] : undefined;
    if (names.length !== this.spec.shape.length || !names.every((name) => /^(0|[1-9]\d{0,15})$/.test(name)))
      return undefined;
    const place = names.map(Number);
    return place.every((index, axis) => index < this.objectCounts[axis]!) ? place : undefined;
  }

  withShape(shape: readonly number[]): ZarrArray {
    return new ZarrArray(this.format, { ...this.spec, shape });
  }

  withAttributes(attributes: Attributes): ZarrArray {
    return new ZarrArray(this.format, { ...this.spec, attributes });
  }

  withFillValue(fillValue: FillValue): ZarrArray {
    return new ZarrArray(this.format, { ...this.spec, fillValue });
  }

  /** What is to be put for it to be there, in this order. */
  documents(): readonly NodeDocument[] {
    return arrayDocuments(this.format, this.spec, this.fillValue);
  }
}

function defaultFillValue(format: ZarrFormat, { dtype }: ArraySpec): FillValue {
  // xarray takes version 2's fill value for a mask, and would show what equals it as missing.
  if (format === 2) return null;
  if (dtype === "string") return "";
  if (dtype === "bool") return false;
  return isFloat(dtype) ? Number.NaN : 0;
}
