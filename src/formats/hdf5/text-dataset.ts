import type { Attributes } from "./file/attribute.ts";
import { fixedStringType } from "./file/datatype.ts";
import type { FixedDatasetSpec } from "./file/fixed-dataset.ts";

/**
 * A text as a scalar of fixed length, which is called ASCII where it is: of texts of variable length, and of UTF-8, Octave
 * reads neither, and stops at the first that it meets.
 */
export function textDataset(text: string, attributes: Attributes = {}): FixedDatasetSpec {
  const bytes = Buffer.from(text, "utf8");
  // A type of no length does not exist.
  const data = bytes.byteLength === 0 ? new Uint8Array(1) : new Uint8Array(bytes);
  const datatype = fixedStringType(data.byteLength, { characterSet: isAscii(text) ? "ascii" : "utf-8" });
  return { datatype, dims: [], data, attributes };
}

export function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7e) return false;
  return true;
}

/** The same JSON without a letter that is not ASCII. */
export function asciiJson(json: string): string {
  return json.replace(
    /[^\x20-\x7e]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
