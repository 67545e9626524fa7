/** Where a box of elements lies in a row-major block of bytes. */
export type BlockPlace = {
  readonly bytes: Uint8Array;
  /** Elements of the whole block. */
  readonly shape: readonly number[];
  /** Where in it the box begins. */
  readonly offsets: readonly number[];
};

/** Copies a box of elements from one block to another; rows that follow one another in both are copied at once. */
export function copyRegion(
  from: BlockPlace,
  to: BlockPlace,
  box: readonly number[],
  elementBytes: number,
): void {
  const rank = box.length;
  if (box.includes(0)) return;
  // Trailing dimensions that are whole in both are one run of bytes.
  let inner = rank;
  let runElements = 1;
  while (inner > 0) {
    inner--;
    runElements *= box[inner]!;
    if (box[inner] !== from.shape[inner] || box[inner] !== to.shape[inner]) break;
  }
  const strides = (shape: readonly number[]): number[] => {
    const result = new Array<number>(rank);
    let stride = elementBytes;
    for (let axis = rank - 1; axis >= 0; axis--) {
      result[axis] = stride;
      stride *= shape[axis]!;
    }
    return result;
  };
  const fromStrides = strides(from.shape);
  const toStrides = strides(to.shape);
  let source = from.offsets.reduce((at, offset, axis) => at + offset * fromStrides[axis]!, 0);
  let target = to.offsets.reduce((at, offset, axis) => at + offset * toStrides[axis]!, 0);
  const runBytes = runElements * elementBytes;
  const counters = new Array<number>(inner).fill(0);
  for (;;) {
    to.bytes.set(from.bytes.subarray(source, source + runBytes), target);
    let axis = inner - 1;
    for (; axis >= 0; axis--) {
      source += fromStrides[axis]!;
      target += toStrides[axis]!;
      if (++counters[axis]! < box[axis]!) break;
      source -= box[axis]! * fromStrides[axis]!;
      target -= box[axis]! * toStrides[axis]!;
      counters[axis] = 0;
    }
    if (axis < 0) return;
  }
}
