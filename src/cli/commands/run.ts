import { existsSync } from "node:fs";
import type { Config } from "../../config/config.ts";
import { dryRun } from "../../engine/dry-run.ts";
import type { PlanModule } from "../../engine/plan-module.ts";
import type { PlanOutcome } from "../../engine/run-engine-options.ts";
import { configuredDevices } from "../../experiment/configured-devices.ts";
import { type InterruptedRun, openInterruptedRun } from "../../experiment/interrupted/interrupted-run.ts";
import { openExperiment } from "../../experiment/open-experiment.ts";
import { DaqError, exitCodes } from "../../model/errors.ts";
import type { Command, OptionDefinition, ParsedArguments } from "../command.ts";
import { configOptions, loadConfigFrom } from "../config-options.ts";
import { loadPlan } from "../load-plan.ts";
import { PlanInterrupts } from "../plan-interrupts.ts";
import { PlanProgress } from "../plan-progress.ts";
import { runHooks } from "../run-hooks.ts";
import { tellOutcome } from "../tell-outcome.ts";
import type { Terminal } from "../terminal.ts";

const showEveryMs = 250;
const logEveryMs = 5_000;

/** For Rhai scripts only. */
const scriptOptions: readonly OptionDefinition[] = [
  {
    name: "check",
    kind: "flag",
    doc: "Scripts: find syntax errors, unknown functions and, with a configuration, unknown devices; nothing is run.",
  },
  {
    name: "max-operations",
    kind: "text",
    value: "N",
    doc: "Scripts: end after N statements, turns of loops and calls. Default: no limit.",
  },
  {
    name: "timeout",
    kind: "text",
    value: "TIME",
    doc: "Scripts: end after this time: 500ms, 10s, 5min, 2h. Default: no limit.",
  },
];

export const runCommand: Command = {
  name: "run",
  summary: "carry out a plan or a script, and record what it measures",
  operands: "plan.ts | script.rhai",
  operandCount: [1, 1],
  options: [
    {
      name: "config",
      short: "c",
      kind: "text",
      value: "FILE",
      doc: "The configuration: devices and files. Default: the .toml beside the plan or script, of the same name.",
    },
    { name: "dry-run", kind: "flag", doc: "Print the steps and check the limits; no device is touched." },
    {
      name: "resume",
      kind: "text",
      value: "RUN",
      doc: "Plans: go on with a run whose process died, after its last point; RUN is its ….run.json or one of its files.",
    },
    ...scriptOptions,
    ...configOptions,
  ],
  examples: [
    [
      "daq run scan.ts --config laboratory.toml",
      "carries out the plan with the devices of the configuration",
    ],
    ["daq run scan.ts --dry-run", "what it would do, and whether it would leave a device's limits"],
    [
      "daq run scan.ts --resume data/scan_v3.run.json",
      "goes on after a crash, with the same plan and devices",
    ],
    ["daq run scan.rhai --config laboratory.toml --timeout 1h", "runs a Rhai script, for at most an hour"],
    ["daq run scan.rhai --check", "finds mistakes in a script without running it"],
    ["daq run scan.ts --set experiment.sample=GaAs", "a word for the files and the start document"],
  ],
  notes: [
    "A plan is a TypeScript file whose default export is a function of the devices that gives a plan; docs/experiments.md",
    "shows how. A script is written in Rhai; docs/scripting.md says what it can do. Ctrl-C stops a script and brings its devices",
    "into their safe state. For a plan, the first Ctrl-C aborts it: axes stop, its clean-up is done, files are closed. A second one halts it: devices",
    "go into their safe state. A third gives up storing. Exit code: 0 carried out and every record stored, 1 the plan or the",
    "recording failed, or was aborted, 2 wrong usage or configuration, 3 something was lost (the files say what), 4 not all",
    "is at the store.",
  ].join("\n"),
  run,
};

async function run(args: ParsedArguments, terminal: Terminal): Promise<number> {
  const path = args.positionals[0]!;
  if (path.endsWith(".rhai")) {
    if (args.text("resume") !== undefined)
      throw new DaqError("usage", "--resume is for plans, not for scripts (.rhai).", {
        hint: "What a script was doing when it died is not recorded; run it again.",
      });
    const { runScriptFile } = await import("../run-script-file.ts");
    return runScriptFile(path, () => configOf(args, path), args, terminal);
  }
  refuseScriptOptions(args);
  if (args.flag("dry-run") && args.text("resume") !== undefined)
    throw new DaqError(
      "usage",
      "--dry-run prints all steps of a plan; it knows nothing of a run to --resume.",
      {
        hint: "Leave one of the two out. --resume itself refuses another plan before anything is moved.",
      },
    );
  const { config } = await loadConfigFrom(args, configOf(args, path));
  const plan = await loadPlan(path);
  return args.flag("dry-run")
    ? rehearse(plan, config, terminal)
    : carryOut(plan, config, args.text("resume"), terminal);
}

