import { statfs } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Config } from "../config/config.ts";
import { hasVersion } from "../config/output-path.ts";
import type { FormatName, OutputFile } from "../formats/contract.ts";
import { DaqError, exitCodes } from "../model/errors.ts";
import { isLossless } from "../model/ledger.ts";
import type { RunInfo } from "../model/run.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import { makeFolder, plannedFiles } from "../recorder/planned-files.ts";
import type { RecorderProgress } from "../recorder/recorder.ts";
import type { RecorderOptions } from "../recorder/recorder-options.ts";
import { RecorderProcess } from "../recorder/recorder-process.ts";
import type { RunIndex } from "../recorder/run-index.ts";
import type { RingWriter } from "../ring/ring-writer.ts";
import { announcedBytesPerSecond, checkDiskSpace } from "./disk-space.ts";
import { outputNotices } from "./output-notices.ts";
import { type DeviceStreams, type OutputPlan, type PlanOptions, planOutputs } from "./output-plan.ts";
import type { RunHooks, RunLimits, RunProgress, RunReport } from "./run-contract.ts";
import { RunSpool } from "./run-spool.ts";

export type RecordingToStart = {
  readonly config: Config;
  /** What the ring carries, and the formats that it goes to. */
  readonly devices: readonly DeviceStreams[];
  /** Describes its run, and all streams are declared. */
  readonly ring: RingWriter;
  readonly info: RunInfo;
  readonly startedAt: Date;
  /** The files get no lower `{version}` than this. */
  readonly firstVersion?: number;
  /** Files that the caller writes beside the others. */
  readonly beside?: FilesBeside;
  readonly limits: Pick<RunLimits, "durationMs" | "stop" | "giveUp">;
  readonly hooks: RunHooks;
  /** Writing has failed for good, or the recorder was given up: whoever produces should stop. */
  readonly onFailing: (error: DaqError) => void;
};

/** Files of a run that no recorder writes. */
export type FilesBeside = {
  /** Each is called like the run's index, with this end in place of `.run.json`. */
  readonly endings: readonly string[];
  /** Resolves when nothing more is written to them: before that they do not go to a store. */
  readonly closed: () => Promise<void>;
};

/** More runs of one name than this at the same moment mean that something else is wrong. */
const mostStarts = 100;

/** From a ring into files, by a process of its own: from the planning of the files to the account at the end. */
export class Recording {
  readonly #ring: RingWriter;
  readonly #streams: readonly StreamSchema[];
  readonly #limits: RecordingToStart["limits"];
  readonly #hooks: RunHooks;
  readonly #onFailing: (error: DaqError) => void;
  readonly #beside: FilesBeside | undefined;
  #startedMs = performance.now();
  #spool: RunSpool | undefined;
  #options: RecorderOptions | undefined;
  #files: readonly (OutputFile & { readonly format: FormatName })[] = [];
  #recorder: RecorderProcess | undefined;
  #phase: RunProgress["phase"] = "recording";
  #lastProgress: RecorderProgress | undefined;
  #isSilent = false;
  #diskFreeBytes: number | undefined;
  #isAskingDisk = false;

