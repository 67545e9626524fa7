import type { Setting } from "../model/setting.ts";
import type { ConfigValue } from "../toml/config-value.ts";
import type { Origin } from "../toml/origin.ts";
import { parseTomlValue } from "../toml/toml-document.ts";

/**
 * The value that a text stands for which has no TOML syntax of its own: an environment variable or a flag. Lists are
 * written with commas or as a TOML list. Text that is not what `kind` needs stays a string, and the check names it.
 */
export function rawValueOf(raw: string, kind: Setting["kind"], origin: Origin): ConfigValue {
  switch (kind) {
    case "string":
      return { kind: "string", text: raw };
    case "integer":
    case "number":
    case "boolean":
      return scalarOf(raw, origin);
    case "strings":
      return tomlListOf(raw, origin) ?? listOf(raw, (item) => ({ kind: "string", text: item }), origin);
    case "integers":
      return tomlListOf(raw, origin) ?? listOf(raw, (item) => scalarOf(item, origin), origin);
    case "string-or-strings":
      return raw.includes(",") || raw.trimStart().startsWith("[")
        ? rawValueOf(raw, "strings", origin)
        : { kind: "string", text: raw.trim() };
    case "any":
      return anyOf(raw, origin);
  }
}

function scalarOf(raw: string, origin: Origin): ConfigValue {
  const value = parseTomlValue(raw, origin);
  return value !== undefined && ["integer", "float", "boolean"].includes(value.kind)
    ? value
    : { kind: "string", text: raw };
}

function tomlListOf(raw: string, origin: Origin): ConfigValue | undefined {
  if (!raw.trimStart().startsWith("[")) return undefined;
  const value = parseTomlValue(raw, origin);
  return value?.kind === "array" ? value : undefined;
}

function listOf(raw: string, convert: (item: string) => ConfigValue, origin: Origin): ConfigValue {
  const items = raw.split(",").map((item) => ({ value: convert(item.trim()), origin }));
  return { kind: "array", items };
}

/**
 * Where nothing says the type, a number is only what is spelled exactly like the number: a sample called "1.10" or
 * "007" keeps its name.
 */
function anyOf(raw: string, origin: Origin): ConfigValue {
  const value = parseTomlValue(raw, origin);
  if (value === undefined) return { kind: "string", text: raw };
  if (value.kind === "integer" && String(value.integer) !== raw) return { kind: "string", text: raw };
  if (value.kind === "float" && String(value.number) !== raw) return { kind: "string", text: raw };
  return value;
}
