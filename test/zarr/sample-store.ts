import { createHash } from "node:crypto";
import { type ArrayOptions, type ZarrFormat, ZarrWriter } from "../../src/formats/zarr/index.ts";
import {
  dtypeBytes,
  type NumberDType,
  numberDTypes,
  type TypedArray,
  typedView,
} from "../../src/model/dtype.ts";
import { Random } from "../ring/random.ts";

/** What a reader must see of one array. */
export type ExpectedArray = {
  readonly dtype: NumberDType;
  readonly shape: readonly number[];
  readonly dimensions: readonly string[];
  /** Of the little-endian values in row-major order. */
  readonly sha256: string;
  /** As text; null where there is none. */
  readonly fill: string | null;
  readonly isSharded: boolean;
};

const compressions: Readonly<Record<string, NonNullable<ArrayOptions["compression"]>>> = {
  none: "none",
  gzip: "gzip",
  zstd: "zstd",
  blosc_lz4_bit: { codec: "blosc", inner: "lz4", level: 5, shuffle: "bit" },
  blosc_lz4: { codec: "blosc", inner: "lz4", level: 9, shuffle: "none" },
  blosc_zstd_byte: { codec: "blosc", inner: "zstd", level: 1, shuffle: "byte" },
  blosc_zlib_byte: { codec: "blosc", inner: "zlib", level: 5, shuffle: "byte" },
};

/** Neither chunks nor shards fit: every axis has an edge. */
const shape = [5, 33, 50];
const chunks = [2, 16, 25];
const shards = [4, 32, 25];
const dimensions = ["wavelength", "y", "x"];

/** Slow changes and noise, and the extremes of the dtype. */
function sampleValues(dtype: NumberDType, count: number): TypedArray {
  const random = new Random(count + dtype.length);
  const bytes = new Uint8Array(count * dtypeBytes(dtype));
  const values = typedView(dtype, bytes);
  if (values instanceof BigInt64Array || values instanceof BigUint64Array)
    for (let at = 0; at < count; at++) values[at] = BigInt(at) * 3n;
  else for (let at = 0; at < count; at++) values[at] = Math.floor(at / 7) + random.integer(0, 3);
  bytes.fill(0xff, 0, dtypeBytes(dtype) * 2);
  if (dtype === "float32" || dtype === "float64") {
    const floats = values as Float64Array;
    [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 5e-324, 1e300].forEach(
      (value, at) => {
        floats[at] = value;
      },
    );
  } else bytes[dtypeBytes(dtype) * 5 - 1] = 0x80;
  return values;
}

export function sha256(values: TypedArray): string {
  return createHash("sha256")
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest("hex");
}

/** Fills one array but for its last chunk, and returns what it then holds. */
async function fillArray(
  writer: ZarrWriter,
  name: string,
  dtype: NumberDType,
  fill: number,
): Promise<TypedArray> {
  const [depth, height, width] = shape as [number, number, number];
  const values = sampleValues(dtype, depth * height * width);
  const [lastDepth, lastHeight, lastWidth] = [4, 32, 25];
  const floor = lastDepth * height * width;
  await writer.writeRegion(name, [0, 0, 0], [lastDepth, height, width], values.subarray(0, floor));
  for (const [offsets, box] of [
    [
      [lastDepth, 0, 0],
      [1, lastHeight, width],
    ],
    [
      [lastDepth, lastHeight, 0],
      [1, 1, lastWidth],
    ],
  ] as const) {
    const from = (offsets[0] * height + offsets[1]) * width + offsets[2];
    await writer.writeRegion(name, offsets, box, values.subarray(from, from + box[1] * box[2]));
  }
  const missing = values.subarray(values.length - (width - lastWidth));
  if (missing instanceof BigInt64Array || missing instanceof BigUint64Array) missing.fill(BigInt(fill));
  else missing.fill(fill);
  return values;
}

export const sampleAttributes = { sample: "GaAs – 5 µm" };

/** Every dtype with every codec, in chunks and (in version 3) in shards; the last chunk of each is not written. */
export async function writeSampleStore(
  place: string,
  zarrFormat: ZarrFormat,
  some: { readonly dtypes?: readonly NumberDType[]; readonly codecs?: readonly string[] } = {},
): Promise<ReadonlyMap<string, ExpectedArray>> {
  const expected = new Map<string, ExpectedArray>();
  const writer = await ZarrWriter.create(place, { zarrFormat, attributes: sampleAttributes });
  for (const dtype of some.dtypes ?? numberDTypes)
    for (const [codec, compression] of Object.entries(compressions).filter(
      ([name]) => some.codecs?.includes(name) ?? true,
    ))
      for (const isSharded of zarrFormat === 3 ? [false, true] : [false]) {
        const name = `${dtype}/${codec}${isSharded ? "_sharded" : ""}`;
        // Half of them with checksums, and in version 2 half of them with nested keys.
        const odd = expected.size % 2 === 1;
        const more =
          zarrFormat === 3 ? { checksum: odd } : { separator: odd ? ("/" as const) : ("." as const) };
        await writer.createArray({
          name,
          shape,
          chunks,
          ...(isSharded ? { shards } : {}),
          dimensions,
          dtype,
          compression,
          fillValue: 42,
          unit: "µV",
          ...more,
        });
        const values = await fillArray(writer, name, dtype, 42);
        const fill = dtype.startsWith("float") ? "42.0" : "42";
        expected.set(name, { dtype, shape, dimensions, sha256: sha256(values), fill, isSharded });
      }
  await writer.close();
  return expected;
}
