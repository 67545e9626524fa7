import { DaqError } from "../../model/errors.ts";
import { type Attributes, dimensionsKey } from "./hierarchy/attributes.ts";
import { ledgerKey } from "./hierarchy/missing-chunks.ts";
import { shownValue } from "./hierarchy/shown-value.ts";

/** Python's reader of JSON gives up at some thousand; nobody means more than a few. */
const mostLevels = 100;

type Level = { readonly value: object; readonly above: Level | undefined; readonly levels: number };

/**
 * Attributes that a document can hold as they are, and that are not the writer's own. `name`: of the array or group. Throws
 * `DaqError("format")` with the place of what cannot be.
 */
export function checkAttributes(name: string, attributes: Attributes): void {
  const where = name === "" ? "The root's" : `"${name}": its`;
  if (!isPlain(attributes) || Array.isArray(attributes))
    throw new DaqError("format", `${where} attributes are ${shownValue(attributes)}.`, {
      hint: 'Give an object with a value for each name, such as { gain: 2.5, camera: "left" }.',
    });
  for (const reserved of [dimensionsKey, ledgerKey])
    if (Object.hasOwn(attributes, reserved))
      throw new DaqError("format", `"${name}": the attribute "${reserved}" is the writer's own.`, {
        hint: "Choose another name for it.",
      });
  checkItems(where, "", { value: attributes, above: undefined, levels: 1 });
}

function checkItems(where: string, path: string, level: Level): void {
  const isList = Array.isArray(level.value);
  const names = isList ? level.value.keys() : Object.keys(level.value);
  for (const name of names) {
    const item = (level.value as Readonly<Record<string | number, unknown>>)[name];
    checkItem(
      where,
      isList ? `${path}[${name}]` : path === "" ? String(name) : `${path}.${name}`,
      item,
      level,
    );
  }
}

function checkItem(where: string, path: string, item: unknown, above: Level): void {
  const refuse = (problem: string, hint: string): DaqError =>
    new DaqError("format", `${where} attribute ${shownPath(path)} ${problem}.`, { hint });
  if (item === null) return;
  if (typeof item !== "object") {
    if (["string", "number", "bigint", "boolean"].includes(typeof item)) return;
    throw refuse(
      item === undefined ? "has no value" : `is ${shownValue(item)}, which JSON cannot hold`,
      "Give text, a number, true or false, null, or lists and objects of these; or leave it out.",
    );
  }
  for (let holder: Level | undefined = above; holder !== undefined; holder = holder.above)
    if (holder.value === item)
      throw refuse("is one of the objects that it is in, without end", "Give a copy of what is meant.");
  if (above.levels >= mostLevels)
    throw refuse(
      `is more than ${mostLevels} levels deep`,
      "Readers give up on that: make it flatter, or write it as one text.",
    );
  if (!isPlain(item))
    throw refuse(
      `is ${shownValue(item)}, which JSON cannot hold`,
      item instanceof Date
        ? "Give its toISOString(), or a number."
        : ArrayBuffer.isView(item)
          ? "Give a list, Array.from(…); many values are better an array of their own."
          : "Give a plain object or a list.",
    );
  checkItems(where, path, { value: item, above, levels: above.levels + 1 });
}

/** The end of a long path says nothing that its beginning does not. */
function shownPath(path: string): string {
  return path.length > 80 ? `${path.slice(0, 80)}…` : path;
}

/** A list, or an object that is nothing but its own values. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