  /** Throws what prevents it; nothing is left then but the ring, which is the caller's. */
  static async start(toStart: RecordingToStart): Promise<Recording> {
    const { config, devices, info, startedAt, limits, hooks } = toStart;
    const planned = await RunSpool.plan(config, devices, startedAt, info.uid, hooks, planOptions(toStart));
    const { spool } = planned;
    try {
      await makeFolder(dirname(planned.plan.indexPath));
      const recording = new Recording({ ...toStart, hooks: spool?.hooks(hooks) ?? hooks });
      const warning = checkDiskSpace(
        planned.plan.indexPath,
        announcedBytesPerSecond(recording.#streams),
        limits.durationMs === undefined ? undefined : limits.durationMs / 1000,
      );
      if (warning !== undefined) hooks.onWarning?.(warning);
      for (const notice of await outputNotices(config, devices)) hooks.onNotice?.(notice);
      await recording.#begin(toStart, planned.plan, spool !== undefined);
      recording.#startedMs = performance.now();
      recording.#spool = spool;
      spool?.follow();
      return recording;
    } catch (error) {
      spool?.release();
      throw error;
    }
  }

  private constructor({ ring, devices, limits, hooks, onFailing, beside }: RecordingToStart) {
    this.#beside = beside;
    this.#ring = ring;
    this.#streams = devices.flatMap((device) => device.streams);
    this.#limits = limits;
    this.#hooks = hooks;
    this.#onFailing = onFailing;
  }

  get options(): RecorderOptions {
    return this.#options!;
  }

  /** The first file that takes a stream as a whole, where readers will find it; undefined for one in several parts. */
  fileOf(stream: string): { readonly format: FormatName; readonly url: string } | undefined {
    const found = this.#files.find(({ streams }) => streams.includes(stream));
    if (found === undefined) return undefined;
    const { format, path } = found;
    const folder = this.#spool?.url;
    return { format, url: folder === undefined ? pathToFileURL(path).href : `${folder}/${basename(path)}` };
  }

  async #begin(toStart: RecordingToStart, first: OutputPlan, isSpooled: boolean) {
    const { config, info } = toStart;
    let plan = first;
    for (let tries = 1; ; tries++) {
      try {
        return await this.#prepare(info.uid, recorderOptions(config, this.#ring.path, plan));
      } catch (error) {
        // The names at a store are taken already, and nobody else spools under them.
        const mayMove = !isSpooled && tries < mostStarts;
        const next = mayMove ? await nextPlan(error, toStart, plan) : undefined;
        if (next === undefined) throw error;
        plan = next;
      }
    }
  }

