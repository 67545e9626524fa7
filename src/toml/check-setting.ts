import type { MetadataValue } from "../model/metadata.ts";
import type { Setting } from "../model/setting.ts";
import { type ConfigValue, describeValue, type Entry } from "./config-value.ts";
import { metadataValueOf, textProblem } from "./metadata-value.ts";
import { nearestName } from "./nearest-name.ts";
import type { Origin } from "./origin.ts";
import { quoted } from "./shortened.ts";

export type CheckedSetting =
  | { readonly ok: true; readonly value: MetadataValue }
  | { readonly ok: false; readonly problem: string; readonly origin: Origin };

/** Checks a written value against its definition: type, choices, range, then the definition's own `check`. */
export function checkSetting(setting: Setting, entry: Entry): CheckedSetting {
  const result = convert(setting, entry);
  if (!result.ok) return result;
  const problem = setting.check?.(result.value);
  return problem === undefined ? result : { ok: false, problem, origin: entry.origin };
}

function convert(setting: Setting, entry: Entry): CheckedSetting {
  const { value } = entry;
  switch (setting.kind) {
    case "strings":
      return value.kind === "array" ? convertItems(setting, value.items, text) : mismatch(setting, entry);
    case "integers":
      return value.kind === "array" ? convertItems(setting, value.items, integer) : mismatch(setting, entry);
    case "string-or-strings":
      return value.kind === "array" ? convertItems(setting, value.items, text) : text(setting, entry);
    case "string":
      return text(setting, entry);
    case "integer":
      return integer(setting, entry);
    case "number":
      return number(setting, entry);
    case "boolean":
      return value.kind === "boolean" ? { ok: true, value: value.boolean } : mismatch(setting, entry);
    case "any": {
      let failed: CheckedSetting | undefined;
      const metadata = metadataValueOf(entry, (at, problem) => {
        failed ??= { ok: false, problem, origin: at };
      });
      return failed ?? (metadata === undefined ? mismatch(setting, entry) : { ok: true, value: metadata });
    }
  }
}

type Convert = (setting: Setting, entry: Entry) => CheckedSetting;

function convertItems(setting: Setting, items: readonly Entry[], convertItem: Convert): CheckedSetting {
  const values: MetadataValue[] = [];
  for (const item of items) {
    const result = convertItem(setting, item);
    if (!result.ok) return result;
    values.push(result.value);
  }
  return { ok: true, value: values };
}

function text(setting: Setting, entry: Entry): CheckedSetting {
  const { value, origin } = entry;
  if (value.kind !== "string") return mismatch(setting, entry);
  const problem = textProblem(value.text);
  if (problem !== undefined) return { ok: false, problem, origin };
  const { choices } = setting;
  if (choices === undefined || choices.includes(value.text)) return { ok: true, value: value.text };
  const nearest = nearestName(value.text, choices);
  const end = nearest === undefined ? "" : `; did you mean ${quoted(nearest)}?`;
  return {
    ok: false,
    problem: `expected ${expectation(setting)}, found ${quoted(value.text)}${end}`,
    origin,
  };
}

function integer(setting: Setting, entry: Entry): CheckedSetting {
  if (entry.value.kind !== "integer") return mismatch(setting, entry);
  return inRange(
    setting,
    entry,
    Number(entry.value.integer),
    Number.isSafeInteger(Number(entry.value.integer)),
  );
}

function number(setting: Setting, entry: Entry): CheckedSetting {
  const { value } = entry;
  if (value.kind === "integer") return inRange(setting, entry, Number(value.integer), true);
  if (value.kind !== "float") return mismatch(setting, entry);
  return inRange(setting, entry, value.number, Number.isFinite(value.number));
}

function inRange(setting: Setting, entry: Entry, value: number, exact: boolean): CheckedSetting {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = setting;
  return exact && value >= min && value <= max ? { ok: true, value } : mismatch(setting, entry);
}

function mismatch(setting: Setting, { value, origin }: Entry): CheckedSetting {
  return { ok: false, problem: `expected ${expectation(setting)}, found ${found(value)}`, origin };
}

/** A bare number reads better than "the whole number 12" beside the range that it should be in. */
function found(value: ConfigValue): string {
  return describeValue(value).replace(/^the (whole )?number /, "");
}

/** "a whole number of milliseconds from 1 to 1000": what a setting accepts. */
export function expectation(setting: Setting): string {
  const { kind, choices, unit } = setting;
  const of = unit === undefined ? "" : ` of ${unitNames[unit] ?? unit}`;
  const oneOf = choices?.map((choice) => quoted(choice)).join(", ");
  switch (kind) {
    case "string":
      return oneOf === undefined ? "a string" : `one of ${oneOf}`;
    case "integer":
      return `a whole number${of}${range(setting)}`;
    case "number":
      return `a number${of}${range(setting)}`;
    case "boolean":
      return "true or false";
    case "strings":
      return oneOf === undefined ? "a list of strings" : `a list of ${oneOf}`;
    case "string-or-strings":
      return oneOf === undefined ? "a string or a list of strings" : `one of ${oneOf}, or a list of them`;
    case "integers":
      return `a list of whole numbers${of}${range(setting)}`;
    case "any":
      return "any value";
  }
}

const unitNames: { readonly [unit: string]: string } = {
  ms: "milliseconds",
  s: "seconds",
  us: "microseconds",
  MiB: "MiB (1,048,576 bytes)",
};

function range({ min, max }: Setting): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return `, at least ${min}`;
  return max === undefined ? "" : `, at most ${max}`;
}
