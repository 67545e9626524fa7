import { parseError } from "../errors/parse-error.ts";
import type { ScriptError } from "../errors/script-error.ts";
import type { SourceText } from "../errors/source-text.ts";
import { Character } from "../values/character.ts";
import type { Value } from "../values/value.ts";
import { readNumber } from "./read-number.ts";
import { readCharacter, readRawString, readString, readTemplate, type TextFound } from "./read-text.ts";
import type { Token, TokenKind } from "./token.ts";
import { keywords, reservedSymbols, reservedWords, symbols } from "./words.ts";

const blank = /(?:[\s\uFEFF]+|\/\/[^\n]*)+/y;
const word = /_*[A-Za-z\p{ID_Start}][\p{ID_Continue}]*|_+/uy;

const symbolsByFirst = Map.groupBy(symbols, (symbol) => symbol.charCodeAt(0));

/** Splits a script into its pieces; the last is `end`. */
export function tokensOf(source: SourceText): Token[] {
  return new Lexer(source).read();
}

class Lexer {
  readonly #source: SourceText;
  readonly #text: string;
  readonly #tokens: Token[] = [];
  /** For each template that is open, how many braces are open inside its expression. */
  readonly #braces: number[] = [];
  #at = 0;

  constructor(source: SourceText) {
    this.#source = source;
    this.#text = source.text;
    // The first line of a program that the system runs by itself.
    if (this.#text.startsWith("#!")) this.#at = this.#lineEnd(0);
  }

  read(): Token[] {
    for (;;) {
      this.#skipBlank();
      if (this.#at >= this.#text.length) break;
      this.#readToken();
    }
    if (this.#braces.length > 0) throw this.#error(this.#text.length, "Open string is not terminated");
    this.#push("end", "", null, this.#text.length);
    return this.#tokens;
  }

  #error(at: number, problem: string): ScriptError {
    return parseError(this.#source, at, problem);
  }

  #lineEnd(from: number): number {
    const end = this.#text.indexOf("\n", from);
    return end < 0 ? this.#text.length : end;
  }

  #skipBlank(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code > 32 && code < 127 && code !== 47) return;
      blank.lastIndex = this.#at;
      if (blank.test(this.#text)) this.#at = blank.lastIndex;
      if (!this.#text.startsWith("/*", this.#at)) return;
      this.#skipBlockComment();
    }
  }

  /** Block comments nest. */
  #skipBlockComment(): void {
    const start = this.#at;
    let depth = 0;
    do {
      const open = this.#text.indexOf("/*", this.#at);
      const close = this.#text.indexOf("*/", this.#at);
      if (close < 0 && (open < 0 || depth > 0)) throw this.#error(start, "Open comment is not terminated");
      if (open >= 0 && (close < 0 || open < close)) {
        depth++;
        this.#at = open + 2;
      } else {
        depth--;
        this.#at = close + 2;
      }
    } while (depth > 0);
  }

  #push(kind: TokenKind, text: string, value: Value, at: number): void {
    this.#tokens.push({ kind, text, value, at });
  }

  #readToken(): void {
    const at = this.#at;
    const code = this.#text.charCodeAt(at);
    if (code >= 48 && code <= 57) {
      this.#readNumber(at);
      return;
    }
    if (code === 34) {
      this.#literal(readString(this.#text, at, this.#column(at)), at);
      return;
    }
    if (code === 39) {
      this.#readCharacter(at);
      return;
    }
    if (code === 96) {
      this.#readTemplate(at, at + 1, true);
      return;
    }
    word.lastIndex = at;
    const found = word.exec(this.#text);
    if (found !== null) {
      this.#readWord(found[0], at);
      return;
    }
    if (code === 35 && /^#+"/.test(this.#text.slice(at, at + 256))) {
      this.#literal(readRawString(this.#text, at), at);
      return;
    }
    this.#readSymbol(at, code);
  }

  #column(at: number): number {
    return at - (this.#text.lastIndexOf("\n", at) + 1);
  }

  #readNumber(at: number): void {
    const found = readNumber(this.#text, at);
    if (found === undefined) throw this.#error(at, "Invalid number");
    this.#at = found.end;
    this.#push("literal", "", found.value, at);
  }

  #readWord(text: string, at: number): void {
    this.#at = at + text.length;
    if (!keywords.has(text)) {
      this.#push(reservedWords.has(text) ? "reserved" : "name", text, null, at);
      return;
    }
    if (text === "true" || text === "false") {
      this.#push("literal", text, text === "true", at);
      return;
    }
    this.#push("keyword", text, null, at);
  }

  #found(found: TextFound): { text: string; opens: boolean } {
    if ("problem" in found) throw this.#error(found.at, found.problem);
    this.#at = found.end;
    return { text: found.text, opens: found.opens === true };
  }

  #literal(found: TextFound, at: number): void {
    this.#push("literal", '"', this.#found(found).text, at);
  }

  #readCharacter(at: number): void {
    this.#push("literal", "'", Character.of(this.#found(readCharacter(this.#text, at)).text), at);
  }

  #readTemplate(at: number, from: number, isFirst: boolean): void {
    const { text, opens } = this.#found(readTemplate(this.#text, from));
    if (isFirst && !opens) {
      this.#push("literal", "`", text.replace(/^\r?\n/, ""), at);
      return;
    }
    // A line break right after the opening back-tick only lines the text up.
    if (isFirst) this.#push("template-start", text.replace(/^\r?\n/, ""), null, at);
    else this.#push(opens ? "template-middle" : "template-end", text, null, at);
    if (isFirst) this.#braces.push(0);
    else if (!opens) this.#braces.pop();
  }

  #readSymbol(at: number, code: number): void {
    const open = this.#braces.length - 1;
    if (code === 125 && open >= 0 && this.#braces[open] === 0) {
      this.#readTemplate(at, at + 1, false);
      return;
    }
    const symbol = symbolsByFirst.get(code)?.find((text) => this.#text.startsWith(text, at));
    if (symbol === undefined) {
      const character = String.fromCodePoint(this.#text.codePointAt(at)!);
      throw this.#error(at, `Unexpected '${character}'`);
    }
    if (reservedSymbols.has(symbol)) throw this.#error(at, `'${symbol}' is a reserved symbol`);
    if (open >= 0 && (symbol === "{" || symbol === "#{")) this.#braces[open]!++;
    if (open >= 0 && symbol === "}") this.#braces[open]!--;
    this.#at = at + symbol.length;
    this.#push("symbol", symbol, null, at);
  }
}
