import type { MetadataValue } from "./metadata.ts";

/**
 * One key of a configuration table: the single source of its type, its check and its documentation.
 * `kind: "any"` accepts what TOML can say; `check` refines it and returns what is wrong, or undefined.
 */
export type Setting = {
  readonly key: string;
  readonly kind:
    | "string"
    | "integer"
    | "number"
    | "boolean"
    | "strings"
    | "string-or-strings"
    | "integers"
    | "any";
  readonly doc: string;
  readonly required?: boolean;
  readonly default?: MetadataValue;
  readonly choices?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly unit?: string;
  readonly example?: string;
  /** A text that ends in this is the path of a file, which a configuration takes from its own folder. */
  readonly fileEnding?: string;
  readonly check?: (value: MetadataValue) => string | undefined;
};

/** Values that passed the check, defaults filled in; an optional key without default may be absent. */
export type SettingValues = { readonly [key: string]: MetadataValue | undefined };
