import type { Experiment } from "../experiment/experiment.ts";
import type { Terminal } from "./terminal.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Ctrl-C during a script: the first stops it and makes its devices safe, the second gives up storing. */
export class ScriptInterrupts {
  readonly #experiment: Experiment;
  readonly #terminal: Terminal;
  readonly #stop = new AbortController();
  readonly #onSignal = (signal: NodeJS.Signals) => this.#interrupt(signal);

  constructor(experiment: Experiment, terminal: Terminal) {
    this.#experiment = experiment;
    this.#terminal = terminal;
    for (const signal of signals) process.on(signal, this.#onSignal);
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  #interrupt(signal: NodeJS.Signals): void {
    const { engine, isUploading } = this.#experiment;
    if (isUploading && engine.state === "idle") {
      this.#terminal.log("The upload is stopped; what is not there yet stays in the spool.");
      this.#experiment.stopUploads();
    } else if (!this.#stop.signal.aborted) {
      this.#terminal.log(
        "Stopping: devices go into their safe state, the files are closed. Ctrl-C again gives up.",
      );
      this.#stop.abort(signal === "SIGINT" ? "stopped with Ctrl-C" : `stopped by ${signal}`);
    } else if (signal !== "SIGHUP") {
      // A terminal that closes may say so more than once.
      this.#terminal.log("Giving up: the rest of the ring is not stored.");
      this.#experiment.giveUp();
    }
  }

  release(): void {
    for (const signal of signals) process.off(signal, this.#onSignal);
  }
}
