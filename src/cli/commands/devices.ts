import type { Driver } from "../../devices/contract.ts";
import { driverNames, loadDriver } from "../../devices/registry.ts";
import { DaqError, exitCodes } from "../../model/errors.ts";
import { suggestion } from "../../toml/nearest-name.ts";
import type { Command, ParsedArguments } from "../command.ts";
import { configOptions, loadConfigFrom } from "../config-options.ts";
import { configuredSources } from "../configured-sources.ts";
import { driverExamples } from "../driver-examples.ts";
import { formatTable } from "../format-table.ts";
import { settingsTable } from "../settings-table.ts";
import { streamText } from "../stream-text.ts";
import type { Terminal } from "../terminal.ts";

export const devicesCommand: Command = {
  name: "devices",
  summary: "list drivers, a driver's settings, or the devices of a configuration",
  operands: "[config.toml]",
  operandCount: [0, 1],
  options: [
    { name: "driver", kind: "text", value: "NAME", doc: "The settings of one driver, with an example." },
    ...configOptions.filter(({ name }) => name === "set"),
  ],
  examples: [
    ["daq devices", "each driver and what it is for"],
    ["daq devices --driver sim.camera", "its settings, and a [[devices]] table to start from"],
    ["daq devices experiment.toml", "the configured devices and their streams; nothing is started"],
  ],
  async run(args, terminal) {
    const name = args.text("driver");
    const path = args.positionals[0];
    if (name !== undefined && path !== undefined)
      throw new DaqError("usage", "--driver and a configuration do not go together.", {
        hint: "Ask for one of them.",
      });
    if (path === undefined && args.texts("set").length > 0)
      throw new DaqError("usage", "--set changes a configuration, and none is named.", {
        hint: "daq devices config.toml --set …",
      });
    if (name !== undefined) showDriver(await driverOf(name), terminal);
    else if (path === undefined) await listDrivers(terminal);
    else await listConfigured(args, terminal);
    return exitCodes.complete;
  },
};

async function driverOf(name: string): Promise<Driver> {
  if (driverNames.includes(name)) return loadDriver(name);
  throw new DaqError(
    "usage",
    `There is no driver "${name}"; ${suggestion(name, driverNames, (known) => `"${known}"`)}`,
    {
      hint: "`daq devices` lists them.",
    },
  );
}

async function listDrivers(terminal: Terminal): Promise<void> {
  const drivers = await Promise.all(driverNames.map(loadDriver));
  if (terminal.json) {
    for (const driver of drivers) terminal.printJson(driverJson(driver));
    return;
  }
  for (const line of formatTable(
    drivers.map(({ name, summary }) => [name, summary]),
    ["driver", "what it is"],
  ))
    terminal.print(line);
  terminal.print("");
  terminal.print("`daq devices --driver NAME` shows a driver's settings and an example.");
}

function showDriver(driver: Driver, terminal: Terminal): void {
  if (terminal.json) {
    terminal.printJson(driverJson(driver));
    return;
  }
  const example = driverExamples[driver.name];
  const lines = [
    `${driver.name}: ${driver.summary}`,
    "",
    ...settingsTable(driver.settings, process.stdout.columns),
    "",
    "Beside these, every device has `id` and `driver`, and may have `format`.",
    ...(example === undefined ? [] : ["", "Example", ...example.split("\n").map((line) => `  ${line}`)]),
  ];
  for (const line of lines) terminal.print(line);
}

function driverJson({ name, summary, settings }: Driver) {
  // `check` is a function: JSON leaves it out.
  return { name, summary, settings, example: driverExamples[name] };
}

async function listConfigured(args: ParsedArguments, terminal: Terminal): Promise<void> {
  const { config, path } = await loadConfigFrom(args);
  const sources = await configuredSources(config);
  if (terminal.json) {
    for (const { device, ...made } of sources) terminal.printJson({ ...device, ...made });
    return;
  }
  if (sources.length === 0) terminal.log(`${path} names no [[devices]].`);
  const rows = sources.flatMap(({ device: { id, driver }, streams, capabilities }) => [
    ...streams.map((stream) => [id, driver, stream.name, streamText(stream)]),
    ...(capabilities.length === 0 ? [] : [[id, driver, "", `in a plan: ${capabilities.join(", ")}`]]),
  ]);
  for (const line of formatTable(rows, ["device", "driver", "stream", "content"])) terminal.print(line);
}
