import { Blob } from "./blob.ts";
import { Character } from "./character.ts";
import { Float, showFloat } from "./float.ts";
import { Range } from "./range.ts";
import { sortedEntries } from "./sorted-entries.ts";
import { typeName } from "./type-name.ts";
import { FunctionPointer, HostObject, type Value } from "./value.ts";

/** Deeper than this, what is nested is shown as dots: a script can nest as deep as it likes. */
const deepest = 32;

/** The text of a value, as `print` and string interpolation have it. */
export function showValue(value: Value): string {
  if (typeof value === "string") return value;
  if (value === null) return "";
  if (value instanceof Character) return value.text;
  return debugValue(value);
}

/** The text of a value as it would stand in a script, as `debug` and arrays have it. */
export function debugValue(value: Value, depth = 0): string {
  switch (typeof value) {
    case "number":
    case "bigint":
    case "boolean":
      return String(value);
    case "string":
      return quoted(value, '"');
  }
  if (value === null) return "()";
  if (value instanceof Float) return showFloat(value.value);
  if (value instanceof Character) return quoted(value.text, "'");
  if (Array.isArray(value)) {
    if (depth >= deepest) return "[...]";
    return `[${value.map((item) => debugValue(item, depth + 1)).join(", ")}]`;
  }
  if (value instanceof Map) {
    if (depth >= deepest) return "#{...}";
    const entries = sortedEntries(value).map(
      ([name, item]) => `${quoted(name, '"')}: ${debugValue(item, depth + 1)}`,
    );
    return `#{${entries.join(", ")}}`;
  }
  if (value instanceof FunctionPointer) return `Fn(${value.name})`;
  if (value instanceof Range) return `${value.from}${value.inclusive ? "..=" : ".."}${value.to}`;
  if (value instanceof Blob) {
    const pairs = value.bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return `[${(pairs.match(/.{1,16}/g) ?? []).join(" ")}]`;
  }
  if (value instanceof HostObject) return value.type.show?.(value.target as never) ?? value.type.name;
  return typeName(value);
}

const escapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

function quoted(text: string, quote: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped.
  const inner = text.replaceAll(/[\u0000-\u001f\u007f\\"']/g, (character) => {
    if (character === '"' || character === "'") return character === quote ? `\\${character}` : character;
    return escapes[character] ?? `\\u{${character.charCodeAt(0).toString(16)}}`;
  });
  return `${quote}${inner}${quote}`;
}
