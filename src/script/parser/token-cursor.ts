import { parseError } from "../errors/parse-error.ts";
import type { ScriptError } from "../errors/script-error.ts";
import type { SourceText } from "../errors/source-text.ts";
import { tokensOf } from "../lexer/lexer.ts";
import type { Token, TokenKind } from "../lexer/token.ts";

/** Goes through the tokens of a script, and says what it expected. */
export class TokenCursor {
  readonly source: SourceText;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(source: SourceText) {
    this.source = source;
    this.#tokens = tokensOf(source);
  }

  get token(): Token {
    return this.#tokens[this.#next]!;
  }

  ahead(count: number): Token {
    return this.#tokens[Math.min(this.#next + count, this.#tokens.length - 1)]!;
  }

  take(): Token {
    const token = this.token;
    if (token.kind !== "end") this.#next++;
    return token;
  }

  sees(text: string): boolean {
    const { kind, text: found } = this.token;
    return found === text && (kind === "symbol" || kind === "keyword");
  }

  seesKind(kind: TokenKind): boolean {
    return this.token.kind === kind;
  }

  takes(text: string): boolean {
    if (!this.sees(text)) return false;
    this.#next++;
    return true;
  }

  expect(text: string, why: string): Token {
    if (!this.sees(text)) throw this.unexpected(`Expecting '${text}' ${why}`);
    return this.take();
  }

  expectName(what: string): Token {
    if (this.token.kind === "name") return this.take();
    if (this.token.kind === "reserved" || this.token.kind === "keyword") {
      throw this.error(this.token.at, `'${this.token.text}' is a reserved keyword`);
    }
    throw this.unexpected(`Expecting name of ${what}`);
  }

  error(at: number, summary: string, hint?: string): ScriptError {
    return parseError(this.source, at, summary, hint);
  }

  /** Names what stands here instead. */
  unexpected(expected: string): ScriptError {
    const { kind, text, at } = this.token;
    if (kind === "end") return this.error(at, `Script is incomplete: ${expected}`);
    if (kind === "reserved") return this.error(at, `'${text}' is a reserved keyword`, hintFor(text));
    const found = kind === "literal" ? "a literal" : kind.startsWith("template") ? "a string" : `'${text}'`;
    return this.error(at, `${expected}, found ${found}`);
  }
}

function hintFor(word: string): string | undefined {
  return word === "eval"
    ? "Scripts here cannot make and run other scripts: write a function, or import a file."
    : undefined;
}
