import { typedView } from "./dtype.ts";
import type { Column } from "./stream-schema.ts";
import { textAt } from "./text-values.ts";

/** One element of a column as JavaScript has it; integers of 64 bits are `bigint`. */
export type Element = number | bigint | boolean | string;

/**
 * Reads the elements of a column, in C order, out of its bytes, which stay borrowed as long as it is used. What stands
 * below a missing value is any number, and may be no text: then `TypeError` is thrown.
 */
export function elementReader(column: Column, bytes: Uint8Array): (index: number) => Element {
  const { dtype, maxBytes = 0 } = column;
  if (dtype === "string") return (index) => textAt(bytes, index * maxBytes, maxBytes);
  if (dtype === "bool") return (index) => bytes[index] !== 0;
  const values = typedView(dtype, bytes);
  return (index) => values[index]!;
}
