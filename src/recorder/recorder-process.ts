import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DaqError } from "../model/errors.ts";
import type { RecorderProgress } from "./recorder.ts";
import type { FromRecorder, SentError, ToRecorder } from "./recorder-messages.ts";
import { journalPath, type RecorderOptions } from "./recorder-options.ts";
import { type RunIndex, readRunIndex } from "./run-index.ts";

export type RecorderOutcome = { readonly index: RunIndex; readonly error?: DaqError };

export type RecorderProcessHooks = {
  readonly onProgress?: (progress: RecorderProgress) => void;
  /** Writing failed for good: the sources should stop, so that the ring keeps what it holds. */
  readonly onFailing?: (error: DaqError) => void;
  /** The process died and was started again; it goes on from its last checkpoint. */
  readonly onRestart?: (reason: string, attempt: number) => void;
};

/** A recorder that dies again and again without storing anything between is given up. */
const maxRestarts = 10;
const restartDelayMs = 200;

/** A recorder in a process of its own, started again when it dies. */
export class RecorderProcess {
  readonly options: RecorderOptions;
  readonly #hooks: RecorderProcessHooks;
  readonly #ready = Promise.withResolvers<void>();
  readonly #outcome = Promise.withResolvers<RecorderOutcome>();
  #child: ChildProcess | undefined;
  #isAborting = false;
  #restarts = 0;
  #lastCheckpoints = 0;

  constructor(options: RecorderOptions, hooks: RecorderProcessHooks = {}) {
    this.options = options;
    this.#hooks = hooks;
    this.#ready.promise.catch(() => {});
    this.#outcome.promise.catch(() => {});
    this.#start();
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when the files are open. Rejects with what prevents it. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Resolves when the files are closed. Rejects when the recorder had to be given up. */
  get outcome(): Promise<RecorderOutcome> {
    return this.#outcome.promise;
  }

  /** Gives up draining. */
  abort(): void {
    this.#isAborting = true;
    this.#send({ type: "abort" });
  }

  #send(message: ToRecorder): void {
    if (this.#child?.connected === true) this.#child.send(message);
  }

  #start(): void {
    const file = `./recorder-main${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`;
    // A session of its own: it must outlive a terminal that is closed and a producer that is killed with its group.
    const child = fork(fileURLToPath(new URL(file, import.meta.url)), [], {
      detached: true,
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      // Metadata may hold 64-bit integers, which JSON messages cannot.
      serialization: "advanced",
      execArgv: process.execArgv.filter(
        (argument) => !argument.startsWith("--test") && !argument.startsWith("--inspect"),
      ),
    });
    this.#child = child;
    let isDone = false;
    child.on("message", (message: FromRecorder) => {
      isDone = this.#receive(message) || isDone;
    });
    child.on("error", (error) =>
      this.#giveUp(
        new DaqError("process", `The recorder cannot be started: ${error.message}`, { cause: error }),
      ),
    );
    child.on("exit", (code, signal) => {
      if (!isDone) void this.#died(signal ?? `exit code ${code}`);
    });
    this.#send({ type: "start", options: this.options });
    if (this.#isAborting) this.#send({ type: "abort" });
  }

  /** Returns true when nothing more is to be expected of the process. */
  #receive(message: FromRecorder): boolean {
    switch (message.type) {
      case "ready":
        this.#ready.resolve();
        return false;
      case "progress":
        if (message.progress.checkpoints > this.#lastCheckpoints) this.#restarts = 0;
        this.#lastCheckpoints = message.progress.checkpoints;
        this.#hooks.onProgress?.(message.progress);
        return false;
      case "failing":
        this.#hooks.onFailing?.(fromSent(message.error));
        return false;
      case "finished":
        this.#outcome.resolve({
          index: message.index,
          ...(message.error === undefined ? {} : { error: fromSent(message.error) }),
        });
        return true;
      case "error":
        this.#giveUp(fromSent(message.error));
        return true;
    }
  }

  /** A recorder that died after its work was done has left the index, and no journal. */
  async #finishedBefore(): Promise<boolean> {
    const { indexPath } = this.options;
    if (existsSync(journalPath(indexPath)) || !existsSync(indexPath)) return false;
    try {
      this.#outcome.resolve({ index: await readRunIndex(indexPath) });
      return true;
    } catch {
      return false; // Then the restart says what is wrong.
    }
  }

  async #died(reason: string): Promise<void> {
    if (await this.#finishedBefore()) return;
    this.#restarts++;
    this.#lastCheckpoints = 0;
    if (this.#restarts > maxRestarts) {
      this.#giveUp(
        new DaqError("process", `The recorder died ${this.#restarts} times in a row (last: ${reason}).`, {
          hint: `What it stored is safe; \`daq recover ${this.options.indexPath}\` adds what the ring still holds.`,
        }),
      );
      return;
    }
    this.#hooks.onRestart?.(reason, this.#restarts);
    setTimeout(() => this.#start(), restartDelayMs);
  }

  #giveUp(error: DaqError): void {
    this.#ready.reject(error);
    this.#outcome.reject(error);
  }
}

function fromSent({ code, message, hint }: SentError): DaqError {
  return new DaqError(code, message, hint === undefined ? {} : { hint });
}
