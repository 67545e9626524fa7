import { copyValue } from "../limits/copy-value.ts";
import { checkArrayLength } from "../limits/sizes.ts";
import { equalValues } from "../values/equal-values.ts";
import type { Integer } from "../values/integer.ts";
import type { Range } from "../values/range.ts";
import { resolveRange, resolveSpan, type Span } from "../values/resolve-range.ts";
import type { Value } from "../values/value.ts";
import { changing, plain } from "./define.ts";
import type { Native, NativeContext } from "./native.ts";

type List = Value[];

/** Where an item goes: before the one at `index`, and at the end when that is beyond it. */
function insertion(index: Integer, length: number): number {
  return resolveSpan(index, 0, length).from;
}

function append(list: List, items: readonly Value[], { limits, meter }: NativeContext): null {
  checkArrayLength(list.length + items.length, limits);
  meter.count(items.length);
  for (const item of items.slice()) list.push(item);
  return null;
}

function keep(list: List, { from, count }: Span): List {
  const removed = [...list.slice(0, from), ...list.slice(from + count)];
  const kept = list.slice(from, from + count);
  list.length = 0;
  for (const item of kept) list.push(item);
  return removed;
}

function replaceSpan(
  list: List,
  { from, count }: Span,
  items: readonly Value[],
  context: NativeContext,
): null {
  checkArrayLength(list.length - count + items.length, context.limits);
  const rest = list.slice(from + count);
  list.length = from;
  append(list, items, context);
  append(list, rest, context);
  return null;
}

const reading: readonly Native[] = [
  plain<[List]>("len", ["array"], ([list]) => list.length),
  plain<[List]>("is_empty", ["array"], ([list]) => list.length === 0),
  plain<[List, Integer]>("get", ["array", "int"], ([list, index], { meter }) =>
    copyValue(list.at(Number(index)) ?? null, meter),
  ),
  plain<[List, Value]>("contains", ["array", "any"], ([list, wanted], { meter }) => {
    meter.count(list.length);
    return list.some((item) => equalValues(item, wanted));
  }),
  plain<[List, Value]>("index_of", ["array", "any"], ([list, wanted], { meter }) => {
    meter.count(list.length);
    return list.findIndex((item) => equalValues(item, wanted));
  }),
  plain<[List, Value, Integer]>("index_of", ["array", "any", "int"], ([list, wanted, start], { meter }) => {
    meter.count(list.length);
    const { from } = resolveSpan(start, 0, list.length);
    return list.findIndex((item, index) => index >= from && equalValues(item, wanted));
  }),
  plain<[List, Integer]>("extract", ["array", "int"], ([list, start], { meter }) => {
    const { from } = resolveSpan(start, 0, list.length);
    return copyValue(list.slice(from), meter);
  }),
  plain<[List, Integer, Integer]>("extract", ["array", "int", "int"], ([list, start, wanted], { meter }) => {
    const { from, count } = resolveSpan(start, wanted, list.length);
    return copyValue(list.slice(from, from + count), meter);
  }),
  plain<[List, Range]>("extract", ["array", "range"], ([list, range], { meter }) => {
    const { from, count } = resolveRange(range, list.length);
    return copyValue(list.slice(from, from + count), meter);
  }),
];

const growing: readonly Native[] = [
  changing<[List, Value]>("push", ["array", "any"], ([list, item]) => {
    list.push(item);
    return null;
  }),
  changing<[List, List]>("append", ["array", "array"], ([list, items], context) =>
    append(list, items, context),
  ),
  changing<[List, Integer, Value]>("insert", ["array", "int", "any"], ([list, index, item], { meter }) => {
    meter.count(list.length >> 3);
    list.splice(insertion(index, list.length), 0, item);
    return null;
  }),
  changing<[List, Integer, Value]>(
    "pad",
    ["array", "int", "any"],
    ([list, length, item], { limits, meter }) => {
      checkArrayLength(Number(length), limits);
      while (list.length < length) {
        meter.count(1);
        list.push(copyValue(item, meter));
      }
      return null;
    },
  ),
  changing<[List, Integer, Value]>("set", ["array", "int", "any"], ([list, index, item]) => {
    const at = index < 0 ? list.length + Number(index) : Number(index);
    if (at >= 0 && at < list.length) list[at] = item;
    return null;
  }),
];

const shrinking: readonly Native[] = [
  changing<[List]>("pop", ["array"], ([list]) => list.pop() ?? null),
  changing<[List]>("shift", ["array"], ([list], { meter }) => {
    meter.count(list.length >> 3);
    return list.shift() ?? null;
  }),
  changing<[List, Integer]>("remove", ["array", "int"], ([list, index], { meter }) => {
    meter.count(list.length >> 3);
    const at = index < 0 ? list.length + Number(index) : Number(index);
    return at >= 0 && at < list.length ? list.splice(at, 1)[0]! : null;
  }),
  changing<[List]>("clear", ["array"], ([list]) => {
    list.length = 0;
    return null;
  }),
  changing<[List, Integer]>("truncate", ["array", "int"], ([list, length]) => {
    list.length = Math.min(list.length, Math.max(0, Number(length)));
    return null;
  }),
  changing<[List, Integer]>("chop", ["array", "int"], ([list, length]) => {
    list.splice(0, list.length - Math.min(list.length, Math.max(0, Number(length))));
    return null;
  }),
  changing<[List]>("reverse", ["array"], ([list], { meter }) => {
    meter.count(list.length);
    list.reverse();
    return null;
  }),
  changing<[List]>("dedup", ["array"], ([list], { meter }) => {
    meter.count(list.length);
    const kept = list.filter((item, index) => index === 0 || !equalValues(item, list[index - 1]!));
    list.length = 0;
    for (const item of kept) list.push(item);
    return null;
  }),
  changing<[List, Integer]>("split", ["array", "int"], ([list, at]) =>
    list.splice(insertion(at, list.length)),
  ),
  changing<[List, Integer, Integer]>("drain", ["array", "int", "int"], ([list, start, wanted]) => {
    const { from, count } = resolveSpan(start, wanted, list.length);
    return list.splice(from, count);
  }),
  changing<[List, Range]>("drain", ["array", "range"], ([list, range]) => {
    const { from, count } = resolveRange(range, list.length);
    return list.splice(from, count);
  }),
  changing<[List, Integer, Integer]>("retain", ["array", "int", "int"], ([list, start, wanted]) =>
    keep(list, resolveSpan(start, wanted, list.length)),
  ),
  changing<[List, Range]>("retain", ["array", "range"], ([list, range]) =>
    keep(list, resolveRange(range, list.length)),
  ),
  changing<[List, Integer, Integer, List]>(
    "splice",
    ["array", "int", "int", "array"],
    ([list, start, wanted, items], context) =>
      replaceSpan(list, resolveSpan(start, wanted, list.length), items, context),
  ),
  changing<[List, Range, List]>("splice", ["array", "range", "array"], ([list, range, items], context) =>
    replaceSpan(list, resolveRange(range, list.length), items, context),
  ),
];

export const arrayPackage: readonly Native[] = [...reading, ...growing, ...shrinking];
