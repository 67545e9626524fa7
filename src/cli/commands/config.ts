import type { LoadedConfig } from "../../config/config.ts";
import { describeConfig } from "../../config/describe-config.ts";
import { DaqError, exitCodes } from "../../model/errors.ts";
import { plannedFiles } from "../../recorder/planned-files.ts";
import { checkPlaces } from "../../run/check-places.ts";
import { announcedBytesPerSecond } from "../../run/disk-space.ts";
import { outputNotices } from "../../run/output-notices.ts";
import { planOutputs } from "../../run/output-plan.ts";
import { checkDescriptionsFit, checkRingFits } from "../../run/ring-fit.ts";
import { describeRun } from "../../run/run-info.ts";
import { targetOf } from "../../run/run-spool.ts";
import { parseStoreUrl } from "../../stores/store-url.ts";
import { suggestion } from "../../toml/nearest-name.ts";
import type { Command, ParsedArguments } from "../command.ts";
import { configOptions, loadConfigFrom } from "../config-options.ts";
import { type ConfiguredSource, configuredSources } from "../configured-sources.ts";
import { durationText, parseDuration } from "../duration.ts";
import { formatTable } from "../format-table.ts";
import { bytesText } from "../quantity-text.ts";
import { streamText } from "../stream-text.ts";
import type { Terminal } from "../terminal.ts";

const actions = { show, check } as const;

export const configCommand: Command = {
  name: "config",
  summary: "show what is set and where it came from, or check it",
  operands: "show|check [config.toml]",
  operandCount: [1, 2],
  options: [
    { name: "docs", kind: "flag", doc: "With show: what each key means." },
    {
      name: "duration",
      short: "d",
      kind: "text",
      value: "TIME",
      doc: "With check: whether the disk has room for a run of this time (500ms, 10s, 5min, 2h).",
    },
    ...configOptions,
  ],
  examples: [
    [
      "daq config check experiment.toml",
      "says what would be recorded and where to, or all that is wrong; starts nothing",
    ],
    [
      "daq config show experiment.toml",
      "every key, its value, and whether file, environment or option set it",
    ],
    ["daq config show --docs", "the defaults, with what each key means"],
    ["daq config check experiment.toml --set storage.format=csv", "with a key changed"],
    ["daq config check experiment.toml --duration 8h", "and whether a night fits on the disk"],
  ],
  notes: [
    "Without a file, the built-in configuration with simulated devices is meant. Values are in TOML's spelling; with",
    "--json, show prints an object for each key. A check also looks for the programs, the space and the permissions that a",
    "recording here would need. Exit code: 0 the configuration is good, 2 it is not.",
  ].join("\n"),
  async run(args, terminal) {
    const [action = ""] = args.positionals;
    if (!Object.hasOwn(actions, action)) throw unknownAction(action);
    // What follows the action is to `loadConfigFrom` what follows `daq record`.
    const rest = { ...args, positionals: args.positionals.slice(1) };
    return actions[action as keyof typeof actions](rest, terminal);
  },
};

function unknownAction(action: string): DaqError {
  const hint = action.endsWith(".toml")
    ? `Say what to do with it: daq config check ${action}`
    : "See `daq config --help`.";
  const names = suggestion(action, Object.keys(actions), (name) => `"${name}"`);
  return new DaqError("usage", `daq config cannot "${action}"; ${names}`, { hint });
}

async function show(args: ParsedArguments, terminal: Terminal): Promise<number> {
  const rows = describeConfig(await loadConfigFrom(args));
  if (terminal.json) {
    for (const row of rows) terminal.printJson(row);
    return exitCodes.complete;
  }
  const withDocs = args.flag("docs");
  const cells = rows.map(({ key, value, origin, doc }) => [
    key,
    value,
    value === "" ? "not set" : origin,
    ...(withDocs ? [doc] : []),
  ]);
  for (const line of formatTable(
    cells,
    ["key", "value", "from", ...(withDocs ? ["meaning"] : [])],
    process.stdout.columns,
  ))
    terminal.print(line);
  return exitCodes.complete;
}

