import { numberDType, typedView } from "../../model/dtype.ts";
import type { Column } from "../../model/stream-schema.ts";
import type { FrameStatistics } from "./frame.ts";

/** In physical values, where the column says what they are; pixels that are no number are left out. */
export function statisticsOf({ dtype, scale = 1, offset = 0 }: Column, frame: Uint8Array): FrameStatistics {
  const pixels = typedView(numberDType(dtype), frame);
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let counted = 0;
  for (let index = 0; index < pixels.length; index++) {
    const pixel = Number(pixels[index]);
    if (Number.isNaN(pixel)) continue;
    if (pixel < min) min = pixel;
    if (pixel > max) max = pixel;
    sum += pixel;
    counted++;
  }
  if (counted === 0) return { min: Number.NaN, max: Number.NaN, mean: Number.NaN, sum: 0 };
  const ends = [min * scale + offset, max * scale + offset];
  return {
    min: Math.min(...ends),
    max: Math.max(...ends),
    mean: (sum / counted) * scale + offset,
    sum: sum * scale + counted * offset,
  };
}
