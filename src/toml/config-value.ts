import type { MetadataValue } from "../model/metadata.ts";
import type { Origin } from "./origin.ts";
import { quoted, shortened } from "./shortened.ts";

/** A value as it was written, before any setting says what it should be. */
export type ConfigValue =
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "integer"; readonly integer: bigint }
  | { readonly kind: "float"; readonly number: number; readonly text: string }
  | { readonly kind: "boolean"; readonly boolean: boolean }
  | { readonly kind: "date"; readonly text: string }
  | { readonly kind: "array"; readonly items: readonly Entry[] }
  | { readonly kind: "table"; readonly entries: ConfigTable };

/** A value and where it was written; for a table the place of its header. */
export type Entry = { readonly value: ConfigValue; readonly origin: Origin };

/** Keys in the order in which they were written. A map, so that no key (`__proto__`) has a meaning of its own. */
export type ConfigTable = ReadonlyMap<string, Entry>;

/** "the string "1s"", for "expected …, found …". */
export function describeValue(value: ConfigValue): string {
  switch (value.kind) {
    case "string":
      return `the string ${quoted(value.text)}`;
    case "integer":
      return `the whole number ${shortened(String(value.integer))}`;
    case "float":
      return `the number ${shortened(value.text)}`;
    case "boolean":
      return String(value.boolean);
    case "date":
      return `the date or time ${value.text}`;
    case "array":
      return value.items.length === 0 ? "an empty list" : "a list";
    case "table":
      return "a table";
  }
}

/** A value that a program gives (a flag, a built-in default), in the form that a file's values have. */
export function configValueOf(value: MetadataValue, origin: Origin): ConfigValue {
  switch (typeof value) {
    case "string":
      return { kind: "string", text: value };
    case "bigint":
      return { kind: "integer", integer: value };
    case "number":
      return Number.isSafeInteger(value)
        ? { kind: "integer", integer: BigInt(value) }
        : { kind: "float", number: value, text: String(value) };
    case "boolean":
      return { kind: "boolean", boolean: value };
    default:
      return Array.isArray(value)
        ? { kind: "array", items: value.map((item: MetadataValue) => entryOf(item, origin)) }
        : { kind: "table", entries: tableOf(value as { readonly [key: string]: MetadataValue }, origin) };
  }
}

function entryOf(value: MetadataValue, origin: Origin): Entry {
  return { value: configValueOf(value, origin), origin };
}

export function tableOf(values: { readonly [key: string]: MetadataValue }, origin: Origin): ConfigTable {
  return new Map(Object.entries(values).map(([key, value]) => [key, entryOf(value, origin)]));
}
