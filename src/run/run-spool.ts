import { rmdir } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import type { Config, SpoolConfig } from "../config/config.ts";
import { hasVersion } from "../config/output-path.ts";
import { outputUrlOf } from "../config/output-url.ts";
import { DaqError, exitCodes } from "../model/errors.ts";
import { shellWord } from "../model/shell-word.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import { makeFolder } from "../recorder/planned-files.ts";
import { journalPath } from "../recorder/recorder-options.ts";
import type { UploadProgress } from "../upload/upload-watch.ts";
import { type DeviceStreams, type OutputPlan, type PlanOptions, planOutputs } from "./output-plan.ts";
import type { RunHooks, RunLimits, RunReport } from "./run-contract.ts";
import type { UploadJob } from "./upload-messages.ts";
import { fromSent, type UploadOutcome, UploadProcess } from "./upload-process.ts";
import { plannedSource } from "./uploadable-run.ts";

/** How long the start of a run waits for its store; one that does not answer is tried again while the run goes on. */
const claimMs = 15_000;

/** The folder at the store that the files of a plan go to, as a URL; undefined for a run to a path on this machine. */
export function targetOf({ storage }: Pick<Config, "storage">, plan: OutputPlan): string | undefined {
  const url = outputUrlOf(storage.outputPath);
  if (url === undefined) return undefined;
  const root = resolve(spoolOf(storage).path, url.scheme, url.bucket);
  const folder = relative(root, resolve(dirname(plan.indexPath)));
  return `${url.scheme}://${url.bucket}${folder === "" ? "" : `/${folder}`}`;
}

function spoolOf(storage: Config["storage"]): SpoolConfig {
  return storage.spool ?? { path: "spool", keep: false, uploadTimeoutMs: 600_000 };
}

async function jobOf(
  { storage }: Config,
  plan: OutputPlan,
  url: string,
  streams: readonly StreamSchema[],
  runUid: string,
): Promise<UploadJob> {
  const { path, keep, uploadTimeoutMs } = spoolOf(storage);
  const indexPath = resolve(plan.indexPath);
  return {
    source: await plannedSource({ ...plan, indexPath }, streams, runUid),
    url,
    spool: { depth: relative(resolve(path), dirname(indexPath)).split("/").length, keep },
    patienceMs: uploadTimeoutMs,
    indexPath,
  };
}

/** A run that is recorded here and goes to a store: its uploader, from before the run begins to after it has ended. */
export class RunSpool {
  readonly url: string;
  readonly #job: UploadJob;
  readonly #uploader: UploadProcess;
  #progress: UploadProgress | undefined;
  #onProgress: ((progress: UploadProgress) => void) | undefined;

  /**
   * Plans a run and takes its names at the store, counting versions until both here and there are free. `spool` is
   * undefined for a run to a path on this machine. Throws what prevents the upload and no waiting cures.
   */
  static async plan(
    config: Config,
    devices: readonly DeviceStreams[],
    startedAt: Date,
    runUid: string,
    hooks: RunHooks,
    options: PlanOptions,
  ): Promise<{ readonly plan: OutputPlan; readonly spool: RunSpool | undefined }> {
    let plan = await planOutputs(config, devices, startedAt, options);
    const streams = devices.flatMap((device) => device.streams);
    if (targetOf(config, plan) === undefined) return { plan, spool: undefined };
    const uploader = new UploadProcess((progress) => spool?.report(progress));
    let spool: RunSpool | undefined;
    try {
      for (;;) {
        const url = targetOf(config, plan)!;
        const job = await jobOf(config, plan, url, streams, runUid);
        if (await claimNames(uploader, job, config, (message) => hooks.onWarning?.(message))) {
          spool = new RunSpool(url, job, uploader);
          return { plan, spool };
        }
        plan = await planOutputs(config, devices, startedAt, { ...options, firstVersion: plan.version + 1 });
      }
    } catch (error) {
      uploader.stop();
      throw error;
    }
  }

  private constructor(url: string, job: UploadJob, uploader: UploadProcess) {
    this.url = url;
    this.#job = job;
    this.#uploader = uploader;
  }

