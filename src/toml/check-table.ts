import type { MetadataValue } from "../model/metadata.ts";
import type { Setting, SettingValues } from "../model/setting.ts";
import { checkSetting } from "./check-setting.ts";
import type { ConfigTable } from "./config-value.ts";
import { credentialProblem } from "./credential-problem.ts";
import { nearestName, suggestion } from "./nearest-name.ts";
import { defaultOrigin, type Origin } from "./origin.ts";
import type { Problems } from "./problems.ts";
import type { ValuesOf } from "./setting-type.ts";
import { quoted, shortened } from "./shortened.ts";

/** The values of one table after the check. What was wrong is in the `Problems` already. */
export type CheckedTable<Values = SettingValues> = {
  /** Defaults are filled in; a wrong value counts as absent. */
  readonly values: Values;
  /** For each key that has a value. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** Keys with a wrong value or missing: nothing more can be said about them. */
  readonly invalid: ReadonlySet<string>;
};

export type TableToCheck<Settings extends readonly Setting[]> = {
  readonly settings: Settings;
  readonly table: ConfigTable;
  /** "[storage]", as messages begin. */
  readonly title: string;
  /** Where the table begins; for what is missing in it. */
  readonly origin: Origin | undefined;
};

/** Checks every key of a table; keys without a definition are problems too. */
export function checkTable<const Settings extends readonly Setting[]>(
  { settings, table, title, origin }: TableToCheck<Settings>,
  problems: Problems,
): CheckedTable<ValuesOf<Settings>> {
  const values: [string, MetadataValue][] = [];
  const origins = new Map<string, Origin>();
  const invalid = new Set<string>();
  for (const setting of settings) {
    const { key } = setting;
    const entry = table.get(key);
    const subject = `${title} ${key}`;
    if (entry !== undefined) {
      const result = checkSetting(setting, entry);
      if (result.ok) {
        values.push([key, result.value]);
        origins.set(key, entry.origin);
        continue;
      }
      problems.add(result.origin, subject, result.problem);
      invalid.add(key);
    } else if (setting.required === true) {
      const example = setting.example === undefined ? "" : `, for example ${key} = ${setting.example}`;
      problems.add(origin, subject, `missing; this key is required${example}`);
      invalid.add(key);
    }
    if (setting.default !== undefined) {
      values.push([key, setting.default]);
      origins.set(key, defaultOrigin);
    }
  }
  // A misspelt key counts as wrong, not as absent: its default would cause complaints of its own.
  for (const meant of reportUnknownKeys({ settings, table, title, origin }, problems))
    if (!table.has(meant)) invalid.add(meant);
  return { values: Object.fromEntries(values) as ValuesOf<Settings>, origins, invalid };
}

/** Returns the keys that were probably meant. */
function reportUnknownKeys(
  { settings, table, title }: TableToCheck<readonly Setting[]>,
  problems: Problems,
): readonly string[] {
  const known = settings.map(({ key }) => key);
  const meant: string[] = [];
  for (const [key, entry] of table) {
    if (known.includes(key)) continue;
    const name = /^[\w-]+$/.test(key) ? shortened(key) : quoted(key);
    problems.add(
      entry.origin,
      `${title} ${name}`,
      (title.startsWith("[storage") ? credentialProblem(key) : undefined) ??
        `unknown key; ${suggestion(key, known, quoted)}`,
    );
    meant.push(nearestName(key, known) ?? key);
  }
  return meant;
}
