import { DaqError } from "../../model/errors.ts";
import { recordRun } from "../../run/record-run.ts";
import type { RunHooks, RunLimits } from "../../run/run-contract.ts";
import type { Command, ParsedArguments } from "../command.ts";
import { configOptions, loadConfigFrom } from "../config-options.ts";
import { parseDuration } from "../duration.ts";
import { ProgressLine } from "../progress-line.ts";
import { runHooks } from "../run-hooks.ts";
import { printReport, reportJson } from "../run-report.ts";
import type { Terminal } from "../terminal.ts";

/** Without a terminal that redraws a line, one line in so many milliseconds. */
const logEveryMs = 5_000;

export const recordCommand: Command = {
  name: "record",
  summary: "record devices into files, and account for every record",
  operands: "[config.toml]",
  operandCount: [0, 1],
  options: [
    {
      name: "duration",
      short: "d",
      kind: "text",
      value: "TIME",
      doc: "Stop after this time: 500ms, 10s, 5min, 2h. Default: until Ctrl-C.",
    },
    { name: "frames", short: "n", kind: "text", value: "N", doc: "Stop each device after N records." },
    ...configOptions,
  ],
  examples: [
    ["daq record --duration 5s", "records the simulated camera and power meter for five seconds"],
    ["daq record experiment.toml", "records the devices of a configuration until Ctrl-C"],
    [
      "daq record experiment.toml --frames 1000 --output data/test_v{version}.arrow",
      "1000 records of each device, into a path of your own",
    ],
    [
      "daq record --set ring_buffer.overflow=block --set ring_buffer.size_mb=16",
      "changes single keys of the configuration",
    ],
    [
      "daq record experiment.toml --output 's3://bucket/lab/{experiment}_v{version}.{ext}'",
      "into a spool here, and from there to a store while the run goes on",
    ],
  ],
  notes: [
    "The first Ctrl-C stops the devices and stores what the ring still holds; a second one gives up storing, and the",
    "files say what was lost; a recorder that does not answer to that is ended after 15 s, and `daq recover` stores the",
    "rest. Exit code: 0 every record is stored, 3 something was lost (the files say what), 1 failed,",
    "2 wrong configuration, 4 recorded in full but not all of it is at the store that output_path names.",
    "",
    "The extension of --output chooses the format, unless --format does: hdf5 (.h5, .hdf5, .nxs), arrow (.arrow), parquet",
    "(.parquet), csv (.csv, .csv.gz), zarr (.zarr), jsonl (.jsonl). A run to a store waits at its end until nothing has got",
    "through for ten minutes; --set storage.upload_timeout_ms=60000 makes that one.",
  ].join("\n"),
  run: record,
};

async function record(args: ParsedArguments, terminal: Terminal): Promise<number> {
  const limits = parseLimits(args);
  const { config } = await loadConfigFrom(args);
  if (config.devices.length === 0)
    throw new DaqError("config", "The configuration names no [[devices]]: there is nothing to record.", {
      hint: "See `daq devices` for the drivers, and add a [[devices]] table for each device.",
    });
  const interrupts = new Interrupts(terminal);
  try {
    const report = await recordRun(
      config,
      { ...limits, ...interrupts.signals },
      hooksFor(terminal, interrupts),
    );
    if (terminal.json) terminal.printJson({ event: "finished", ...reportJson(report) });
    else printReport(report, terminal);
    for (const error of report.errors) terminal.fail(error);
    return report.exitCode;
  } finally {
    interrupts.release();
  }
}

function parseLimits(args: ParsedArguments): Pick<RunLimits, "durationMs" | "recordLimit"> {
  const duration = args.text("duration");
  const frames = args.text("frames");
  if (frames !== undefined && !/^[1-9]\d{0,14}$/.test(frames))
    throw new DaqError("usage", `--frames takes a whole number from 1 on, not "${frames}".`);
  return {
    ...(duration === undefined ? {} : { durationMs: parseDuration(duration) }),
    ...(frames === undefined ? {} : { recordLimit: Number(frames) }),
  };
}

/** Ctrl-C: the first stops, the second gives up. */
class Interrupts {
  readonly #stop = new AbortController();
  readonly #giveUp = new AbortController();
  readonly #terminal: Terminal;
  readonly #onSignal = (signal: NodeJS.Signals) => this.#interrupt(signal);
  /** The run is over and its files are closed; only the upload is waited for. */
  isUploading = false;
  readonly signals = { stop: this.#stop.signal, giveUp: this.#giveUp.signal };

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, this.#onSignal);
  }

  #interrupt(signal: NodeJS.Signals): void {
    if (this.isUploading) {
      if (signal === "SIGHUP" && this.#stop.signal.aborted) return;
      this.#terminal.log("The upload is stopped; what is not there yet stays in the spool.");
      (this.#stop.signal.aborted ? this.#giveUp : this.#stop).abort();
    } else if (!this.#stop.signal.aborted) {
      this.#terminal.log("Stopping: what the ring holds is being stored. Ctrl-C again gives up.");
      this.#stop.abort();
    } else if (signal !== "SIGHUP") {
      // A terminal that closes may say so more than once.
      this.#terminal.log("Giving up: the rest of the ring is not stored.");
      this.#giveUp.abort();
    }
  }

  release(): void {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(signal, this.#onSignal);
  }
}

function hooksFor(terminal: Terminal, interrupts: Interrupts): RunHooks {
  const line = new ProgressLine();
  let loggedAtMs = 0;
  const hooks = runHooks(terminal, "stops");
  return {
    ...hooks,
    onProgress: (progress) => {
      const text = line.next(progress);
      terminal.status(text);
      if (terminal.json) terminal.printJson({ event: "progress", ...progress });
      else if (!terminal.isInteractive && progress.elapsedMs - loggedAtMs >= logEveryMs) {
        loggedAtMs = progress.elapsedMs;
        terminal.log(text);
      }
    },
    onUploading: (progress) => {
      interrupts.isUploading = true;
      hooks.onUploading?.(progress);
    },
  };
}
