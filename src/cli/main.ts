import { softwareVersion } from "../formats/software-version.ts";
import { DaqError, exitCodeOf, exitCodes } from "../model/errors.ts";
import { nearestName } from "../toml/nearest-name.ts";
import type { Command } from "./command.ts";
import { helpText, parseArguments } from "./parse-arguments.ts";
import { Terminal } from "./terminal.ts";

/** Adding a command is a file and a line here; only the one that is asked for is loaded. */
const commands: Record<string, { readonly summary: string; readonly load: () => Promise<Command> }> = {
  record: {
    summary: "record devices into files (the main job)",
    load: async () => (await import("./commands/record.ts")).recordCommand,
  },
  run: {
    summary: "carry out a plan, and record what it measures",
    load: async () => (await import("./commands/run.ts")).runCommand,
  },
  inspect: {
    summary: "show what is in a file or a run",
    load: async () => (await import("./commands/inspect.ts")).inspectCommand,
  },
  tail: {
    summary: "follow a run that is being recorded",
    load: async () => (await import("./commands/tail.ts")).tailCommand,
  },
  recover: {
    summary: "make readable what a crash left behind",
    load: async () => (await import("./commands/recover.ts")).recoverCommand,
  },
  verify: {
    summary: "read all of a run, and say whether it is complete and intact",
    load: async () => (await import("./commands/verify.ts")).verifyCommand,
  },
  convert: {
    summary: "write a finished run again in another format",
    load: async () => (await import("./commands/convert.ts")).convertCommand,
  },
  upload: {
    summary: "bring a run to a store, and prove it equal there",
    load: async () => (await import("./commands/upload.ts")).uploadCommand,
  },
  query: {
    summary: "ask a question of recorded tables in SQL",
    load: async () => (await import("./commands/query.ts")).queryCommand,
  },
  config: {
    summary: "show or check a configuration",
    load: async () => (await import("./commands/config.ts")).configCommand,
  },
  devices: {
    summary: "list drivers, their settings, and configured devices",
    load: async () => (await import("./commands/devices.ts")).devicesCommand,
  },
  doctor: {
    summary: "check what recording needs here, and what would make it faster",
    load: async () => (await import("./commands/doctor.ts")).doctorCommand,
  },
};

function overview(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  return [
    `daq ${softwareVersion()}: records instruments into standard files and accounts for every record.`,
    "",
    "Usage: daq COMMAND [options]",
    "",
    ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "`daq COMMAND --help` explains a command and shows examples.",
    "Exit codes: 0 complete, 1 failed, 2 wrong usage or configuration, 3 finished but something was lost,",
    "4 complete on this machine but not all of it at its store.",
  ].join("\n");
}

function unknownCommandHint(name: string): string {
  const names = Object.keys(commands);
  if (name.endsWith(".toml")) return `Say what to do with it: daq record ${name}`;
  const nearest = nearestName(name, names);
  const meant = nearest === undefined ? "" : `Did you mean "daq ${nearest}"? `;
  return `${meant}Choose from: ${names.join(", ")}.`;
}

function refuseMore(name: string, rest: readonly string[]): void {
  const [more] = rest.filter((argument) => argument !== "--json");
  if (more !== undefined)
    throw new DaqError("usage", `daq ${name} takes no argument ${JSON.stringify(more)}.`, {
      hint: "See `daq help`.",
    });
}

/** Runs one command line; resolves to the exit code, and never rejects. */
export async function main(args: readonly string[]): Promise<number> {
  const terminal = new Terminal(args.includes("--json"));
  const [name, ...rest] = args;
  try {
    if (name === undefined) {
      terminal.print(overview());
      return exitCodes.usage;
    }
    const isHelp = name === "help" || name === "--help" || name === "-h";
    // `daq help record` is `daq record --help`.
    if (isHelp && rest.length > 0 && !rest[0]!.startsWith("-")) return await main([...rest, "--help"]);
    if (isHelp) {
      refuseMore(name, rest);
      terminal.print(overview());
      return exitCodes.complete;
    }
    if (name === "--version" || name === "version") {
      refuseMore(name, rest);
      terminal.print(softwareVersion());
      return exitCodes.complete;
    }
    const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (entry === undefined)
      throw new DaqError("usage", `There is no command "${name}".`, {
        hint: unknownCommandHint(name),
      });
    const command = await entry.load();
    const parsed = parseArguments(command, rest);
    if (parsed.flag("help")) {
      terminal.print(helpText(command));
      return exitCodes.complete;
    }
    return await command.run(parsed, terminal);
  } catch (error) {
    terminal.fail(error);
    return exitCodeOf(error);
  }
}
