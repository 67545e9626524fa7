import type { Value } from "../values/value.ts";

/**
 * A piece of a script. `text` is the name, the keyword or the symbol; of the pieces of a template, the characters.
 * Literals carry their value.
 */
export type Token = {
  readonly kind: TokenKind;
  readonly text: string;
  readonly value: Value;
  /** Offset of its first UTF-16 unit. */
  readonly at: number;
};

/**
 * A template is `template-start`, tokens, and then, as often as it takes, `template-middle` and tokens, and at last
 * `template-end`; one without interpolation is a literal.
 */
export type TokenKind =
  | "name"
  | "keyword"
  | "reserved"
  | "symbol"
  | "literal"
  | "template-start"
  | "template-middle"
  | "template-end"
  | "end";
