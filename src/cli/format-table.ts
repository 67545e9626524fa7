const gap = "  ";
/** A last column narrower than this is not worth wrapping: the lines would be all column. */
const leastWrapped = 24;

/**
 * Rows of text in columns under an optional header. With the `width` of a screen, a long last column goes on below
 * itself instead of running over the others.
 */
export function formatTable(
  rows: readonly (readonly string[])[],
  header?: readonly string[],
  width = Number.POSITIVE_INFINITY,
): string[] {
  const all = header === undefined ? rows : [header, ...rows];
  const count = Math.max(0, ...all.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, index) =>
    Math.max(...all.map((row) => (row[index] ?? "").length)),
  );
  const before = widths.slice(0, -1).reduce((sum, column) => sum + column + gap.length, 0);
  const room = width - before >= leastWrapped ? width - before : Number.POSITIVE_INFINITY;
  if (count > 0) widths[count - 1] = Math.min(widths[count - 1]!, room);
  const lineOf = (row: readonly string[]) =>
    row
      .map((cell, index) => cell.padEnd(widths[index]!))
      .join(gap)
      .trimEnd();
  const linesOf = (row: readonly string[]) => {
    if (row.length < count) return [lineOf(row)];
    const [first = "", ...more] = wrapped(row.at(-1)!, room);
    return [lineOf([...row.slice(0, -1), first]), ...more.map((text) => " ".repeat(before) + text)];
  };
  const body = rows.flatMap(linesOf);
  return header === undefined
    ? body
    : [lineOf(header), lineOf(widths.map((column) => "-".repeat(column))), ...body];
}

function wrapped(text: string, room: number): string[] {
  if (text.length <= room) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
