import { type AST, ParseError, parseTOML } from "toml-eslint-parser";
import type { ConfigTable, ConfigValue, Entry } from "./config-value.ts";
import type { Origin } from "./origin.ts";
import { configError } from "./problems.ts";

/**
 * Parses TOML 1.0 into tables whose entries know their line. `path` is used in messages only. Throws
 * `DaqError("config")` with the line and a caret below the character for what is not TOML.
 */
export function parseTomlDocument(text: string, path: string): ConfigTable {
  const source = text.startsWith("\uFEFF") ? text.slice(1) : text;
  // The parser takes a lone carriage return for a line's end, and what follows would be one line off.
  const loneReturn = /\r(?!\n)/.exec(source);
  if (loneReturn !== null)
    throw syntaxError(
      source,
      path,
      positionOf(source, loneReturn.index),
      "a carriage return without a line feed",
    );
  return parse(source, path);
}

/** One TOML value on its own (`["arrow", "csv"]`), or undefined when the text is not one. */
export function parseTomlValue(text: string, origin: Origin): ConfigValue | undefined {
  if (/[\r\n]/.test(text)) return undefined;
  try {
    const program = parseTOML(`value = ${text}\n`, { tomlVersion: "1.0" });
    return new DocumentBuilder("", origin).build(program).get("value")?.value;
  } catch {
    return undefined;
  }
}

function parse(source: string, path: string): ConfigTable {
  try {
    return new DocumentBuilder(path).build(parseTOML(source, { tomlVersion: "1.0" }));
  } catch (error) {
    if (error instanceof ParseError) {
      const message = error.message.charAt(0).toLowerCase() + error.message.slice(1);
      throw syntaxError(source, path, { line: error.lineNumber, column: error.column }, message);
    }
    // Lists are taken by recursion, and the parser spreads strings on the stack: only absurd input ends here.
    if (error instanceof RangeError)
      throw syntaxError(source, path, { line: 1, column: 0 }, "nested too deeply, or a string is too long");
    throw error;
  }
}

/** `line` counts from 1, `column` from 0 in UTF-16 units, as the parser has it. */
type Position = { readonly line: number; readonly column: number };

function positionOf(source: string, index: number): Position {
  const before = source.slice(0, index);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: index - lineStart };
}

const widestShown = 100;

function syntaxError(source: string, path: string, { line, column }: Position, message: string): Error {
  const origin: Origin = { kind: "file", path, line, column: column + 1 };
  const text = (source.split("\n", line).at(line - 1) ?? "").replaceAll("\r", " ");
  const from = Math.max(0, column - widestShown + 20);
  const shown = text.slice(from, from + widestShown);
  // Tabs stay tabs, so that the caret stands right whatever their width; a surrogate pair is one character wide.
  const indent = Array.from(shown.slice(0, column - from), (character) =>
    character === "\t" ? "\t" : " ",
  ).join("");
  const gutter = " ".repeat(String(line).length);
  const picture = `\n  ${line} | ${shown}\n  ${gutter} | ${indent}^`;
  return configError([
    { origin, subject: undefined, message: `not valid TOML: ${message}${picture}${advice(text)}` },
  ]);
}

/** Of mistakes that the parser has only "unexpected" for. */
function advice(line: string): string {
  const [, key, value] = /^\s*([\w-]+)\s*=\s*([A-Za-z][\w.-]*)\s*(?:$|[#=])/.exec(line) ?? [];
  if (value === undefined || value === "true" || value === "false") return "";
  return key === value
    ? `\n  The key "${key}" stands there twice.`
    : `\n  Text stands in quotes: ${key} = "${value}"`;
}

type GrowingTable = Map<string, Entry>;

/** Turns the syntax tree into nested tables. The parser has refused keys that are defined twice. */
class DocumentBuilder {
  #path: string;
  #fixedOrigin: Origin | undefined;

  constructor(path: string, fixedOrigin?: Origin) {
    this.#path = path;
    this.#fixedOrigin = fixedOrigin;
  }

  build(program: AST.TOMLProgram): ConfigTable {
    const root: GrowingTable = new Map();
    for (const node of program.body[0].body) {
      if (node.type === "TOMLKeyValue") this.#setKeyValue(root, node);
      else {
        const table = this.#openTable(root, node);
        for (const keyValue of node.body) this.#setKeyValue(table, keyValue);
      }
    }
    return root;
  }

  #origin(node: AST.HasLocs): Origin {
    const { line, column } = node.loc.start;
    return this.#fixedOrigin ?? { kind: "file", path: this.#path, line, column: column + 1 };
  }

  #openTable(root: GrowingTable, node: AST.TOMLTable): GrowingTable {
    const names = node.key.keys.map(keyName);
    const last = names.pop()!;
    const parent = names.reduce((table, name) => this.#descend(table, name, node), root);
    if (node.kind === "standard") return this.#descend(parent, last, node);
    const element: GrowingTable = new Map();
    const existing = parent.get(last);
    const items = existing?.value.kind === "array" ? (existing.value.items as Entry[]) : [];
    items.push({ value: { kind: "table", entries: element }, origin: this.#origin(node) });
    if (existing === undefined)
      parent.set(last, { value: { kind: "array", items }, origin: this.#origin(node) });
    return element;
  }

  /** The table under `name`, made if it is new; of an array of tables the last one. */
  #descend(table: GrowingTable, name: string, place: AST.HasLocs): GrowingTable {
    const existing = table.get(name);
    const value = existing?.value.kind === "array" ? existing.value.items.at(-1)?.value : existing?.value;
    if (value?.kind === "table") return value.entries as GrowingTable;
    const entries: GrowingTable = new Map();
    table.set(name, { value: { kind: "table", entries }, origin: this.#origin(place) });
    return entries;
  }

  #setKeyValue(table: GrowingTable, node: AST.TOMLKeyValue): void {
    const names = node.key.keys.map(keyName);
    const last = names.pop()!;
    const parent = names.reduce((inner, name) => this.#descend(inner, name, node), table);
    parent.set(last, { value: this.#value(node.value), origin: this.#origin(node) });
  }

  #value(node: AST.TOMLContentNode): ConfigValue {
    switch (node.type) {
      case "TOMLArray": {
        const items = node.elements.map((item) => ({ value: this.#value(item), origin: this.#origin(item) }));
        return { kind: "array", items };
      }
      case "TOMLInlineTable": {
        const entries: GrowingTable = new Map();
        for (const keyValue of node.body) this.#setKeyValue(entries, keyValue);
        return { kind: "table", entries };
      }
      case "TOMLValue":
        return scalarOf(node);
    }
  }
}

function keyName(key: AST.TOMLBare | AST.TOMLQuoted): string {
  return key.type === "TOMLBare" ? key.name : key.value;
}

function scalarOf(node: AST.TOMLValue): ConfigValue {
  switch (node.kind) {
    case "string":
      return { kind: "string", text: node.value };
    case "integer":
      return { kind: "integer", integer: node.bigint };
    case "float":
      return { kind: "float", number: node.value, text: node.number };
    case "boolean":
      return { kind: "boolean", boolean: node.value };
    default:
      return { kind: "date", text: isoText(node.datetime) };
  }
}

/** TOML allows a space and small letters where ISO 8601 has "T" and "Z". */
function isoText(datetime: string): string {
  return datetime.replace(/[ t]/, "T").replace("z", "Z");
}
