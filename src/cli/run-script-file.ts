import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { configuredDevices } from "../experiment/configured-devices.ts";
import { openExperiment } from "../experiment/open-experiment.ts";
import { DaqError, exitCodes } from "../model/errors.ts";
import {
  checkBoundScript,
  type Limits,
  runScript,
  ScriptError,
  type ScriptOutcome,
  type ScriptToRun,
} from "../script/index.ts";
import type { ParsedArguments } from "./command.ts";
import { loadConfigFrom } from "./config-options.ts";
import { parseDuration } from "./duration.ts";
import { runHooks } from "./run-hooks.ts";
import { ScriptInterrupts } from "./script-interrupts.ts";
import { ScriptLog } from "./script-log.ts";
import { tellOutcome } from "./tell-outcome.ts";
import type { Terminal } from "./terminal.ts";

/** Runs or checks a Rhai script. `configPath` throws when there is no configuration. */
export async function runScriptFile(
  path: string,
  configPath: () => string,
  args: ParsedArguments,
  terminal: Terminal,
): Promise<number> {
  if (args.flag("dry-run"))
    throw new DaqError(
      "usage",
      "A script has no dry run: what it does next may depend on what it measures.",
      {
        hint: "--check finds mistakes without running it; simulated devices show what it does.",
      },
    );
  const script = { text: await textOf(path), name: basename(path) };
  const limits = limitsOf(args);
  return args.flag("check")
    ? check(script, configPath, args, terminal)
    : carryOut(script, dirname(path), configPath(), limits, args, terminal);
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new DaqError("path", `The script ${path} cannot be read: ${(cause as Error).message}`, {
      hint: "Check the name and the folder.",
      cause,
    });
  }
}

function limitsOf(args: ParsedArguments): Partial<Limits> {
  const operations = args.text("max-operations");
  const timeout = args.text("timeout");
  if (operations !== undefined && !/^[1-9]\d{0,14}$/.test(operations))
    throw new DaqError("usage", `--max-operations takes a whole number from 1 on, not "${operations}".`);
  return {
    ...(operations === undefined ? {} : { operations: Number(operations) }),
    ...(timeout === undefined ? {} : { wallSeconds: parseDuration(timeout) / 1000 }),
  };
}

/** Without a configuration, the names of devices are not looked at. */
async function check(
  script: ScriptToRun,
  configPath: () => string,
  args: ParsedArguments,
  terminal: Terminal,
): Promise<number> {
  const path = optional(configPath, args);
  const devices =
    path === undefined
      ? undefined
      : await configuredDevices((await loadConfigFrom(args, path)).config.devices);
  const problems = problemsOf(() => checkBoundScript(script, devices));
  if (terminal.json)
    terminal.printJson({
      event: "checked",
      script: script.name,
      devices: devices === undefined ? undefined : [...devices.keys()],
      problems: problems.map(({ kind, summary, hint, position }) => ({
        kind,
        message: summary,
        hint,
        ...position,
      })),
    });
  else {
    for (const problem of problems) terminal.fail(problem);
    const looked = devices === undefined ? "; without --config, devices were not looked at" : "";
    if (problems.length === 0)
      terminal.print(`${script.name}: nothing is wrong that can be seen without running it${looked}.`);
  }
  return problems.length === 0 ? exitCodes.complete : exitCodes.failed;
}

function optional(configPath: () => string, args: ParsedArguments): string | undefined {
  try {
    return configPath();
  } catch (error) {
    if (args.text("config") !== undefined) throw error;
    return undefined;
  }
}

function problemsOf(find: () => ScriptError[]): ScriptError[] {
  try {
    return find();
  } catch (error) {
    if (error instanceof ScriptError) return [error];
    throw error;
  }
}

async function carryOut(
  script: ScriptToRun,
  moduleFolder: string,
  configPath: string,
  limits: Partial<Limits>,
  args: ParsedArguments,
  terminal: Terminal,
): Promise<number> {
  const { config } = await loadConfigFrom(args, configPath);
  checkBoundScript(script); // What is no script is found before a device is touched.
  const log = new ScriptLog();
  const hooks = runHooks(terminal, "stops the script");
  let see: (id: string, frame: Uint8Array) => void = () => {};
  await using experiment = await openExperiment(config, {
    ...hooks,
    filesBeside: () => log.filesBeside,
    onStart: (run) => {
      log.begin(run.recorder.indexPath);
      hooks.onStart?.(run);
    },
    onFrame: (id, frame) => see(id, frame),
  });
  const interrupts = new ScriptInterrupts(experiment, terminal);
  let outcome: ScriptOutcome | undefined;
  let failure: unknown;
  try {
    const { devices, engine } = experiment;
    const laboratory = {
      devices,
      engine,
      watchFrames: (watcher: typeof see) => {
        see = watcher;
      },
    };
    outcome = await runScript(script, laboratory, {
      limits,
      moduleFolder,
      signal: interrupts.signal,
      print: (text) => {
        log.write(text);
        if (terminal.json) terminal.printJson({ event: "print", text });
        else terminal.print(text);
      },
      debug: (text, source) => {
        log.write(`${source}: ${text}`);
        terminal.log(`${source}: ${text}`);
      },
    }).catch((error: unknown) => {
      failure = error;
      return undefined;
    });
    if (failure instanceof Error) log.write(failure.message);
    const logFailure = await log.close();
    const reports = await experiment.settled();
    if (logFailure !== undefined)
      terminal.warn(`What the script printed is not in ${log.path}: ${logFailure.message}`);
    return tellOutcome("script", outcome, failure, reports, terminal);
  } finally {
    interrupts.release();
  }
}