function refuseScriptOptions(args: ParsedArguments): void {
  const given = scriptOptions.find(({ name, kind }) =>
    kind === "flag" ? args.flag(name) : args.text(name) !== undefined,
  );
  if (given !== undefined)
    throw new DaqError("usage", `--${given.name} is for scripts (.rhai), not for plans.`, {
      hint: "For a plan there is --dry-run.",
    });
}

function configOf(args: ParsedArguments, planPath: string): string {
  const beside = planPath.replace(/\.(?:[cm]?[jt]s|rhai)$/, ".toml");
  const path = args.text("config") ?? beside;
  if (path === planPath || !existsSync(path))
    throw new DaqError("usage", `There is no configuration ${path}.`, {
      hint: "Name one with --config: it says which devices there are, and where the files go.",
    });
  return path;
}

async function rehearse(plan: PlanModule["default"], config: Config, terminal: Terminal): Promise<number> {
  const devices = await configuredDevices(config.devices);
  let number = 0;
  const result = dryRun(plan(devices), {
    onStep: (words) => {
      number++;
      if (terminal.json) terminal.printJson({ event: "step", number, words });
      else terminal.print(`${String(number).padStart(6)}  ${words}`);
    },
  });
  if (terminal.json) terminal.printJson({ event: "finished", ...result });
  else terminal.print(`${result.steps} steps, ${result.points} points; no device was touched.`);
  return exitCodes.complete;
}

async function carryOut(
  plan: PlanModule["default"],
  config: Config,
  resumed: string | undefined,
  terminal: Terminal,
): Promise<number> {
  const hooks = runHooks(terminal, "aborts the plan");
  await using interrupted =
    resumed === undefined
      ? undefined
      : await openInterruptedRun(resumed, (notice) => hooks.onNotice?.(notice));
  await using experiment = await openExperiment(config, { ...hooks, onCopying: copying(terminal) });
  const progress = new PlanProgress();
  const show = showing(progress, terminal);
  experiment.engine.subscribe((name, doc) => {
    progress.take(name, doc);
    if (name === "start" && terminal.json)
      terminal.printJson({ event: "opened", runUid: doc.uid, points: progress.total });
    show();
  }, "the progress display");
  const interrupts = new PlanInterrupts(experiment, terminal);
  let outcome: PlanOutcome<unknown> | undefined;
  let failure: unknown;
  try {
    const steps = plan(experiment.devices);
    if (interrupted !== undefined) followFrom(interrupted, progress);
    const running =
      interrupted === undefined ? experiment.engine.run(steps) : experiment.takeUp(steps, interrupted);
    outcome = await running.catch((error: unknown) => {
      failure = error;
      return undefined;
    });
    const reports = await experiment.settled();
    return tellOutcome("plan", outcome, failure, reports, terminal);
  } finally {
    interrupts.release();
  }
}

/** What subscribers are not told another time. */
function followFrom({ start, streams }: InterruptedRun, progress: PlanProgress): void {
  progress.take("start", start);
  for (const { descriptor } of streams) if (descriptor !== undefined) progress.take("descriptor", descriptor);
}

/** Shows how much of an interrupted run is in its new files. */
function copying(terminal: Terminal): (copied: number, of: number) => void {
  let shownMs = Number.NEGATIVE_INFINITY;
  return (copied, of) => {
    const nowMs = performance.now();
    if (nowMs - shownMs < showEveryMs) return;
    shownMs = nowMs;
    terminal.status(`${copied} of ${of} records of the interrupted part are copied`);
  };
}

/** Shows how far a plan is, not more often than is of use. */
function showing(progress: PlanProgress, terminal: Terminal): () => void {
  let shownMs = Number.NEGATIVE_INFINITY;
  let loggedMs = performance.now();
  return () => {
    const nowMs = performance.now();
    if (nowMs - shownMs < showEveryMs) return;
    shownMs = nowMs;
    terminal.status(progress.line());
    if (terminal.isInteractive || nowMs - loggedMs < logEveryMs) return;
    loggedMs = nowMs;
    if (terminal.json)
      terminal.printJson({ event: "progress", points: progress.points, total: progress.total });
    else terminal.log(progress.line());
  };
}
