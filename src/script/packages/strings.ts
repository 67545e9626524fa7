import { checkArrayLength, checkStringLength } from "../limits/sizes.ts";
import { Blob } from "../values/blob.ts";
import { Character, charactersOf } from "../values/character.ts";
import { compareValues } from "../values/equal-values.ts";
import type { Integer } from "../values/integer.ts";
import type { Range } from "../values/range.ts";
import { resolveRange, resolveSpan } from "../values/resolve-range.ts";
import { showValue } from "../values/show-value.ts";
import type { Value } from "../values/value.ts";
import { plain, replacing } from "./define.ts";
import type { Native } from "./native.ts";

type Text = string | Character;

function textOf(value: Text): string {
  return typeof value === "string" ? value : value.text;
}

/** A part of a string, counted in characters. */
function slice(text: string, from: number, count: number): string {
  return charactersOf(text)
    .slice(from, from + count)
    .join("");
}

function lengthOf(text: string): number {
  return charactersOf(text).length;
}

function part(text: string, start: Integer, count: Integer): string {
  const span = resolveSpan(start, count, lengthOf(text));
  return slice(text, span.from, span.count);
}

function partOf(text: string, range: Range): string {
  const span = resolveRange(range, lengthOf(text));
  return slice(text, span.from, span.count);
}

function indexOf(text: string, wanted: string, start: Integer): number {
  const characters = charactersOf(text);
  const { from } = resolveSpan(start, 0, characters.length);
  const skipped = characters.slice(0, from).join("").length;
  const found = text.indexOf(wanted, skipped);
  return found < 0 ? -1 : lengthOf(text.slice(0, found));
}

/** At most `count` pieces: the last one holds the rest. */
function split(text: string, by: string, count: number): Value[] {
  const all = text.split(by);
  return all.length <= count ? all : [...all.slice(0, count - 1), all.slice(count - 1).join(by)];
}

function splitFromEnd(text: string, by: string, count: number): Value[] {
  const all = text.split(by).reverse();
  return all.length <= count
    ? all
    : [
        ...all.slice(0, count - 1),
        all
          .slice(count - 1)
          .reverse()
          .join(by),
      ];
}

function pieces(count: Integer): number {
  return Math.max(1, Number(count));
}

const reading: readonly Native[] = [
  plain<[string]>("len", ["string"], ([text]) => lengthOf(text)),
  plain<[string]>("bytes", ["string"], ([text]) => Buffer.byteLength(text)),
  plain<[string]>("is_empty", ["string"], ([text]) => text === ""),
  plain<[string]>("to_blob", ["string"], ([text], { limits }) => {
    checkArrayLength(text.length, limits);
    return Blob.from(new TextEncoder().encode(text));
  }),
  plain<[string]>("to_chars", ["string"], ([text]) => charactersOf(text).map(Character.of)),
  plain<[string]>("chars", ["string"], ([text]) => charactersOf(text).map(Character.of)),
  plain<[string, Integer]>("chars", ["string", "int"], ([text, start]) =>
    charactersOf(part(text, start, text.length)).map(Character.of),
  ),
  plain<[string, Integer, Integer]>("chars", ["string", "int", "int"], ([text, start, count]) =>
    charactersOf(part(text, start, count)).map(Character.of),
  ),
  plain<[string, Range]>("chars", ["string", "range"], ([text, range]) =>
    charactersOf(partOf(text, range)).map(Character.of),
  ),
  plain<[string, Integer]>("get", ["string", "int"], ([text, index]) => {
    const found = charactersOf(text).at(Number(index));
    return found === undefined ? null : Character.of(found);
  }),
  plain<[string, Text]>("contains", ["string", "text"], ([text, wanted]) => text.includes(textOf(wanted))),
  plain<[string, string]>("starts_with", ["string", "string"], ([text, wanted]) => text.startsWith(wanted)),
  plain<[string, string]>("ends_with", ["string", "string"], ([text, wanted]) => text.endsWith(wanted)),
  plain<[string, Text]>("index_of", ["string", "text"], ([text, wanted]) => indexOf(text, textOf(wanted), 0)),
  plain<[string, Text, Integer]>("index_of", ["string", "text", "int"], ([text, wanted, start]) =>
    indexOf(text, textOf(wanted), start),
  ),
  plain<[string, Integer]>("sub_string", ["string", "int"], ([text, start]) =>
    part(text, start, text.length),
  ),
  plain<[string, Integer, Integer]>("sub_string", ["string", "int", "int"], ([text, start, count]) =>
    part(text, start, count),
  ),
  plain<[string, Range]>("sub_string", ["string", "range"], ([text, range]) => partOf(text, range)),
  plain<[string]>("to_upper", ["string"], ([text]) => text.toUpperCase()),
  plain<[string]>("to_lower", ["string"], ([text]) => text.toLowerCase()),
  plain<[Character]>("to_upper", ["char"], ([{ text }]) =>
    Character.of(charactersOf(text.toUpperCase())[0]!),
  ),
  plain<[Character]>("to_lower", ["char"], ([{ text }]) =>
    Character.of(charactersOf(text.toLowerCase())[0]!),
  ),
  plain<[Character]>("to_int", ["char"], ([character]) => character.codePoint),
  plain<[Text, Text]>("min", ["text", "text"], ([a, b]) => (compareValues(a, b)! <= 0 ? a : b)),
  plain<[Text, Text]>("max", ["text", "text"], ([a, b]) => (compareValues(a, b)! >= 0 ? a : b)),
];

