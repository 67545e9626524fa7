const quoted = /"(?:[^"]|"")*"/g;

/**
 * Splits a line into its fields, without the blanks around them. `delimiter` absent: found for each line. A field may stand in
 * quotes, and then has delimiters in it; two quotes there are one. Undefined: nothing, not even quotes.
 */
export function splitFields(
  line: string,
  fieldCount: number,
  delimiter: string | undefined,
): (string | undefined)[] {
  const hasQuotes = line.includes('"');
  const separator = delimiter ?? detect(hasQuotes ? line.replace(quoted, "") : line, fieldCount);
  if (separator === undefined) return [unquoted(line.trim())];
  if (hasQuotes) return splitQuoted(line.trim(), separator);
  const fields: (string | undefined)[] = separator === " " ? line.trim().split(/\s+/) : line.split(separator);
  for (let index = 0; index < fields.length; index++) fields[index] = fields[index]!.trim() || undefined;
  return fields;
}

/** A tab and a semicolon stand only between fields; a comma may, and blanks do where nothing else does. */
function detect(line: string, fieldCount: number): string | undefined {
  if (fieldCount === 1) return undefined;
  if (line.includes("\t")) return "\t";
  if (line.includes(";")) return ";";
  return line.includes(",") ? "," : " ";
}

function splitQuoted(line: string, separator: string): (string | undefined)[] {
  const fields: (string | undefined)[] = [];
  for (let at = 0; ; ) {
    while (line[at] === " " || (line[at] === "\t" && separator !== "\t")) at++;
    const end = endOfField(line, at, separator);
    fields.push(unquoted(line.slice(at, end).trim()));
    if (end === line.length) return fields;
    at = end + separator.length;
  }
}

/** Where the next separator is that does not stand in quotes, or the line's end. A quote that nothing closes is a character. */
function endOfField(line: string, at: number, separator: string): number {
  let from = at;
  if (line[at] === '"') {
    quoted.lastIndex = at;
    const match = quoted.exec(line);
    if (match?.index === at) from = quoted.lastIndex;
  }
  const end = separator === " " ? line.slice(from).search(/\s/) : line.slice(from).indexOf(separator);
  return end < 0 ? line.length : from + end;
}

function unquoted(field: string): string | undefined {
  if (field === "") return undefined;
  if (field.length < 2 || !field.startsWith('"') || !field.endsWith('"')) return field;
  const inner = field.slice(1, -1);
  return inner.replaceAll('""', "").includes('"') ? field : inner.replaceAll('""', '"');
}
