import { mismatch } from "../errors/failures.ts";
import { copyValue } from "../limits/copy-value.ts";
import { sortedEntries } from "../values/sorted-entries.ts";
import { typeName } from "../values/type-name.ts";
import type { FunctionPointer, Value } from "../values/value.ts";
import { changing, plain, stepping } from "./define.ts";
import { toJson } from "./json-text.ts";
import type { Native, NativeContext, Steps } from "./native.ts";

type Fields = Map<string, Value>;

/** The entries for which a callback says so. */
function* chosen(map: Fields, callback: FunctionPointer, context: NativeContext) {
  const entries: [string, Value][] = [];
  for (const [name, value] of sortedEntries(map)) {
    const place = {
      constant: undefined,
      get: () => map.get(name) ?? null,
      set: (to: Value) => void map.set(name, to),
    };
    const answer = yield* context.call(callback, [name, copyValue(value, context.meter)], place);
    if (typeof answer !== "boolean") throw mismatch("bool", typeName(answer));
    if (answer) entries.push([name, value]);
  }
  return entries;
}

function* moveOut(map: Fields, callback: FunctionPointer, context: NativeContext, goes: boolean): Steps {
  const yes = new Map(yield* chosen(map, callback, context));
  const moved: Fields = new Map();
  for (const [name, value] of [...map]) {
    if (yes.has(name) !== goes) continue;
    moved.set(name, value);
    map.delete(name);
  }
  return moved;
}

function mix(map: Fields, other: Fields, overwrites: boolean): null {
  for (const [name, value] of [...other]) if (overwrites || !map.has(name)) map.set(name, value);
  return null;
}

export const mapPackage: readonly Native[] = [
  plain<[Fields]>("len", ["map"], ([map]) => map.size),
  plain<[Fields]>("is_empty", ["map"], ([map]) => map.size === 0),
  plain<[Fields, string]>("contains", ["map", "string"], ([map, name]) => map.has(name)),
  plain<[Fields, string]>("get", ["map", "string"], ([map, name], { meter }) =>
    copyValue(map.get(name) ?? null, meter),
  ),
  plain<[Fields]>("keys", ["map"], ([map], { meter }) => {
    meter.count(map.size);
    return sortedEntries(map).map(([name]) => name);
  }),
  plain<[Fields]>("values", ["map"], ([map], { meter }) =>
    copyValue(
      sortedEntries(map).map(([, value]) => value),
      meter,
    ),
  ),
  plain<[Fields]>("to_json", ["map"], ([map], { limits }) => toJson(map, limits)),
  changing<[Fields, string, Value]>("set", ["map", "string", "any"], ([map, name, value]) => {
    map.set(name, value);
    return null;
  }),
  changing<[Fields, string]>("remove", ["map", "string"], ([map, name]) => {
    const value = map.get(name) ?? null;
    map.delete(name);
    return value;
  }),
  changing<[Fields]>("clear", ["map"], ([map]) => {
    map.clear();
    return null;
  }),
  changing<[Fields, Fields]>("mixin", ["map", "map"], ([map, other]) => mix(map, other, true)),
  changing<[Fields, Fields]>("fill_with", ["map", "map"], ([map, other]) => mix(map, other, false)),
  stepping<[Fields, FunctionPointer]>("filter", ["map", "Fn"], function* ([map, callback], context) {
    return copyValue(new Map(yield* chosen(map, callback, context)), context.meter);
  }),
  stepping<[Fields, FunctionPointer]>(
    "drain",
    ["map", "Fn"],
    ([map, callback], context) => moveOut(map, callback, context, true),
    true,
  ),
  stepping<[Fields, FunctionPointer]>(
    "retain",
    ["map", "Fn"],
    ([map, callback], context) => moveOut(map, callback, context, false),
    true,
  ),
];
