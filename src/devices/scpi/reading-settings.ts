import type { Setting } from "../../model/setting.ts";
import { mostTextBytes } from "../../model/text-values.ts";
import { checkChoices, checkLimits, checkPattern } from "./setting-checks.ts";

export const precision = {
  key: "precision",
  kind: "integer",
  min: 0,
  max: 15,
  doc: "Digits after the point that mean something.",
} as const satisfies Setting;

export const answerSettings = [
  {
    key: "type",
    kind: "string",
    choices: ["number", "boolean", "text", "choice"],
    default: "number",
    doc: "What the answer is. A boolean is 1, ON, TRUE, 0, OFF or FALSE, or a bit of a whole number.",
  },
  {
    key: "pattern",
    kind: "string",
    check: checkPattern,
    doc: "Regular expression that an answer matches; its first group is the value. Absent: all of the answer.",
  },
  {
    key: "missing",
    kind: "string",
    check: checkPattern,
    doc: "Regular expression of answers that mean: no value. The number 9.91E37 and the infinities ±9.9E37 of SCPI always do.",
  },
  {
    key: "choices",
    kind: "any",
    check: checkChoices,
    doc: 'choice: what each answer stands for, as in { "1" = "W", "2" = "dB" }.',
  },
  {
    key: "bit",
    kind: "integer",
    min: 0,
    max: 31,
    doc: "boolean: the bit of the whole number that was answered.",
  },
] as const satisfies readonly Setting[];

const maxBytes = {
  key: "max_bytes",
  kind: "integer",
  min: 1,
  max: mostTextBytes,
  unit: "bytes",
  doc: "text: room for one, in UTF-8; a longer one is refused by name. Absent: 1024.",
} as const satisfies Setting;

const quantitySettings = [
  {
    key: "unit",
    kind: "string",
    doc: "Unit of the value, in the spelling of UDUNITS. Absent: a pure number, or no number.",
  },
  precision,
  { key: "limits", kind: "any", check: checkLimits, doc: "Smallest and largest value, as in [0, 4]." },
] as const satisfies readonly Setting[];

export const readingSettings = [
  { key: "query", kind: "string", required: true, example: '"MEAS:VOLT?"', doc: "What asks for the value." },
  ...answerSettings,
  maxBytes,
  ...quantitySettings,
] as const satisfies readonly Setting[];
