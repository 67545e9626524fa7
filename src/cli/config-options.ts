import type { LoadedConfig } from "../config/config.ts";
import { loadConfig } from "../config/load-config.ts";
import { DaqError } from "../model/errors.ts";
import type { OptionDefinition, ParsedArguments } from "./command.ts";

/** Options that stand for one key of the configuration each. */
const keyOfOption: Readonly<Record<string, string>> = {
  format: "storage.format",
  output: "storage.output_path",
  name: "experiment.name",
  compression: "storage.compression",
  "compression-level": "storage.compression_level",
  "ring-mb": "ring_buffer.size_mb",
  overflow: "ring_buffer.overflow",
};

/** How a command line changes a configuration; every command that reads one has these. */
export const configOptions: readonly OptionDefinition[] = [
  { name: "format", kind: "text", value: "NAME", doc: "File format; several with commas: arrow,csv." },
  {
    name: "output",
    short: "o",
    kind: "text",
    value: "PATH",
    doc: "Where the files go; {experiment}, {date}, {time}, {version} and {ext} are filled in.",
  },
  { name: "name", kind: "text", value: "TEXT", doc: "Name of the experiment." },
  { name: "compression", kind: "text", value: "CODEC", doc: 'Codec of the files; "none" is off.' },
  { name: "compression-level", kind: "text", value: "N", doc: "How hard the codec tries; 0 is off." },
  { name: "ring-mb", kind: "text", value: "N", doc: "Size of the ring in MiB." },
  {
    name: "overflow",
    kind: "text",
    value: "MODE",
    doc: "What a full ring does: discard-oldest, block or resize.",
  },
  {
    name: "set",
    kind: "text",
    value: "KEY=VALUE",
    multiple: true,
    doc: "Sets any key: storage.chunk_size=512, experiment.operator=Ada, devices.camera0.width=320. May be repeated.",
  },
];

/**
 * The configuration that a command line asks for: the first operand is the file (without one, the built-in simulated
 * devices), then `DAQ_…` variables, then options. Throws `DaqError("usage")` or `("config")`.
 */
export async function loadConfigFrom(
  args: ParsedArguments,
  path: string | undefined = args.positionals[0],
): Promise<LoadedConfig> {
  const given = [...ownOptions(args), ...setOptions(args)];
  refuseConflicts(given);
  return loadConfig({
    ...(path === undefined ? {} : { path }),
    env: process.env,
    flags: Object.fromEntries(given.map(({ key, value }) => [key, value])),
    flagNames: Object.fromEntries(given.map(({ key, flag }) => [key, flag])),
  });
}

type Given = { readonly key: string; readonly value: string; readonly flag: string };

function ownOptions(args: ParsedArguments): Given[] {
  return Object.entries(keyOfOption).flatMap(([option, key]) => {
    const value = args.text(option);
    return value === undefined ? [] : [{ key, value, flag: `--${option}` }];
  });
}

function setOptions(args: ParsedArguments): Given[] {
  return args.texts("set").map((text) => {
    const split = text.indexOf("=");
    if (split < 1)
      throw new DaqError("usage", `--set ${text}: expected KEY=VALUE.`, {
        hint: "For example --set storage.format=csv; `daq config show` lists the keys.",
      });
    return { key: text.slice(0, split).trim(), value: text.slice(split + 1), flag: "--set" };
  });
}

/** Two values for one key: taking either in silence would be wrong half of the time. */
function refuseConflicts(given: readonly Given[]): void {
  const first = new Map<string, Given>();
  for (const item of given) {
    const other = first.get(item.key);
    if (other !== undefined && other.value !== item.value)
      throw new DaqError(
        "usage",
        `${item.key} is given twice: ${other.flag} says "${other.value}", ${item.flag} says "${item.value}".`,
        { hint: "Keep one of them." },
      );
    first.set(item.key, item);
  }
}