async function check(args: ParsedArguments, terminal: Terminal): Promise<number> {
  const loaded = await loadConfigFrom(args);
  try {
    const checked = await plan(loaded, durationOf(args));
    if (terminal.json) terminal.printJson(checkJson(loaded, checked));
    else for (const line of checkLines(loaded, checked)) terminal.print(line);
    return exitCodes.complete;
  } catch (error) {
    // A stream that its format refuses, or a path that is taken, is a fault of the configuration as well.
    if (!(error instanceof DaqError)) throw error;
    throw new DaqError("config", error.message, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}

type CheckedConfig = {
  readonly sources: readonly ConfiguredSource[];
  readonly files: readonly string[];
  readonly indexPath: string;
  /** The store that the files go to from there. */
  readonly target: string | undefined;
  readonly notices: readonly string[];
};

function durationOf(args: ParsedArguments): number | undefined {
  const text = args.text("duration");
  return text === undefined ? undefined : parseDuration(text) / 1000;
}

/** All that a recording would refuse, as far as it can be known without starting it. */
async function plan({ config }: LoadedConfig, seconds: number | undefined): Promise<CheckedConfig> {
  if (config.devices.length === 0)
    throw new DaqError("config", "The configuration names no [[devices]]: there is nothing to record.", {
      hint: "See `daq devices` for the drivers, and add a [[devices]] table for each device.",
    });
  const sources = await configuredSources(config);
  const devices = sources.map(({ device, streams }) => ({ formats: device.formats, streams }));
  const streams = sources.flatMap((source) => source.streams);
  checkRingFits(config.ringBuffer, streams);
  checkDescriptionsFit(describeRun(config, 0n), streams);
  const outputs = await planOutputs(config, devices, new Date());
  const files = await plannedFiles(outputs, streams);
  const notices = await outputNotices(config, devices);
  const target = targetOf(config, outputs);
  // A wrong address is found here, without asking the store.
  if (target !== undefined) parseStoreUrl(target);
  const warning = await checkPlaces(outputs.indexPath, config.ringBuffer, streams, seconds);
  await checkDevices(sources);
  return {
    sources,
    files: files.map((file) => file.path),
    indexPath: outputs.indexPath,
    target,
    notices: [...notices, ...(warning === undefined ? [] : [warning])],
  };
}

/** What the devices miss on this machine, all of it. */
async function checkDevices(sources: readonly ConfiguredSource[]): Promise<void> {
  const problems: DaqError[] = [];
  for (const { checkHere } of sources)
    await checkHere?.().catch((error: unknown) => {
      if (!(error instanceof DaqError)) throw error;
      problems.push(error);
    });
  const [first] = problems;
  if (first === undefined) return;
  if (problems.length === 1) throw first;
  const text = problems.map(({ message, hint }) => `${message} ${hint ?? ""}`.trim()).join("\n");
  throw new DaqError("device", text, { hint: "A recording would go on without these devices." });
}

function checkLines(
  { config, path }: LoadedConfig,
  { sources, files, indexPath, target, notices }: CheckedConfig,
): string[] {
  const rows = sources.flatMap(({ device, streams }) =>
    streams.map((stream) => [stream.name, device.driver, device.formats.join(" + "), streamText(stream)]),
  );
  return [
    `OK: ${path ?? "the built-in configuration with simulated devices"}`,
    "",
    ...formatTable(rows, ["stream", "driver", "format", "content"]).map((line) => `  ${line}`),
    "",
    "A run that starts now makes",
    ...[...files, indexPath].map((file) => `  ${file}`),
    ...(target === undefined ? [] : targetLines(config, target)),
    "",
    ringLine(config, sources),
    ...notices.map((notice) => `note: ${notice}`),
  ];
}

/** The store itself is not asked: a check starts nothing, and works without a network. */
function targetLines({ storage }: LoadedConfig["config"], target: string): string[] {
  const then = storage.spool?.keep === true ? "they stay here as well" : "deleted here once proven equal";
  return ["and brings them to", `  ${target}/ (${then}; a {version} that is taken there counts up)`];
}

function ringLine({ ringBuffer }: LoadedConfig["config"], sources: readonly ConfiguredSource[]): string {
  const { sizeMb, overflow, path } = ringBuffer;
  const rate = announcedBytesPerSecond(sources.flatMap(({ streams }) => streams));
  const ring = `The ring has ${sizeMb} MiB${path === undefined ? "" : ` in ${path}`} (${overflow})`;
  if (rate === undefined)
    return `${ring}; how long it lasts is not known, because a device does not say its rate.`;
  return `${ring}: at ${bytesText(rate)} per second it holds ${durationText((sizeMb * 2 ** 20) / rate)}.`;
}

function checkJson(
  { config, path }: LoadedConfig,
  { sources, files, indexPath, target, notices }: CheckedConfig,
) {
  const bytesPerSecond = announcedBytesPerSecond(sources.flatMap(({ streams }) => streams));
  return {
    ok: true,
    path,
    devices: sources.map(({ device, streams }) => ({ ...device, streams })),
    files,
    indexPath,
    ...(target === undefined ? {} : { target }),
    notices,
    ringBuffer: config.ringBuffer,
    bytesPerSecond,
  };
}
