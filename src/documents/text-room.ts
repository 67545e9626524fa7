import { usualTextBytes } from "../model/text-values.ts";
import type { DataKey } from "./data-key.ts";

/** Room for the texts of a data key, in bytes of UTF-8: what numpy's `|S…` and `<U…` say, where the key has them. */
export function textRoomOf({ dtype_numpy: numpy }: DataKey): number {
  const [, kind, length = ""] = (typeof numpy === "string" && /^[|<>=]?([SU])([0-9]+)$/.exec(numpy)) || [];
  const characters = Number(length);
  if (kind === undefined || characters === 0) return usualTextBytes;
  return kind === "S" ? characters : 4 * characters;
}
