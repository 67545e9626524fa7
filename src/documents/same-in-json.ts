import { isDeepStrictEqual } from "node:util";
import { toJson } from "../model/metadata.ts";

/** Whether two values are the same when they are written and read again: what was recorded is compared with what is. */
export function sameInJson(first: unknown, second: unknown): boolean {
  const plain = (value: unknown): unknown => JSON.parse(toJson({ value }));
  return isDeepStrictEqual(plain(first), plain(second));
}
