import { dtypeBytes, type NumberDType, typedView } from "../../model/dtype.ts";

/**
 * The image at half its height and width, each pixel the mean of the 2 × 2 that it stands for (at an odd edge, of those
 * that there are), rounded for integers. `shape` ends with height and width; dimensions before them stay.
 */
export function halveImage(dtype: NumberDType, image: Uint8Array, shape: readonly number[]): Uint8Array {
  const [height, width] = shape.slice(-2) as [number, number];
  const planes = shape.slice(0, -2).reduce((product, extent) => product * extent, 1);
  const [newHeight, newWidth] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  const result = new Uint8Array(planes * newHeight * newWidth * dtypeBytes(dtype));
  const from = typedView(dtype, image);
  const to = typedView(dtype, result);
  if (from instanceof BigInt64Array || from instanceof BigUint64Array)
    halveIntegers64(from, to as BigInt64Array, planes, height, width);
  else halve(from, to as typeof from, planes, height, width, dtype.startsWith("float"));
  return result;
}

export function halvedShape(shape: readonly number[]): readonly number[] {
  return shape.map((extent, index) => (index < shape.length - 2 ? extent : Math.ceil(extent / 2)));
}

type Pixels = { [index: number]: number };

function halve(
  from: Readonly<Pixels>,
  to: Pixels,
  planes: number,
  height: number,
  width: number,
  isFloat: boolean,
): void {
  let target = 0;
  for (let plane = 0; plane < planes; plane++)
    for (let y = 0; y < height; y += 2) {
      const upper = (plane * height + y) * width;
      // At an odd edge the one row, or column, counts twice: the mean is of what there is.
      const lower = y + 1 < height ? upper + width : upper;
      for (let x = 0; x < width; x += 2) {
        const right = x + 1 < width ? x + 1 : x;
        const sum = from[upper + x]! + from[upper + right]! + from[lower + x]! + from[lower + right]!;
        to[target++] = isFloat ? sum / 4 : Math.floor((sum + 2) / 4);
      }
    }
}

function halveIntegers64(
  from: BigInt64Array | BigUint64Array,
  to: BigInt64Array | BigUint64Array,
  planes: number,
  height: number,
  width: number,
): void {
  let target = 0;
  for (let plane = 0; plane < planes; plane++)
    for (let y = 0; y < height; y += 2) {
      const upper = (plane * height + y) * width;
      const lower = y + 1 < height ? upper + width : upper;
      for (let x = 0; x < width; x += 2) {
        const right = x + 1 < width ? x + 1 : x;
        const sum = from[upper + x]! + from[upper + right]! + from[lower + x]! + from[lower + right]! + 2n;
        // Towards minus infinity, as Math.floor does for the others.
        to[target++] = sum >> 2n;
      }
    }
}
