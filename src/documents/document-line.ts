import { DaqError } from "../model/errors.ts";
import { toJson } from "../model/metadata.ts";
import { parseJson } from "../model/parse-json.ts";
import { type NamedDocument, parseDocument, type ReadableDocuments, type ReadableName } from "./document.ts";

/** JSON has no NaN and no infinities, and would make null of them, which is a value that a device did not have. */
function withNumbersAsText(value: unknown): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withNumbersAsText);
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as Iterable<unknown>, withNumbersAsText);
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, withNumbersAsText(held)]));
}

/** One line of JSON, `{"name": …, "doc": …}` and its end. NaN and the infinities are texts, as in Zarr's metadata. */
export function encodeDocumentLine(name: ReadableName, doc: ReadableDocuments[ReadableName]): string {
  return `${toJson({ name, doc: withNumbersAsText(doc) })}\n`;
}

/** A text, or a number that JSON does not have, as Python writes it. */
const textOrNotFinite = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

/** Python's NaN and infinities become the texts that stand for them here. */
function parseLine(line: string): unknown {
  try {
    return parseJson(line);
  } catch (error) {
    const quoted = line.replaceAll(textOrNotFinite, (part) => (part.startsWith('"') ? part : `"${part}"`));
    if (quoted === line) throw error;
    return parseJson(quoted);
  }
}

/**
 * The inverse; `where` is for the error. Lines `["start", …]` and bare NaN, as Bluesky's programs write them, are read too.
 * Throws `DaqError("format")`.
 */
export function parseDocumentLine(line: string, where: string): NamedDocument {
  let pair: unknown;
  try {
    pair = parseLine(line);
  } catch (cause) {
    throw new DaqError("format", `${where} is no JSON.`, {
      hint: "A last line that was cut off is what a crash leaves; the lines before it are good.",
      cause,
    });
  }
  if (Array.isArray(pair) && pair.length === 2) return parseDocument(pair[0], pair[1]);
  const { name, doc } = (pair ?? {}) as { readonly name?: unknown; readonly doc?: unknown };
  return parseDocument(name, doc);
}