const splitting: readonly Native[] = [
  plain<[string]>("split", ["string"], ([text]) => text.split(/\s+/).filter((piece) => piece !== "")),
  plain<[string, Integer]>("split", ["string", "int"], ([text, at]) => {
    const characters = charactersOf(text);
    const { from } = resolveSpan(at, 0, characters.length);
    return [characters.slice(0, from).join(""), characters.slice(from).join("")];
  }),
  plain<[string, Text]>("split", ["string", "text"], ([text, by]) => text.split(textOf(by))),
  plain<[string, Text, Integer]>("split", ["string", "text", "int"], ([text, by, count]) =>
    split(text, textOf(by), pieces(count)),
  ),
  plain<[string, Text]>("split_rev", ["string", "text"], ([text, by]) => text.split(textOf(by)).reverse()),
  plain<[string, Text, Integer]>("split_rev", ["string", "text", "int"], ([text, by, count]) =>
    splitFromEnd(text, textOf(by), pieces(count)),
  ),
];

const changing: readonly Native[] = [
  replacing<[string]>("clear", ["string"], () => ["", null]),
  replacing<[string, Value]>("append", ["string", "any"], ([text, item]) => [text + showValue(item), null]),
  replacing<[string, Value]>("push", ["string", "any"], ([text, item]) => [text + showValue(item), null]),
  replacing<[string, Integer, Character]>("set", ["string", "int", "char"], ([text, index, character]) => {
    const characters = [...charactersOf(text)];
    const at = index < 0 ? characters.length + Number(index) : Number(index);
    if (at >= 0 && at < characters.length) characters[at] = character.text;
    return [characters.join(""), null];
  }),
  replacing<[string, Integer, Text]>(
    "pad",
    ["string", "int", "text"],
    ([text, length, padding], { limits }) => {
      checkStringLength(Number(length), limits);
      const missing = Number(length) - lengthOf(text);
      if (missing <= 0 || textOf(padding) === "") return [text, null];
      return [text + textOf(padding).repeat(Math.ceil(missing / lengthOf(textOf(padding)))), null];
    },
  ),
  replacing<[string, Text]>("remove", ["string", "text"], ([text, wanted]) => [
    text.replaceAll(textOf(wanted), ""),
    null,
  ]),
  replacing<[string]>("pop", ["string"], ([text]) => {
    const characters = charactersOf(text);
    const last = characters.at(-1);
    return [characters.slice(0, -1).join(""), last === undefined ? null : Character.of(last)];
  }),
  replacing<[string, Integer]>("pop", ["string", "int"], ([text, count]) => {
    const characters = charactersOf(text);
    const kept = characters.length - Math.max(0, Math.min(Number(count), characters.length));
    return [characters.slice(0, kept).join(""), characters.slice(kept).join("")];
  }),
  replacing<[string, Integer]>("truncate", ["string", "int"], ([text, length]) => [
    part(text, 0, length),
    null,
  ]),
  replacing<[string]>("make_upper", ["string"], ([text]) => [text.toUpperCase(), null]),
  replacing<[string]>("make_lower", ["string"], ([text]) => [text.toLowerCase(), null]),
  replacing<[Character]>("make_upper", ["char"], ([{ text }]) => [
    Character.of(charactersOf(text.toUpperCase())[0]!),
    null,
  ]),
  replacing<[Character]>("make_lower", ["char"], ([{ text }]) => [
    Character.of(charactersOf(text.toLowerCase())[0]!),
    null,
  ]),
  replacing<[string]>("trim", ["string"], ([text]) => [text.trim(), null]),
  replacing<[string, Integer]>("crop", ["string", "int"], ([text, start]) => [
    part(text, start, text.length),
    null,
  ]),
  replacing<[string, Integer, Integer]>("crop", ["string", "int", "int"], ([text, start, count]) => [
    part(text, start, count),
    null,
  ]),
  replacing<[string, Range]>("crop", ["string", "range"], ([text, range]) => [partOf(text, range), null]),
  replacing<[string, Text, Text]>("replace", ["string", "text", "text"], ([text, wanted, by], { limits }) => {
    const [from, to] = [textOf(wanted), textOf(by)];
    // Counted before it is made: the result can be the square of what there is.
    const count = from === "" ? text.length + 1 : text.split(from).length - 1;
    checkStringLength(text.length + count * Math.max(0, to.length - from.length), limits);
    return [text.replaceAll(from, () => to), null];
  }),
];

export const stringPackage: readonly Native[] = [...reading, ...splitting, ...changing];

export const stringProperties: readonly string[] = ["len", "bytes", "is_empty", "chars"];
