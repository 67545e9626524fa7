import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { DaqError } from "../model/errors.ts";
import type { Removed } from "../upload/remove-local.ts";
import type { UploadSummary } from "../upload/upload.ts";
import type { UploadProgress } from "../upload/upload-watch.ts";
import type { ClaimResult, FromUploader, SentUploadError, ToUploader, UploadJob } from "./upload-messages.ts";

export type UploadOutcome = {
  readonly summary?: UploadSummary;
  /** Absent when the spool stays. */
  readonly removed?: Removed;
  /** Why not all of it is at the store. */
  readonly error?: DaqError;
};

/** An uploader that dies again and again is left to `daq upload`. */
const maxRestarts = 5;
const restartDelayMs = 1_000;

/** The uploader of a run, in a process of its own: the network can stall neither the acquisition nor the recorder. */
export class UploadProcess {
  readonly #onProgress: (progress: UploadProgress) => void;
  readonly #outcome = Promise.withResolvers<UploadOutcome>();
  #child: ChildProcess;
  #claimed: PromiseWithResolvers<ClaimResult> | undefined;
  #job: UploadJob | undefined;
  #isEnded = false;
  #isStopped = false;
  #restarts = 0;

  constructor(onProgress: (progress: UploadProgress) => void) {
    this.#onProgress = onProgress;
    this.#child = this.#start();
  }

  /** Takes the names of a run at the store. Waits no longer than `waitMs` for its answer. */
  async claim(job: UploadJob, waitMs: number): Promise<ClaimResult> {
    this.#claimed = Promise.withResolvers();
    this.#send({ type: "claim", job, waitMs });
    return this.#claimed.promise;
  }

  /** Begins to bring what is finished. */
  follow(job: UploadJob): void {
    this.#job = job;
    this.#send({ type: "follow", job });
  }

  /** The run is over and its files are closed. Resolves when the upload is; never rejects. */
  async finish(): Promise<UploadOutcome> {
    this.#isEnded = true;
    this.#send({ type: "ended" });
    return this.#outcome.promise;
  }

  /** The run did not begin: its names at the store, and the journal here, are given back. */
  release(): void {
    this.#isStopped = true;
    this.#send({ type: "release" });
  }

  /** Ends it at once, whatever is under way. */
  stop(): void {
    this.#isStopped = true;
    this.#send({ type: "stop" });
  }

  #send(message: ToUploader): void {
    if (this.#child.connected) this.#child.send(message);
  }

  #start(): ChildProcess {
    const file = `./upload-main${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`;
    // A session of its own: it outlives a terminal that is closed and a producer that is killed with its group.
    const child = fork(fileURLToPath(new URL(file, import.meta.url)), [], {
      detached: true,
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      execArgv: process.execArgv.filter(
        (argument) => !argument.startsWith("--test") && !argument.startsWith("--inspect"),
      ),
    });
    let isDone = false;
    child.on("message", (message: FromUploader) => {
      isDone = this.#receive(message) || isDone;
    });
    child.on("error", (error) =>
      this.#fail(
        new DaqError("process", `The uploader cannot be started: ${error.message}`, { cause: error }),
      ),
    );
    child.on("exit", (code, signal) => {
      if (!isDone) this.#died(signal ?? `exit code ${code}`);
    });
    return child;
  }

  /** Returns true when nothing more is to be expected of the process. */
  #receive(message: FromUploader): boolean {
    switch (message.type) {
      case "claimed":
        this.#claimed?.resolve(message.claim);
        return false;
      case "progress":
        this.#restarts = 0;
        this.#onProgress(message.progress);
        return false;
      case "finished": {
        const { summary, removed } = message;
        this.#outcome.resolve({ summary, ...(removed === undefined ? {} : { removed }) });
        return true;
      }
      case "error":
        this.#outcome.resolve({ error: fromSent(message.error) });
        return true;
    }
  }

  #died(reason: string): void {
    const error = new DaqError("process", `The uploader died (${reason}).`, {
      hint: "What is in the spool stays there; `daq upload` brings it to the store.",
    });
    const job = this.#job;
    if (job === undefined || this.#isStopped || ++this.#restarts > maxRestarts) {
      this.#fail(error);
      return;
    }
    setTimeout(() => {
      this.#child = this.#start();
      this.follow(job);
      if (this.#isEnded) this.#send({ type: "ended" });
      if (this.#isStopped) this.#send({ type: "stop" });
    }, restartDelayMs);
  }

  #fail(error: DaqError): void {
    const { code, message, hint } = error;
    this.#claimed?.resolve({
      result: "refused",
      error: { code, message, ...(hint === undefined ? {} : { hint }) },
    });
    this.#outcome.resolve({ error });
  }
}

export function fromSent({ code, message, hint }: SentUploadError): DaqError {
  return new DaqError(code, message, hint === undefined ? {} : { hint });
}
