import type { Experiment } from "../experiment/experiment.ts";
import type { Terminal } from "./terminal.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Ctrl-C during a plan: the first aborts it, the second halts it, the third gives up storing. Behind it: ends an upload. */
export class PlanInterrupts {
  readonly #experiment: Experiment;
  readonly #terminal: Terminal;
  readonly #onSignal = (signal: NodeJS.Signals) => this.#interrupt(signal);
  #count = 0;

  constructor(experiment: Experiment, terminal: Terminal) {
    this.#experiment = experiment;
    this.#terminal = terminal;
    for (const signal of signals) process.on(signal, this.#onSignal);
  }

  #interrupt(signal: NodeJS.Signals): void {
    // A terminal that closes may say so more than once.
    if (signal === "SIGHUP" && this.#count > 0) return;
    this.#count++;
    const { engine, isUploading } = this.#experiment;
    if (isUploading && engine.state === "idle") {
      this.#terminal.log("The upload is stopped; what is not there yet stays in the spool.");
      this.#experiment.stopUploads();
    } else if (this.#count === 1) {
      this.#terminal.log(
        "Aborting: axes stop, the plan cleans up, the files are closed. Ctrl-C again halts.",
      );
      engine.abort(signal === "SIGINT" ? "aborted with Ctrl-C" : `aborted by ${signal}`);
    } else if (this.#count === 2 && engine.state !== "idle") {
      this.#terminal.log("Halting: devices go into their safe state, without the plan's clean-up.");
      engine.halt(signal === "SIGINT" ? "halted with Ctrl-C" : `halted by ${signal}`);
    } else {
      this.#terminal.log("Giving up: the rest of the ring is not stored.");
      this.#experiment.giveUp();
    }
  }

  release(): void {
    for (const signal of signals) process.off(signal, this.#onSignal);
  }
}
