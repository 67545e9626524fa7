import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { FromWorker, Job, JobOutcome, ToWorker, WorkerStart } from "./pool-messages.ts";

export type PoolWorkerHooks = {
  readonly onReady: () => void;
  readonly onOutcomes: (outcomes: readonly JobOutcome[]) => void;
  /** The thread has ended, asked to or not. */
  readonly onEnd: (worker: PoolWorker, reason: string, cause: unknown) => void;
};

/** One thread of a pool. It keeps the process alive while it has work. */
export class PoolWorker {
  readonly slot: number;
  readonly #worker: Worker;
  readonly #exited = Promise.withResolvers<void>();
  #batches = 0;
  #isReady = false;
  #isClosing = false;
  #cause: unknown;

  constructor(slot: number, start: WorkerStart, hooks: PoolWorkerHooks) {
    this.slot = slot;
    const file = `./pool-worker-main${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`;
    this.#worker = new Worker(fileURLToPath(new URL(file, import.meta.url)), {
      workerData: start,
      name: `daq-pool-${slot}`,
      ...moduleOptions(),
    });
    this.#worker.on("message", (message: FromWorker) => {
      if (message.type === "ready") {
        this.#isReady = true;
        this.#restWhenIdle();
        hooks.onReady();
        return;
      }
      this.#batches--;
      this.#restWhenIdle();
      hooks.onOutcomes(message.outcomes);
    });
    this.#worker.on("error", (error) => {
      this.#cause = error;
    });
    this.#worker.on("exit", (code) => {
      this.#exited.resolve();
      const reason = this.#cause instanceof Error ? this.#cause.message : `exit code ${code}`;
      hooks.onEnd(this, reason, this.#cause);
    });
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Batches that were posted and not answered yet. */
  get batches(): number {
    return this.#batches;
  }

  post(jobs: readonly Job[]): void {
    if (this.#batches === 0) this.#worker.ref();
    this.#batches++;
    this.#send({ type: "jobs", jobs });
  }

  /** Resolves when the thread has done what it was given and is gone. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#worker.ref();
    this.#send({ type: "close" });
    await this.#exited.promise;
  }

  #restWhenIdle(): void {
    if (this.#batches === 0 && !this.#isClosing) this.#worker.unref();
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }
}

/**
 * Threads inherit the options of the process, of which `--input-type` (beside `--eval`) keeps a file from being loaded.
 * Then only those go on that say how modules are found.
 */
function moduleOptions(): { execArgv?: string[] } {
  if (!process.execArgv.some((argument) => argument.startsWith("--input-type"))) return {};
  const kept = process.execArgv.filter((argument) => /^--(import|require|conditions)=/.test(argument));
  return { execArgv: kept };
}
