import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { DaqError } from "../model/errors.ts";
import { shellWord } from "../model/shell-word.ts";
import type { RecorderProgress } from "./recorder.ts";
import type { FromRecorder, SentError, ToRecorder } from "./recorder-messages.ts";
import { journalPath, type RecorderOptions } from "./recorder-options.ts";
import { RecorderSilence } from "./recorder-silence.ts";
import { type RunIndex, readRunIndex } from "./run-index.ts";

export type RecorderOutcome = { readonly index: RunIndex; readonly error?: DaqError };

export type RecorderProcessHooks = {
  readonly onProgress?: (progress: RecorderProgress) => void;
  /** Writing failed for good: the sources should stop, so that the ring keeps what it holds. */
  readonly onFailing?: (error: DaqError) => void;
  /** The process died and was started again; it goes on from its last checkpoint. */
  readonly onRestart?: (reason: string, attempt: number) => void;
  /** Something that a person should look at while the recording goes on. */
  readonly onWarning?: (message: string) => void;
  /** Called each second while the process, which lives, has not answered for some seconds. */
  readonly onSilence?: (silentMs: number) => void;
};

/** How long a recorder that does not answer is waited for. It answers four times a second while it can. */
export type RecorderPatience = {
  /** Without an answer, once there is nothing to wait for but the recorder: a disk may take minutes to come back. */
  readonly drainingMs: number;
  /** Without an answer, once it was told to give up. */
  readonly abortedMs: number;
  /** From then on in all, also when it answers and does not come to its end. */
  readonly abortedInAllMs: number;
};

const patience: RecorderPatience = { drainingMs: 120_000, abortedMs: 15_000, abortedInAllMs: 60_000 };
const lookMs = 1_000;
const silenceMs = 3_000;
/** A process that was killed is gone at once, unless it is stuck in the system. */
const killedMs = 2_000;

/** A recorder that dies again and again without storing anything between is given up. */
const maxRestarts = 10;
/** One that dies before it has opened its files has nothing to go on with. */
const maxStarts = 2;
const restartDelayMs = 200;

/** A recorder in a process of its own, started again when it dies. */
export class RecorderProcess {
  readonly options: RecorderOptions;
  readonly #hooks: RecorderProcessHooks;
  readonly #ready = Promise.withResolvers<void>();
  readonly #outcome = Promise.withResolvers<RecorderOutcome>();
  #child: ChildProcess | undefined;
  readonly #patience: RecorderPatience;
  readonly #silence = new RecorderSilence();
  readonly #watch: NodeJS.Timeout;
  #abortedAtMs: number | undefined;
  #isDraining = false;
  #isLeft = false;
  #isReady = false;
  #restarts = 0;
  #lastCheckpoints = 0;

