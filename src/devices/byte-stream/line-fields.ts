/** Splits a line into its fields, without the blanks around them. `delimiter` absent: found for each line. */
export function splitFields(line: string, fieldCount: number, delimiter: string | undefined): string[] {
  const separator = delimiter ?? detect(line, fieldCount);
  if (separator === undefined) return [line.trim()];
  const fields = separator === " " ? line.trim().split(/\s+/) : line.split(separator);
  for (let index = 0; index < fields.length; index++) fields[index] = fields[index]!.trim();
  return fields;
}

/** A tab and a semicolon stand only between fields; a comma may, and blanks do where nothing else does. */
function detect(line: string, fieldCount: number): string | undefined {
  if (fieldCount === 1) return undefined;
  if (line.includes("\t")) return "\t";
  if (line.includes(";")) return ";";
  return line.includes(",") ? "," : " ";
}