  report(progress: UploadProgress): void {
    this.#progress = progress;
    this.#onProgress?.(progress);
  }

  /** The run's hooks, with the upload's progress in what they are told. */
  hooks(hooks: RunHooks): RunHooks {
    return {
      ...hooks,
      onStart: (plan) => hooks.onStart?.({ ...plan, target: this.url }),
      onProgress: (progress) =>
        hooks.onProgress?.({
          ...progress,
          ...(this.#progress === undefined ? {} : { upload: this.#progress }),
        }),
    };
  }

  /** The run has begun. */
  follow(): void {
    this.#uploader.follow(this.#job);
  }

  /** The run did not begin: its names are free again. */
  release(): void {
    this.#uploader.release();
  }

  /** The run cannot be finished here; `daq recover`, then `daq upload` do that. */
  leave(): void {
    this.#uploader.stop();
  }

  /** Waits until all is at the store. Ctrl-C, or a second one when the first ended the run, ends the waiting. */
  async finish(report: RunReport, limits: RunLimits, hooks: RunHooks): Promise<RunReport> {
    if (report.index.end === "failed") {
      this.leave();
      return withOutcome(report, this.url, { error: notFinished(this.url, report.indexPath) });
    }
    const stopped = limits.stop.aborted ? limits.giveUp : limits.stop;
    const stop = (): void => this.#uploader.stop();
    this.#onProgress = hooks.onUploading;
    stopped.addEventListener("abort", stop, { once: true });
    limits.giveUp.addEventListener("abort", stop, { once: true });
    if (limits.giveUp.aborted) stop();
    if (this.#progress !== undefined) hooks.onUploading?.(this.#progress);
    try {
      return withOutcome(report, this.url, await this.#uploader.finish());
    } finally {
      stopped.removeEventListener("abort", stop);
      limits.giveUp.removeEventListener("abort", stop);
    }
  }
}

/** The folders of a run that did not begin, up to the spool itself: those with anything in them stay. */
async function removeEmptyFolders(folder: string, depth: number): Promise<void> {
  let path = folder;
  for (let level = 0; level <= depth; level++, path = dirname(path))
    if (
      !(await rmdir(path).then(
        () => true,
        () => false,
      ))
    )
      return;
}

function withOutcome(report: RunReport, target: string, outcome: UploadOutcome): RunReport {
  const upload = { target, ...outcome };
  if (outcome.error === undefined) return { ...report, upload };
  const exitCode = report.exitCode === exitCodes.failed ? exitCodes.failed : exitCodes.notUploaded;
  return { ...report, upload, exitCode, errors: [...report.errors, outcome.error] };
}

function notFinished(url: string, indexPath: string): DaqError {
  const journal = journalPath(indexPath);
  return new DaqError("path", `The run is not finished, so not all of it is at ${url}.`, {
    hint: `After \`daq recover ${shellWord(journal)}\`, bring it there with: daq upload ${shellWord(indexPath)}`,
  });
}

/**
 * Takes a run's names at its store before the run begins. False: something else has them, and `output_path` counts
 * versions. Throws what no waiting cures; warns when the store does not answer, since the spool does not need it.
 */
async function claimNames(
  uploader: UploadProcess,
  job: UploadJob,
  { storage }: Config,
  warn: (message: string) => void,
): Promise<boolean> {
  await makeFolder(job.source.folder);
  const claim = await uploader.claim(job, claimMs);
  switch (claim.result) {
    case "ours":
      return true;
    case "unknown":
      warn(
        `${claim.error.message.replace(/\.?$/, ".")} The run is recorded into ${job.source.folder}, and brought to the store once that answers.`,
      );
      return true;
    case "taken":
      if (hasVersion(storage.outputPath)) return false;
      throw fromSent(claim.error);
    case "refused": {
      await removeEmptyFolders(job.source.folder, job.spool?.depth ?? 0);
      const { code, message, hint } = fromSent(claim.error);
      const own = hint === undefined ? "" : `${hint} `;
      throw new DaqError(code, message, {
        hint: `${own}Nothing was recorded; to record without the store, set output_path to a path on this machine.`,
      });
    }
  }
}
