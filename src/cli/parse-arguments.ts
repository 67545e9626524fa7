import { parseArgs } from "node:util";
import { DaqError, systemCode } from "../model/errors.ts";
import { nearestName } from "../toml/nearest-name.ts";
import type { Command, OptionDefinition, ParsedArguments } from "./command.ts";

/** Options that every command has. */
const commonOptions: readonly OptionDefinition[] = [
  { name: "json", kind: "flag", doc: "Machine-readable output: one JSON object a line." },
  { name: "help", short: "h", kind: "flag", doc: "This text." },
];

/** Throws `DaqError("usage")` that names what is wrong. */
export function parseArguments(command: Command, args: readonly string[]): ParsedArguments {
  const definitions = [...command.options, ...commonOptions];
  const options = Object.fromEntries(
    definitions.map(({ name, short, kind, multiple }) => [
      name,
      {
        type: kind === "flag" ? ("boolean" as const) : ("string" as const),
        multiple: multiple === true,
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw (
      unknownOption(command, definitions, error) ??
      usage(command, (error as Error).message.split(". To specify")[0]!)
    );
  }
  const { values, positionals } = parsed;
  const [fewest, most] = command.operandCount;
  if (values.help !== true && positionals.length < fewest)
    throw usage(command, `daq ${command.name} needs ${command.operands}.`);
  if (positionals.length > most) throw usage(command, `Unexpected "${positionals[most]}".`);
  const textsOf = (name: string): string[] =>
    [values[name] ?? []].flat().filter((value) => typeof value === "string");
  return {
    positionals,
    flag: (name) => values[name] === true,
    text: (name) => textsOf(name).at(-1),
    texts: textsOf,
  };
}

/** An option that does not exist, with the nearest that does: of this command, or a key that `--set` takes. */
function unknownOption(
  command: Command,
  definitions: readonly OptionDefinition[],
  error: unknown,
): DaqError | undefined {
  if (systemCode(error) !== "ERR_PARSE_ARGS_UNKNOWN_OPTION") return undefined;
  const written = /'(--?[^'=]+)/.exec((error as Error).message)?.[1] ?? "";
  const names = definitions.map(({ name }) => name);
  const typed = written.replace(/^-+/, "");
  const begun = typed.length < 3 ? [] : names.filter((name) => name.startsWith(typed));
  const nearest = begun.length === 1 ? begun[0] : nearestName(typed, names);
  const meant = nearest === undefined ? "" : ` Did you mean --${nearest}?`;
  return usage(command, `daq ${command.name} has no option ${written}.${meant}`);
}

function usage(command: Command, problem: string): DaqError {
  return new DaqError("usage", problem, { hint: `See \`daq ${command.name} --help\`.` });
}

/** The help text of one command. */
export function helpText(command: Command): string {
  const rows = [...command.options, ...commonOptions].map(({ name, short, kind, value, doc }) => {
    const left = `${short === undefined ? "    " : `-${short}, `}--${name}${kind === "text" ? ` ${value ?? "VALUE"}` : ""}`;
    return { left, doc };
  });
  const width = Math.max(...rows.map(({ left }) => left.length));
  return [
    `daq ${command.name}: ${command.summary}`,
    "",
    `Usage: daq ${command.name} [options] ${command.operands}`.trimEnd(),
    "",
    ...rows.map(({ left, doc }) => `  ${left.padEnd(width)}  ${doc}`),
    "",
    "Examples:",
    ...command.examples.flatMap(([line, does]) => [`  ${line}`, `      ${does}`]),
    ...(command.notes === undefined ? [] : ["", command.notes]),
  ].join("\n");
}
