/** Where something stands in a script; lines and columns count from 1, columns in characters. */
export type SourcePosition = { readonly line: number; readonly column: number };

/** The text of one script and its name, and the way from an offset to line and column. */
export class SourceText {
  readonly name: string;
  readonly text: string;
  #lineStarts: number[] | undefined;

  constructor(text: string, name: string) {
    this.text = text;
    this.name = name;
  }

  position(offset: number): SourcePosition {
    this.#lineStarts ??= [0, ...[...this.text.matchAll(/\n/g)].map(({ index }) => index + 1)];
    const starts = this.#lineStarts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    const before = this.text.slice(starts[low], offset);
    return { line: low + 1, column: [...before].length + 1 };
  }

  /** The line and, below it, a caret under the character. A long line is cut to what lies around it. */
  excerpt({ line, column }: SourcePosition): string {
    const characters = [...(this.text.split("\n", line)[line - 1] ?? "").replace(/\r$/, "")];
    const from = Math.max(0, column - 1 - 80);
    const shown = characters.slice(from, from + 120).join("");
    const indent = characters
      .slice(from, column - 1)
      .map((character) => (character === "\t" ? "\t" : " "))
      .join("");
    const gutter = `${line} | `;
    return `${gutter}${shown}\n${" ".repeat(gutter.length)}${indent}^`;
  }
}
