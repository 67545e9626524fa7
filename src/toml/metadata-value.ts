import type { MetadataValue } from "../model/metadata.ts";
import type { ConfigTable, ConfigValue, Entry } from "./config-value.ts";
import type { Origin } from "./origin.ts";
import { quoted, shortened } from "./shortened.ts";

/** Says what cannot be kept, and where it stands. */
export type Complain = (origin: Origin, problem: string) => void;

const integerLimit = 2n ** 63n;
// Each level is a call in every reader and writer of the metadata; nobody types more by hand.
const deepest = 32;

/**
 * A written value as metadata. Integers are exact: a `number` up to 2^53, a `bigint` beyond. Dates and times are their
 * ISO 8601 text. What no file format can hold (nan, inf, U+0000, integers beyond 64 bits) goes to `complain`; the
 * result is then undefined.
 */
export function metadataValueOf(entry: Entry, complain: Complain, depth = 0): MetadataValue | undefined {
  const problem = depth > deepest ? `nested more than ${deepest} levels deep` : problemOf(entry.value);
  if (problem !== undefined) {
    complain(entry.origin, problem);
    return undefined;
  }
  const { value } = entry;
  switch (value.kind) {
    case "string":
    case "date":
      return value.text;
    case "integer": {
      const number = Number(value.integer);
      return Number.isSafeInteger(number) ? number : value.integer;
    }
    case "float":
      return value.number;
    case "boolean":
      return value.boolean;
    case "array": {
      const items = value.items.map((item) => metadataValueOf(item, complain, depth + 1));
      return items.some((item) => item === undefined) ? undefined : (items as MetadataValue[]);
    }
    case "table":
      return metadataTableOf(value.entries, complain, depth + 1);
  }
}

/** True for a float, or a list of numbers with one, that would pass for integers by its value alone. */
export function isWholeFloat(value: ConfigValue): boolean {
  const numbers = value.kind === "array" ? value.items.map((item) => item.value) : [value];
  const isNumber = ({ kind }: ConfigValue) => kind === "float" || kind === "integer";
  return (
    numbers.every(isNumber) &&
    numbers.some((item) => item.kind === "float" && Number.isSafeInteger(item.number))
  );
}

function metadataTableOf(entries: ConfigTable, complain: Complain, depth: number): MetadataValue | undefined {
  const values: [string, MetadataValue][] = [];
  for (const [key, entry] of entries) {
    const problem = metadataKeyProblem(key);
    if (problem !== undefined) complain(entry.origin, problem);
    const value = metadataValueOf(entry, complain, depth);
    if (value !== undefined && problem === undefined) values.push([key, value]);
  }
  // fromEntries makes own properties of all keys, `__proto__` included.
  return values.length === entries.size ? Object.fromEntries(values) : undefined;
}

/** What is wrong with the name of a metadata item, or undefined. */
export function metadataKeyProblem(key: string): string | undefined {
  if (key === "") return "a key must have at least one character";
  if (/\p{Cc}/u.test(key)) return `the key ${quoted(key)} has a control character`;
  return undefined;
}

/** What is wrong with a text, wherever it stands: file formats end strings at U+0000, and UTF-8 has no half characters. */
export function textProblem(text: string): string | undefined {
  if (text.includes("\0")) return "a string must not contain the character U+0000";
  return text.isWellFormed()
    ? undefined
    : "a string must be valid Unicode; this one has half of a surrogate pair";
}

function problemOf(value: ConfigValue): string | undefined {
  switch (value.kind) {
    case "float":
      return Number.isFinite(value.number)
        ? undefined
        : `${value.text} cannot be stored in every format; leave the key out, or write it as a string`;
    case "integer":
      return value.integer >= -integerLimit && value.integer < integerLimit
        ? undefined
        : `the whole number ${shortened(String(value.integer))} does not fit into 64 bits; write it as a string`;
    case "string":
      return textProblem(value.text);
    default:
      return undefined;
  }
}
