import { mismatch } from "../errors/failures.ts";
import { ScriptError } from "../errors/script-error.ts";
import { copyValue } from "../limits/copy-value.ts";
import { compareValues } from "../values/equal-values.ts";
import { Float } from "../values/float.ts";
import { isInteger } from "../values/integer.ts";
import { typeName } from "../values/type-name.ts";
import { FunctionPointer, type Value } from "../values/value.ts";
import { stepping } from "./define.ts";
import { mergeSort } from "./merge-sort.ts";
import type { Native, NativeContext, Place, Steps } from "./native.ts";

type List = Value[];

/** An item of an array, as the `this` of a callback. */
function placeOf(list: List, index: number): Place {
  return {
    constant: undefined,
    get: () => list[index] ?? null,
    set: (value) => {
      if (index < list.length) list[index] = value;
    },
  };
}

function callFor(list: List, index: number, callback: FunctionPointer, context: NativeContext): Steps {
  const item = copyValue(list[index]!, context.meter);
  return context.call(callback, [item, index], placeOf(list, index));
}

function* holds(list: List, index: number, callback: FunctionPointer, context: NativeContext) {
  const value = yield* callFor(list, index, callback, context);
  if (typeof value !== "boolean") throw mismatch("bool", typeName(value));
  return value;
}

type OfList = [List, FunctionPointer];

/** Moves the items for which `goes` says so to an array of their own. */
function* moveOut([list, callback]: OfList, context: NativeContext, goes: boolean): Steps {
  const stay: List = [];
  const moved: List = [];
  for (let index = 0; index < list.length; index++) {
    const isMoved = (yield* holds(list, index, callback, context)) === goes;
    (isMoved ? moved : stay).push(list[index]!);
  }
  list.length = 0;
  for (const item of stay) list.push(item);
  return moved;
}

function* reduce(
  [list, callback]: OfList,
  initial: Value,
  context: NativeContext,
  backwards: boolean,
): Steps {
  let result = initial;
  for (let count = 0; count < list.length; count++) {
    const index = backwards ? list.length - 1 - count : count;
    result = yield* context.call(callback, [result, copyValue(list[index]!, context.meter), index]);
  }
  return result;
}

const searching: readonly Native[] = [
  stepping<OfList>("filter", ["array", "Fn"], function* ([list, callback], context) {
    const found: List = [];
    for (let index = 0; index < list.length; index++) {
      if (yield* holds(list, index, callback, context)) found.push(copyValue(list[index]!, context.meter));
    }
    return found;
  }),
  stepping<OfList>("find", ["array", "Fn"], function* ([list, callback], context) {
    for (let index = 0; index < list.length; index++) {
      if (yield* holds(list, index, callback, context)) return copyValue(list[index]!, context.meter);
    }
    return null;
  }),
  stepping<OfList>("find_map", ["array", "Fn"], function* ([list, callback], context) {
    for (let index = 0; index < list.length; index++) {
      const value = yield* callFor(list, index, callback, context);
      if (value !== null) return value;
    }
    return null;
  }),
  stepping<OfList>("index_of", ["array", "Fn"], function* ([list, callback], context) {
    for (let index = 0; index < list.length; index++) {
      if (yield* holds(list, index, callback, context)) return index;
    }
    return -1;
  }),
  stepping<OfList>("some", ["array", "Fn"], function* ([list, callback], context) {
    for (let index = 0; index < list.length; index++) {
      if (yield* holds(list, index, callback, context)) return true;
    }
    return false;
  }),
  stepping<OfList>("all", ["array", "Fn"], function* ([list, callback], context) {
    for (let index = 0; index < list.length; index++) {
      if (!(yield* holds(list, index, callback, context))) return false;
    }
    return true;
  }),
];

