import { parseJson } from "../../model/parse-json.ts";

/** The parts of a page that are read again. Integers that a double cannot hold are their digits. */
export type Page = {
  readonly descriptor: string;
  readonly numbers: readonly unknown[];
  readonly data: { readonly [key: string]: readonly unknown[] };
};

/** Not digits of a fraction or of an exponent, and not in a text. */
const textOrLongInteger = /"(?:[^"\\]|\\.)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g;

export type ParsedLine =
  | { readonly name: "event_page"; readonly page: Page }
  | { readonly name: string; readonly page?: undefined; readonly doc: { readonly [key: string]: unknown } };

/** Undefined for what is no document. Pages are long: of them only the digits of long integers are looked at. */
export function parseLine(line: string): ParsedLine | undefined {
  const isPage = /^\s*\{\s*"name"\s*:\s*"event_page"/.test(line);
  let value: unknown;
  try {
    value = isPage
      ? JSON.parse(line.replaceAll(textOrLongInteger, (part) => (part.startsWith('"') ? part : `"${part}"`)))
      : parseJson(line);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || typeof value.name !== "string" || !isRecord(value.doc)) return undefined;
  const { name, doc } = value;
  if (!isPage) return { name, doc };
  const { descriptor, seq_num: numbers, data } = doc;
  if (typeof descriptor !== "string" || !Array.isArray(numbers) || !isRecord(data)) return undefined;
  const isWhole = Object.values(data).every((list) => Array.isArray(list) && list.length === numbers.length);
  return isWhole
    ? { name: "event_page", page: { descriptor, numbers, data: data as Page["data"] } }
    : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
