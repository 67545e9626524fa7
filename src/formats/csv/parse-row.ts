import { DaqError } from "../../model/errors.ts";

type Row = {
  readonly fields: string[];
  readonly end: number;
  /** Fields of a pair of quotes alone: they are empty, and not missing. */
  readonly empty?: ReadonlySet<number>;
};

/** The record that starts at `start`, or undefined when `text` ends before it does (and `last` is false). */
export function parseRow(text: string, start: number, last: boolean, where: () => string): Row | undefined {
  const lineFeed = text.indexOf("\n", start);
  if (lineFeed < 0 && !last) return undefined;
  const lineEnd = lineFeed < 0 ? text.length : lineFeed;
  const quote = text.indexOf('"', start);
  if (quote < 0 || quote >= lineEnd) {
    const end = lineEnd > start && text[lineEnd - 1] === "\r" ? lineEnd - 1 : lineEnd;
    return { fields: text.slice(start, end).split(","), end: lineEnd + 1 };
  }
  return parseQuotedRow(text, start, last, where);
}

function parseQuotedRow(text: string, start: number, last: boolean, where: () => string): Row | undefined {
  const fields: string[] = [];
  const empty = new Set<number>();
  for (let at = start; ; at++) {
    let end: number;
    if (text[at] === '"') {
      const closing = closingQuote(text, at + 1);
      if (closing === undefined) {
        if (!last) return undefined;
        throw new DaqError("format", `${where()}: a quoted field is never closed.`, {
          hint: "The file breaks off there, or a quote inside a field was not doubled.",
        });
      }
      if (closing === at + 1) empty.add(fields.length);
      fields.push(text.slice(at + 1, closing).replaceAll('""', '"'));
      end = closing + 1;
    } else {
      end = at;
      while (end < text.length && text[end] !== "," && text[end] !== "\n") end++;
      const bare = text[end] === "\n" && end > at && text[end - 1] === "\r" ? end - 1 : end;
      fields.push(text.slice(at, bare));
    }
    if (text[end] === "\r" && text[end + 1] === "\n") end++;
    if (text[end] === "\n") return { fields, end: end + 1, empty };
    if (end >= text.length || (text[end] === "\r" && end + 1 === text.length))
      return last ? { fields, end, empty } : undefined;
    if (text[end] !== ",")
      throw new DaqError("format", `${where()}: ${JSON.stringify(text[end])} stands behind a quoted field.`, {
        hint: "A comma or a line end was expected; a quote inside a field has to be doubled.",
      });
    at = end;
  }
}

/** Position of the quote that ends the field whose text starts at `start`; undefined when it is not there yet. */
function closingQuote(text: string, start: number): number | undefined {
  for (let at = text.indexOf('"', start); at >= 0; at = text.indexOf('"', at + 2))
    if (text[at + 1] !== '"') return at;
  return undefined;
}
