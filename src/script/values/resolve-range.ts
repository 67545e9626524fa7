import type { Integer } from "./integer.ts";
import type { Range } from "./range.ts";

export type Span = { readonly from: number; readonly count: number };

/** A start that counts from the end when negative, and a count, cut to what is there. */
export function resolveSpan(start: Integer, count: Integer, length: number): Span {
  const from = start < 0 ? Math.max(0, length + Number(start)) : Math.min(Number(start), length);
  return { from, count: Math.max(0, Math.min(Number(count), length - from)) };
}

/** The part of `length` items that a range means, cut to what is there; negative ends count from the last. */
export function resolveRange(range: Range, length: number): Span {
  const place = (end: Integer, more: number): number =>
    Math.min(Math.max(0, (end < 0 ? length : 0) + Number(end) + more), length);
  const from = place(range.from, 0);
  return { from, count: Math.max(0, place(range.to, range.inclusive ? 1 : 0) - from) };
}
