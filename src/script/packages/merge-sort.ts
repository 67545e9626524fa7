import type { Value } from "../values/value.ts";
import type { Suspension } from "./native.ts";

type Compare = (a: Value, b: Value) => Generator<Suspension, number, Value>;

/** Sorts with a comparison that can be suspended, which `Array.sort` cannot wait for. Keeps the order of equals. */
export function* mergeSort(items: Value[], compare: Compare): Generator<Suspension, Value[], Value> {
  let from = items;
  for (let width = 1; width < items.length; width *= 2) {
    const merged: Value[] = [];
    for (let start = 0; start < from.length; start += 2 * width) {
      const middle = Math.min(start + width, from.length);
      const end = Math.min(start + 2 * width, from.length);
      let left = start;
      let right = middle;
      while (left < middle && right < end) {
        const takesRight = (yield* compare(from[left]!, from[right]!)) > 0;
        merged.push(takesRight ? from[right++]! : from[left++]!);
      }
      while (left < middle) merged.push(from[left++]!);
      while (right < end) merged.push(from[right++]!);
    }
    from = merged;
  }
  return from;
}
