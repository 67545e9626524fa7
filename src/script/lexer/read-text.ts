/** Characters that were read, and where the script goes on; or what is wrong, and where. */
export type TextFound =
  | { readonly text: string; readonly end: number; readonly opens?: boolean }
  | { readonly problem: string; readonly at: number };

const simple: Readonly<Record<string, string>> = {
  "\\": "\\",
  t: "\t",
  n: "\n",
  r: "\r",
  '"': '"',
  "'": "'",
  "`": "`",
};
const hexLengths: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

type Escape = { readonly text: string; readonly end: number } | { readonly problem: string };

/** The escape whose backslash stands at `at`. */
function readEscape(source: string, at: number): Escape {
  const letter = source[at + 1] ?? "";
  const plain = simple[letter];
  if (plain !== undefined) return { text: plain, end: at + 2 };
  const length = hexLengths[letter];
  const hex = length === undefined ? "" : source.slice(at + 2, at + 2 + length);
  if (length !== undefined && hex.length === length && /^[0-9a-f]+$/i.test(hex)) {
    const code = Number.parseInt(hex, 16);
    const isScalar = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    if (isScalar) return { text: String.fromCodePoint(code), end: at + 2 + length };
  }
  return { problem: `Invalid escape sequence: '\\${letter}${hex}'` };
}

/** A string in double quotes; `at` is the quote, `column` how far it stands from the start of its line. */
export function readString(source: string, at: number, column: number): TextFound {
  let text = "";
  let from = at + 1;
  for (let index = from; index < source.length; index++) {
    const character = source[index];
    if (character === "\n") break;
    if (character === '"') {
      text += source.slice(from, index);
      if (source[index + 1] !== '"') return { text, end: index + 1 };
      from = ++index;
    } else if (character === "\\") {
      text += source.slice(from, index);
      const lineEnd = /\\\r?\n/y;
      lineEnd.lastIndex = index;
      const [continued] = lineEnd.exec(source) ?? [];
      if (continued !== undefined) {
        from = index + continued.length;
        // The margin up to the opening quote lines the script up; what is beyond belongs to the text.
        for (let margin = 0; margin <= column && /[ \t]/.test(source[from] ?? ""); margin++) from++;
      } else {
        const escaped = readEscape(source, index);
        if ("problem" in escaped) return { problem: escaped.problem, at: index };
        text += escaped.text;
        from = escaped.end;
      }
      index = from - 1;
    }
  }
  return { problem: "Open string is not terminated", at };
}

/** A character in single quotes. */
export function readCharacter(source: string, at: number): TextFound {
  let text = "";
  let end = at + 1;
  if (source[end] === "\\") {
    const escaped = readEscape(source, end);
    if ("problem" in escaped) return { problem: escaped.problem, at: end };
    text = escaped.text;
    end = escaped.end;
  } else if (end < source.length && source[end] !== "\n" && source[end] !== "'") {
    text = String.fromCodePoint(source.codePointAt(end)!);
    end += text.length;
  }
  if (text === "" || source[end] !== "'") return { problem: "Invalid character", at };
  return { text, end: end + 1 };
}

/** `#"..."#`, with as many signs at the end as at the start. */
export function readRawString(source: string, at: number): TextFound {
  const fence = /#+(?=")/y;
  fence.lastIndex = at;
  const signs = fence.exec(source)?.[0] ?? "";
  const start = at + signs.length + 1;
  const end = source.indexOf(`"${signs}`, start);
  if (end < 0) return { problem: "Open string is not terminated", at };
  return { text: source.slice(start, end), end: end + 1 + signs.length };
}

/** The characters of a template from `from` up to the closing back-tick, or to `${`, which `opens` an expression. */
export function readTemplate(source: string, from: number): TextFound {
  let text = "";
  let start = from;
  for (let index = from; index < source.length; index++) {
    const character = source[index];
    if (character === "`") {
      text += source.slice(start, index);
      if (source[index + 1] !== "`") return { text, end: index + 1, opens: false };
      start = ++index;
    } else if (character === "\\" && source.startsWith("${", index + 1)) {
      text += `${source.slice(start, index)}\${`;
      index += 2;
      start = index + 1;
    } else if (character === "$" && source[index + 1] === "{") {
      return { text: text + source.slice(start, index), end: index + 2, opens: true };
    }
  }
  return { problem: "Open string is not terminated", at: from - 1 };
}