  constructor(
    options: RecorderOptions,
    hooks: RecorderProcessHooks = {},
    limits: RecorderPatience = patience,
  ) {
    this.options = options;
    this.#hooks = hooks;
    this.#patience = limits;
    this.#watch = setInterval(() => this.#look(), lookMs);
    this.#watch.unref();
    this.#ready.promise.catch(() => {});
    this.#outcome.promise.catch(() => {}).finally(() => clearInterval(this.#watch));
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

  /** Gives up draining: what the ring still holds is lost. A recorder that does not answer to that is ended, and nothing is. */
  abort(): void {
    this.#abortedAtMs ??= performance.now();
    this.#send({ type: "abort" });
  }

  /** The ring is closed: from now on there is nothing to wait for but this process. */
  expectEnd(): void {
    this.#isDraining = true;
  }

  #look(): void {
    const silentMs = this.#silence.look(lookMs * 2);
    if (silentMs >= silenceMs && this.#child?.exitCode === null) this.#hooks.onSilence?.(silentMs);
    const { drainingMs, abortedMs, abortedInAllMs } = this.#patience;
    if (this.#abortedAtMs !== undefined) {
      const sinceMs = performance.now() - this.#abortedAtMs;
      const quietMs = Math.min(silentMs, sinceMs);
      if (quietMs >= abortedMs || sinceMs >= abortedInAllMs) void this.#end(silentMs, sinceMs);
    } else if (this.#isDraining && silentMs >= drainingMs) this.#leave(this.#stuck(silentMs));
  }

  /** Ends a process that was told to give up and does not. Killed at any moment it leaves files that can be recovered. */
  async #end(silentMs: number, sinceMs: number): Promise<void> {
    clearInterval(this.#watch);
    const child = this.#child!;
    this.#isLeft = true;
    const isGone = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    const timeout = sleep(killedMs, "still there", { ref: false });
    const isThere = child.exitCode === null && (await Promise.race([isGone, timeout])) === "still there";
    const why =
      silentMs >= this.#patience.abortedMs
        ? `has not answered for ${seconds(silentMs)}`
        : `answered, but did not come to an end within ${seconds(sinceMs)}`;
    const end = isThere
      ? "was killed, but is still there: the system holds it, waiting for a disk or a network"
      : "was killed";
    this.#leave(
      new DaqError("process", `The recorder (process ${child.pid}) ${why} and ${end}. ${this.#whatIsLeft}`, {
        hint: isThere
          ? `Once process ${child.pid} is gone, run: ${this.#recoverCommand}`
          : `To add what the ring holds to the files, run: ${this.#recoverCommand}`,
      }),
    );
  }

  #stuck(silentMs: number): DaqError {
    const pid = this.#child?.pid;
    return new DaqError(
      "process",
      `The recorder (process ${pid}) has not answered for ${seconds(silentMs)} and is left alone. ${this.#whatIsLeft}`,
      {
        hint: `When it goes on it closes the files by itself. If it does not, run: kill -9 ${pid}; ${this.#recoverCommand}`,
      },
    );
  }

  get #whatIsLeft(): string {
    return `The records that are in no file yet are still in the ring ${this.options.ringPath}.`;
  }

  get #recoverCommand(): string {
    return `daq recover ${shellWord(this.options.indexPath)}`;
  }

  /** Ends the waiting; whatever the process does from now on, nobody here listens. */
  #leave(error: DaqError): void {
    this.#isLeft = true;
    const child = this.#child;
    if (child?.connected === true) child.disconnect();
    child?.unref();
    this.#giveUp(error);
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
      this.#silence.heard();
      isDone = this.#receive(message) || isDone;
    });
    child.on("error", (error) =>
      this.#giveUp(
        new DaqError("process", `The recorder cannot be started: ${error.message}`, { cause: error }),
      ),
    );
    child.on("exit", (code, signal) => {
      if (!isDone && !this.#isLeft) void this.#died(signal ?? `exit code ${code}`);
    });
    this.#send({ type: "start", options: this.options });
    if (this.#abortedAtMs !== undefined) this.#send({ type: "abort" });
  }

  /** Returns true when nothing more is to be expected of the process. */
  #receive(message: FromRecorder): boolean {
    switch (message.type) {
      case "ready":
        this.#isReady = true;
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
      case "warning":
        this.#hooks.onWarning?.(message.message);
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
    if (!this.#isReady && this.#restarts > maxStarts) {
      this.#giveUp(
        new DaqError(
          "process",
          `The recorder cannot start: it died ${this.#restarts} times (last: ${reason}).`,
          {
            hint: `Nothing was recorded. SIGTRAP, SIGABRT or SIGKILL mostly mean that memory is short: raise the limits on memory and address space (\`ulimit -v\`, the container's). What is left of the start goes with: ${this.#recoverCommand}`,
          },
        ),
      );
      return;
    }
    if (this.#restarts > maxRestarts) {
      this.#giveUp(
        new DaqError("process", `The recorder died ${this.#restarts} times in a row (last: ${reason}).`, {
          hint: `What it stored is safe. To add what the ring holds, run: ${this.#recoverCommand}`,
        }),
      );
      return;
    }
    this.#hooks.onRestart?.(reason, this.#restarts);
    setTimeout(() => {
      if (!this.#isLeft) this.#start();
    }, restartDelayMs);
  }

  #giveUp(error: DaqError): void {
    this.#ready.reject(error);
    this.#outcome.reject(error);
  }
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 1000)} s`;
}

function fromSent({ code, message, hint }: SentError): DaqError {
  return new DaqError(code, message, hint === undefined ? {} : { hint });
}