const transforming: readonly Native[] = [
  stepping<OfList>("map", ["array", "Fn"], function* ([list, callback], context) {
    const results: List = [];
    for (let index = 0; index < list.length; index++) {
      results.push(yield* callFor(list, index, callback, context));
    }
    return results;
  }),
  stepping<OfList>(
    "for_each",
    ["array", "Fn"],
    function* ([list, callback], context) {
      for (let index = 0; index < list.length; index++) {
        // Changes go through `this`; a parameter, if the function takes one, is the index.
        yield* context.call(callback, [index], placeOf(list, index));
      }
      return null;
    },
    true,
  ),
  stepping<OfList>("reduce", ["array", "Fn"], (parameters, context) =>
    reduce(parameters, null, context, false),
  ),
  stepping<[List, FunctionPointer, Value]>(
    "reduce",
    ["array", "Fn", "any"],
    ([list, callback, initial], context) => reduce([list, callback], initial, context, false),
  ),
  stepping<OfList>("reduce_rev", ["array", "Fn"], (parameters, context) =>
    reduce(parameters, null, context, true),
  ),
  stepping<[List, FunctionPointer, Value]>(
    "reduce_rev",
    ["array", "Fn", "any"],
    ([list, callback, initial], context) => reduce([list, callback], initial, context, true),
  ),
  stepping<[List, List, FunctionPointer]>(
    "zip",
    ["array", "array", "Fn"],
    function* ([a, b, callback], context) {
      const results: List = [];
      for (let index = 0; index < Math.min(a.length, b.length); index++) {
        const pair = [a[index]!, b[index]!].map((item) => copyValue(item, context.meter));
        results.push(yield* context.call(callback, [...pair, index]));
      }
      return results;
    },
  ),
  stepping<OfList>(
    "drain",
    ["array", "Fn"],
    (parameters, context) => moveOut(parameters, context, true),
    true,
  ),
  stepping<OfList>(
    "retain",
    ["array", "Fn"],
    (parameters, context) => moveOut(parameters, context, false),
    true,
  ),
];

function replaceItems(list: List, sorted: readonly Value[]): void {
  list.length = 0;
  for (const item of sorted) list.push(item);
}

function* sortBy([list, callback]: OfList, context: NativeContext): Steps {
  const sorted = yield* mergeSort(list.slice(), function* (a, b) {
    const order = yield* context.call(callback, [copyValue(a, context.meter), copyValue(b, context.meter)]);
    if (isInteger(order)) return Number(order);
    if (order instanceof Float) return order.value;
    if (typeof order === "boolean") return order ? -1 : 1;
    throw mismatch("i64", typeName(order));
  });
  replaceItems(list, sorted);
  return null;
}

function orderOf(a: Value, b: Value): number {
  const order = compareValues(a, b);
  if (order !== undefined) return order;
  throw new ScriptError("ErrorRuntime", `Runtime error: cannot sort ${typeName(a)} and ${typeName(b)}`);
}

/** Arrays up to this length are sorted at once, in less than a millisecond. */
const quicklySorted = 5000;

function* sortNaturally(list: List, { meter }: NativeContext, sign: number): Steps {
  if (list.length <= quicklySorted) {
    meter.count(list.length);
    const sorted = list.slice().sort((a, b) => sign * orderOf(a, b));
    replaceItems(list, sorted);
    return null;
  }
  const sorted = yield* mergeSort(list.slice(), function* (a, b) {
    if (++meter.operations >= meter.checkAt && meter.check()) yield undefined;
    return sign * orderOf(a, b);
  });
  replaceItems(list, sorted);
  return null;
}

const sorting: readonly Native[] = [
  stepping<[List]>("sort", ["array"], ([list], context) => sortNaturally(list, context, 1), true),
  stepping<[List]>("sort_desc", ["array"], ([list], context) => sortNaturally(list, context, -1), true),
  stepping<OfList>("sort", ["array", "Fn"], sortBy, true),
];

const withPointers: readonly Native[] = [...searching, ...transforming, ...sorting];

/** The same with the name of the function as a text. `index_of` looks for a text itself. */
const withNames: readonly Native[] = withPointers.flatMap((native): Native[] => {
  const { name, parameters, body } = native;
  const at = parameters.indexOf("Fn");
  if (at < 0 || name === "index_of" || body.kind !== "stepping") return [];
  const run = (values: readonly Value[], context: NativeContext): Steps => {
    const pointer = new FunctionPointer(values[at] as string, context, undefined);
    return body.run(values.with(at, pointer), context);
  };
  return [{ name, parameters: parameters.with(at, "string"), body: { ...body, run } }];
});

export const arrayCallbackPackage: readonly Native[] = [...withNames, ...withPointers];
