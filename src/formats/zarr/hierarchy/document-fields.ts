import { DaqError } from "../../../model/errors.ts";
import { parseJson } from "../../../model/parse-json.ts";

/** A JSON object as it was read: nothing about it is certain. */
export type Fields = { readonly [name: string]: unknown };

export function documentError(where: string, problem: string, cause?: unknown): DaqError {
  return new DaqError("format", `${where}: ${problem}.`, {
    hint: "It is damaged, or a program wrote it whose arrays daq-storage does not know; another reader may open it.",
    ...(cause === undefined ? {} : { cause }),
  });
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Python writes these without quotes, where JSON has no such numbers; they are read as text, as they are written here. */
function withQuotedNumbers(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|NaN|-?Infinity/g, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );
}

/** Reads a document. `where` begins the messages: the store and the key. */
export function parseDocument(where: string, bytes: Uint8Array): Fields {
  let value: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    value = parseJson(/NaN|Infinity/.test(text) ? withQuotedNumbers(text) : text);
  } catch (cause) {
    throw documentError(
      where,
      `it is not JSON (${cause instanceof Error ? cause.message : String(cause)})`,
      cause,
    );
  }
  if (!isFields(value)) throw documentError(where, "it is not a JSON object");
  return value;
}

export function fieldsOf(where: string, fields: Fields, name: string): Fields {
  const value = fields[name];
  if (!isFields(value)) throw documentError(where, `its "${name}" is not an object`);
  return value;
}

/** Extents of a shape; bounds are checked where the array is made. */
export function extentsOf(where: string, fields: Fields, name: string): readonly number[] {
  const value = fields[name];
  if (!Array.isArray(value) || !value.every((extent) => Number.isSafeInteger(extent) && extent >= 0))
    throw documentError(where, `its "${name}" is not a list of whole numbers`);
  return value as readonly number[];
}
