import type { MetadataValue } from "../model/metadata.ts";
import type { Setting } from "../model/setting.ts";

type KindTypes = {
  string: string;
  integer: number;
  number: number;
  boolean: boolean;
  strings: readonly string[];
  "string-or-strings": string | readonly string[];
  integers: readonly number[];
  any: MetadataValue;
};

type ValueOf<S extends Setting> = S extends { kind: "string"; choices: readonly (infer Choice)[] }
  ? Choice
  : KindTypes[S["kind"]];

type AlwaysThere = { required: true } | { default: MetadataValue };

/** The type of a table's checked values, from its definitions (an `as const` list of settings). */
export type ValuesOf<Settings extends readonly Setting[]> = {
  readonly [S in Settings[number] as S["key"]]: S extends AlwaysThere ? ValueOf<S> : ValueOf<S> | undefined;
};
