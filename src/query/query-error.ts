import { DaqError } from "../model/errors.ts";
import { suggestion } from "../toml/nearest-name.ts";

/** Of the kinds of errors that DuckDB has, those that the person's statement is not to blame for. */
const ofMachine = /^(Out of Memory|IO|INTERRUPT|FATAL|INTERNAL|Internal)\b/;

/** DuckDB's message as one of ours: what is wrong, the place in the statement, the name that was probably meant. */
export function queryError(error: unknown, names: readonly string[]): unknown {
  if (error instanceof DaqError || !(error instanceof Error)) return error;
  const message = error.message.replace(/^Failed to extract statements: /, "");
  const kind = /^([A-Za-z ]+?) Error: /.exec(message);
  if (kind === null) return error;
  const [first = "", ...rest] = message.slice(kind[0].length).split("\n");
  if (kind[1] === "INTERRUPT") return new DaqError("process", "The query was stopped.", { cause: error });
  if (kind[1] === "Out of Memory")
    return new DaqError("io", `The query needs more memory than it may have: ${first}`, {
      hint: "Give it more with --memory MB, or ask for fewer columns and rows.",
      cause: error,
    });
  if (ofMachine.test(message))
    return new DaqError("io", `The query failed: ${first}`, { hint: text(rest), cause: error });
  if (kind[1] === "Permission")
    return new DaqError("usage", `The query may read the named files only: ${first}`, {
      hint: "Name the file on the command line; --unrestricted allows all files.",
      cause: error,
    });
  const table = /^Table with name (.+) does not exist/.exec(first)?.[1];
  if (table !== undefined) {
    const place = rest.filter((line) => !line.startsWith("Did you mean"));
    const meant = suggestion(table, names, (name) => `"${name}"`);
    return new DaqError("usage", `There is no table "${table}": ${meant}`, {
      hint: text(place),
      cause: error,
    });
  }
  const word = /^syntax error at or near "(.+)"$/.exec(first)?.[1];
  const quoted = names.find((name) => name.toLowerCase() === word?.toLowerCase());
  if (quoted !== undefined)
    return new DaqError("usage", `The query is wrong: ${quoted} is a word of SQL.`, {
      hint: `As the name of the table it stands in double quotes: "${quoted}".`,
      cause: error,
    });
  return new DaqError("usage", `The query is wrong: ${first}`, { hint: text(rest), cause: error });
}

function text(lines: readonly string[]): string {
  const shown = lines.filter((line) => line.trim() !== "");
  return shown.length === 0 ? "See `daq query --help`." : shown.join("\n       ");
}