  /** Has the recorder open its files. */
  async #prepare(runUid: string, options: RecorderOptions): Promise<void> {
    const recorder = new RecorderProcess(options, {
      onProgress: (progress) => this.#report(progress),
      onFailing: this.#onFailing,
      onRestart: (reason, attempt) =>
        this.#hooks.onWarning?.(
          `The recorder died (${reason}) and is started again (${attempt}); it goes on from its last checkpoint.`,
        ),
      onWarning: (message) => this.#hooks.onWarning?.(message),
      onSilence: (silentMs) => this.#reportSilence(recorder.pid, silentMs),
    });
    const giveUp = () => recorder.abort();
    this.#limits.giveUp.addEventListener("abort", giveUp, { once: true });
    if (this.#limits.giveUp.aborted) giveUp();
    await recorder.ready;
    this.#options = options;
    this.#recorder = recorder;
    this.#noteIndex(options.indexPath);
    await this.#askDisk();
    const files = await plannedFiles(options, this.#streams);
    this.#files = await wholeFiles(options, this.#streams);
    this.#hooks.onStart?.({
      runUid,
      ringPath: this.#ring.path,
      recorder: options,
      recorderPid: recorder.pid,
      files: files.filter(({ streams }) => streams.length > 0).map(({ path }) => path),
    });
    // A recorder that is given up must not leave the sources running into a ring that nobody empties.
    recorder.outcome.catch(this.#onFailing);
  }

  #noteIndex(indexPath: string): void {
    try {
      this.#ring.noteIndex(resolve(indexPath));
    } catch (error) {
      // Long descriptions leave no room for it: then nobody can tell later that the ring is not needed, that is all.
      if (!(error instanceof DaqError)) throw error;
    }
  }

  /**
   * Nothing more is produced: ends the ring, and resolves when all of it is stored, also at a store. `errors`: what went
   * wrong meanwhile. Rejects when the recorder had to be given up; `daq recover` stores what the ring holds then.
   */
  async finish(errors: readonly DaqError[]): Promise<RunReport> {
    const recorder = this.#recorder!;
    this.#phase = "draining";
    this.#ring.close();
    recorder.expectEnd();
    const { index, error } = await recorder.outcome.catch((given: DaqError) => {
      this.#spool?.leave();
      throw given;
    });
    const all = error === undefined ? errors : [error, ...errors];
    // After a failure the ring is kept: `daq recover` adds what it holds once there is room.
    if (index.end !== "failed") this.#ring.remove();
    const report = {
      index,
      indexPath: this.options.indexPath,
      seconds: (performance.now() - this.#startedMs) / 1000,
      exitCode: exitCodeFor(index, all),
      errors: all,
    };
    if (this.#spool === undefined) return report;
    await this.#beside?.closed();
    return this.#spool.finish(report, this.#limits, this.#hooks);
  }

  #report(recorder: RecorderProgress, silentMs?: number): void {
    this.#lastProgress = recorder;
    this.#isSilent = silentMs !== undefined;
    void this.#askDisk();
    this.#hooks.onProgress?.({
      phase: this.#phase,
      elapsedMs: performance.now() - this.#startedMs,
      recorder,
      diskFreeBytes: this.#diskFreeBytes,
      ...(silentMs === undefined ? {} : { silentMs }),
    });
  }

  #reportSilence(pid: number | undefined, silentMs: number): void {
    if (!this.#isSilent)
      this.#hooks.onWarning?.(
        `The recorder (process ${pid}) has not answered for ${Math.round(silentMs / 1000)} s: a disk that does not take data, or a process that was stopped. The ring takes the records meanwhile.`,
      );
    this.#isSilent = true;
    if (this.#lastProgress === undefined) return;
    const { waitingBytes, capacityBytes } = this.#ring.status();
    const behindBytes = Math.min(waitingBytes, capacityBytes);
    this.#report({ ...this.#lastProgress, behindBytes, capacityBytes }, silentMs);
  }

  /** Asked without waiting: a disk that hangs must not stop the acquisition. */
  async #askDisk(): Promise<void> {
    if (this.#isAskingDisk || this.#options === undefined) return;
    this.#isAskingDisk = true;
    try {
      const { bavail, bsize } = await statfs(dirname(this.#options.indexPath));
      this.#diskFreeBytes = bavail * bsize;
    } catch {
      this.#diskFreeBytes = undefined; // The folder was moved or deleted; the recorder still holds its files.
    }
    this.#isAskingDisk = false;
  }
}

/** The files of each output that does not begin new ones while the run goes on. */
async function wholeFiles({ outputs }: RecorderOptions, streams: readonly StreamSchema[]) {
  const whole = outputs.filter(({ rotate }) => rotate === undefined);
  const found = whole.map(async (output) => {
    const files = await plannedFiles({ outputs: [output] }, streams);
    return files.map((file) => ({ ...file, format: output.format }));
  });
  return (await Promise.all(found)).flat();
}

function exitCodeFor(index: RunIndex, errors: readonly DaqError[]): number {
  if (errors.length > 0 || index.end === "failed") return exitCodes.failed;
  return index.outputs.every((output) => isLossless(output.ledger)) ? exitCodes.complete : exitCodes.lossy;
}

function planOptions({ firstVersion, beside }: RecordingToStart): PlanOptions {
  return {
    ...(firstVersion === undefined ? {} : { firstVersion, goesOn: true }),
    ...(beside === undefined ? {} : { besideEndings: beside.endings }),
  };
}

function recorderOptions({ storage }: Config, ringPath: string, plan: OutputPlan): RecorderOptions {
  const { flushIntervalMs, durability, maxWriteMbPerS } = storage;
  return {
    ringPath,
    name: "recorder",
    indexPath: plan.indexPath,
    outputs: plan.outputs,
    ...(plan.beside.length === 0 ? {} : { beside: plan.beside }),
    flushIntervalMs,
    durability,
    ...(maxWriteMbPerS === undefined ? {} : { maxWriteMbPerS }),
  };
}

/** The plan to try when another run took these paths between planning and making them; undefined when none did. */
async function nextPlan(
  error: unknown,
  toStart: RecordingToStart,
  before: OutputPlan,
): Promise<OutputPlan | undefined> {
  const { config, devices, startedAt } = toStart;
  if (!(error instanceof DaqError && error.code === "path") || !hasVersion(config.storage.outputPath))
    return undefined;
  const plan = await planOutputs(config, devices, startedAt, planOptions(toStart));
  return plan.indexPath === before.indexPath ? undefined : plan;
}
