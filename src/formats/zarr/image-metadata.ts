import type { Attributes } from "./hierarchy/attributes.ts";
import type { StreamLayout } from "./stream-layout.ts";

/** Most halvings of an image. */
const mostLevels = 8;
/** An image of this size is seen as a whole. */
const smallestSide = 256;

/** How often an image is halved for a pyramid, until it is small; 0 for what is no image. */
export function levelCountOf({ stream, columns }: StreamLayout): number {
  if (stream.kind !== "array" || !isImage(columns[0]!.column.shape)) return 0;
  const [height, width] = columns[0]!.column.shape.slice(-2) as [number, number];
  let levels = 0;
  for (
    let side = Math.max(height, width);
    side > smallestSide && levels < mostLevels;
    side = Math.ceil(side / 2)
  )
    levels++;
  return levels;
}

function isImage(shape: readonly number[]): boolean {
  return shape.length === 2 || shape.length === 3;
}

/** A dimension that is none of space: colours. */
function isChannel(name: string, index: number, rank: number): boolean {
  return rank === 3 && index === 0 && /^(c|ch|channel|channels|colou?rs?)$/i.test(name);
}

/** What the specification recommends to say of the smaller images. */
function scalingOf(levels: number): Attributes {
  const type = levels > 1 ? "mean" : "none";
  const description = levels > 1 ? "each pixel is the mean of 2 x 2 of the level before" : "one size only";
  return { type, metadata: { description } };
}

/**
 * OME-NGFF 0.5's `ome` attribute for a stream of images; undefined for a stream of anything else. `paths`: the arrays from
 * full resolution down, each half the size of the one before. No size of a pixel is known, so space has no unit; time has
 * one where the frames come at a known rate.
 */
export function imageMetadata(layout: StreamLayout, paths: readonly string[]): Attributes | undefined {
  const { stream, columns, timestamps } = layout;
  const { column, dimensions } = columns[0]!;
  if (stream.kind !== "array" || !isImage(column.shape)) return undefined;
  const rank = column.shape.length;
  const { rateHz } = stream;
  const axes: Attributes[] = [
    { name: timestamps, type: "time", ...(rateHz === undefined ? {} : { unit: "second" }) },
    ...dimensions.map((name, index) => ({ name, type: isChannel(name, index, rank) ? "channel" : "space" })),
  ];
  const datasets = paths.map((path, level) => {
    const side = 2 ** level;
    const scale = [rateHz === undefined ? 1 : 1 / rateHz, ...Array(rank - 2).fill(1), side, side];
    // The middle of the first pixel moves with each halving.
    const shift = (side - 1) / 2;
    const translation = [0, ...Array(rank - 2).fill(0), shift, shift];
    return {
      path,
      coordinateTransformations: [
        { type: "scale", scale },
        ...(level === 0 ? [] : [{ type: "translation", translation }]),
      ],
    };
  });
  return {
    ome: {
      version: "0.5",
      multiscales: [{ name: stream.name, axes, datasets, ...scalingOf(paths.length) }],
    },
  };
}
