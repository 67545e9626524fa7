import type { Column } from "../../model/stream-schema.ts";
import { putText, textProblem } from "../../model/text-values.ts";
import { CellFields } from "./cell-fields.ts";
import type { FieldColumn } from "./field-column.ts";
import { NumberFields } from "./number-fields.ts";

const switches: ReadonlyMap<string, number> = new Map([
  ["1", 1],
  ["true", 1],
  ["on", 1],
  ["0", 0],
  ["false", 0],
  ["off", 0],
]);

/** What reads the fields of a column. */
export function fieldColumnOf({ dtype, maxBytes = 0 }: Column): FieldColumn {
  if (dtype === "string")
    return new CellFields(maxBytes, true, (cell, text) => {
      const problem = textProblem(text, maxBytes);
      if (problem === undefined) putText(cell, text);
      return problem;
    });
  if (dtype === "bool")
    return new CellFields(1, false, (cell, text) => {
      const value = switches.get(text.toLowerCase());
      if (value === undefined) return "is neither 1, true or on nor 0, false or off";
      cell[0] = value;
      return undefined;
    });
  return new NumberFields(dtype);
}
