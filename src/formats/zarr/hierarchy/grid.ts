/** Shapes and places, slowest dimension first. A place is a list of one index per dimension. */

/** How many elements (or chunks) a shape has; 1 for no dimension. */
export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** How many parts of this shape cover the whole, in each dimension. */
export function partsOf(shape: readonly number[], part: readonly number[]): readonly number[] {
  return shape.map((extent, axis) => Math.ceil(extent / part[axis]!));
}

/** The number of a place in row-major order. */
export function numberOf(place: readonly number[], shape: readonly number[]): number {
  return place.reduce((number, index, axis) => number * shape[axis]! + index, 0);
}

/** The inverse of `numberOf`. */
export function placeOf(number: number, shape: readonly number[]): readonly number[] {
  const place = new Array<number>(shape.length);
  let rest = number;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return place;
}

/** All places from `first` on (inclusive) up to `end` (exclusive), in row-major order. */
export function* placesIn(first: readonly number[], end: readonly number[]): Generator<readonly number[]> {
  const counts = end.map((to, axis) => to - first[axis]!);
  if (counts.some((count) => count <= 0)) return;
  const total = countOf(counts);
  for (let number = 0; number < total; number++)
    yield placeOf(number, counts).map((index, axis) => index + first[axis]!);
}
