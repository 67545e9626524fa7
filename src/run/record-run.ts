import { dirname } from "node:path";
import type { Config } from "../config/config.ts";
import { hasVersion } from "../config/output-path.ts";
import type { FrameSource } from "../devices/contract.ts";
import { loadDriver } from "../devices/registry.ts";
import { systemClock } from "../devices/system-clock.ts";
import { DaqError, exitCodes } from "../model/errors.ts";
import type { StreamSink } from "../model/frame-sink.ts";
import { isLossless } from "../model/ledger.ts";
import type { RunInfo } from "../model/run.ts";
import { makeFolder, plannedFiles } from "../recorder/planned-files.ts";
import type { RecorderProgress } from "../recorder/recorder.ts";
import type { RecorderOptions } from "../recorder/recorder-options.ts";
import { RecorderProcess } from "../recorder/recorder-process.ts";
import type { RunIndex } from "../recorder/run-index.ts";
import type { RingWriter } from "../ring/ring-writer.ts";
import { announcedBytesPerSecond, checkDiskSpace, freeBytes, gigabytes } from "./disk-space.ts";
import { LongTimer } from "./long-timer.ts";
import { outputNotices } from "./output-notices.ts";
import { type DeviceStreams, type OutputPlan, planOutputs } from "./output-plan.ts";
import { checkRingFits } from "./ring-fit.ts";
import { describeRun } from "./run-info.ts";
import { createRunRing } from "./run-ring.ts";
import { sweepRings } from "./sweep-rings.ts";

export type RunProgress = {
  readonly phase: "recording" | "draining";
  readonly elapsedMs: number;
  readonly recorder: RecorderProgress;
  /** Undefined when the folder cannot be asked any more. */
  readonly diskFreeBytes: number | undefined;
};

export type RunHooks = {
  readonly onStart?: (plan: {
    readonly runUid: string;
    readonly ringPath: string;
    readonly recorder: RecorderOptions;
    readonly recorderPid: number | undefined;
    /** The data files, without their sidecars. */
    readonly files: readonly string[];
  }) => void;
  readonly onProgress?: (progress: RunProgress) => void;
  readonly onWarning?: (message: string) => void;
  /** Something worth knowing that is nobody's fault. */
  readonly onNotice?: (message: string) => void;
};

export type RunLimits = {
  readonly durationMs?: number;
  /** Records after which each source ends. */
  readonly recordLimit?: number;
  /** Stops the sources; the ring is drained. */
  readonly stop: AbortSignal;
  /** Gives up draining. */
  readonly giveUp: AbortSignal;
};

export type RunReport = {
  readonly index: RunIndex;
  readonly indexPath: string;
  readonly seconds: number;
  readonly exitCode: number;
  /** What went wrong, the gravest first; empty for a good run. */
  readonly errors: readonly DaqError[];
};

/** Records one run: devices into the ring, the ring through a recorder process into files. */
export async function recordRun(config: Config, limits: RunLimits, hooks: RunHooks = {}): Promise<RunReport> {
  const startedAtNs = systemClock.nowNs();
  const sources = await Promise.all(
    config.devices.map(async ({ id, driver, settings }) => (await loadDriver(driver)).create(id, settings)),
  );
  const devices = sources.map((source, index) => ({
    formats: config.devices[index]!.formats,
    streams: source.streams,
  }));
  const streams = sources.flatMap((source) => source.streams);
  checkRingFits(config.ringBuffer, streams);
  const startedAt = new Date(Number(startedAtNs / 1_000_000n));
  let plan = await planOutputs(config, devices, startedAt);
  await makeFolder(dirname(plan.indexPath));
  const warning = checkDiskSpace(
    plan.indexPath,
    announcedBytesPerSecond(streams),
    limits.durationMs === undefined ? undefined : limits.durationMs / 1000,
  );
  if (warning !== undefined) hooks.onWarning?.(warning);
  for (const notice of await outputNotices(config)) hooks.onNotice?.(notice);
  for (const { path, bytes } of sweepRings())
    hooks.onNotice?.(
      `Removed ${path} (${gigabytes(bytes)}), the empty ring of a run that was killed while it started.`,
    );
  const info = describeRun(config, startedAtNs);
  const ring = createRunRing(config.ringBuffer, info.uid);
  const run = new RunningRun(ring, sources, limits, hooks);
  let recorder: RecorderProcess;
  try {
    run.declare(info);
    recorder = await started();
  } catch (error) {
    ring.remove(); // Nothing was produced yet.
    throw error;
  }
  return run.finish(recorder);

  async function started(): Promise<RecorderProcess> {
    for (let tries = 1; ; tries++) {
      try {
        return await run.prepare(info.uid, recorderOptions(config, ring.path, plan));
      } catch (error) {
        const next = tries < mostStarts ? await nextPlan(error, config, devices, startedAt, plan) : undefined;
        if (next === undefined) throw error;
        plan = next;
      }
    }
  }
}

/** More runs of one name than this at the same moment mean that something else is wrong. */
const mostStarts = 100;

function recorderOptions({ storage }: Config, ringPath: string, plan: OutputPlan): RecorderOptions {
  const { flushIntervalMs, durability, maxWriteMbPerS } = storage;
  return {
    ringPath,
    name: "recorder",
    indexPath: plan.indexPath,
    outputs: plan.outputs,
    flushIntervalMs,
    durability,
    ...(maxWriteMbPerS === undefined ? {} : { maxWriteMbPerS }),
  };
}

/** The plan to try when another run took these paths between planning and making them; undefined when none did. */
async function nextPlan(
  error: unknown,
  config: Config,
  devices: readonly DeviceStreams[],
  startedAt: Date,
  before: OutputPlan,
): Promise<OutputPlan | undefined> {
  if (!(error instanceof DaqError && error.code === "path") || !hasVersion(config.storage.outputPath))
    return undefined;
  const plan = await planOutputs(config, devices, startedAt);
  return plan.indexPath === before.indexPath ? undefined : plan;
}

class RunningRun {
  readonly #ring: RingWriter;
  readonly #sources: readonly FrameSource[];
  readonly #sinks = new Map<string, StreamSink>();
  #options: RecorderOptions | undefined;
  readonly #limits: RunLimits;
  readonly #hooks: RunHooks;
  readonly #stopSources = new AbortController();
  readonly #errors: DaqError[] = [];
  #running = 0;
  #phase: RunProgress["phase"] = "recording";
  #startedMs = performance.now();

  constructor(ring: RingWriter, sources: readonly FrameSource[], limits: RunLimits, hooks: RunHooks) {
    this.#ring = ring;
    this.#sources = sources;
    this.#limits = limits;
    this.#hooks = hooks;
  }

  /** Declares everything to the ring. */
  declare(info: RunInfo): void {
    this.#ring.describeRun(info);
    for (const schema of this.#sources.flatMap((source) => source.streams))
      this.#sinks.set(schema.name, this.#ring.openStream(schema));
  }

  /** Has the recorder open its files. Throws what prevents that; nothing is left then but the ring. */
  async prepare(runUid: string, options: RecorderOptions): Promise<RecorderProcess> {
    const recorder = new RecorderProcess(options, {
      onProgress: (progress) => this.#report(progress),
      onFailing: () => this.#stopSources.abort(),
      onRestart: (reason, attempt) =>
        this.#hooks.onWarning?.(
          `The recorder died (${reason}) and is started again (${attempt}); it goes on from its last checkpoint.`,
        ),
    });
    await recorder.ready;
    this.#options = options;
    const files = await plannedFiles(
      options,
      this.#sources.flatMap((source) => source.streams),
    );
    this.#hooks.onStart?.({
      runUid,
      ringPath: this.#ring.path,
      recorder: options,
      recorderPid: recorder.pid,
      files: files.filter(({ streams }) => streams.length > 0).map(({ path }) => path),
    });
    return recorder;
  }

  async finish(recorder: RecorderProcess): Promise<RunReport> {
    const giveUp = () => recorder.abort();
    this.#limits.giveUp.addEventListener("abort", giveUp, { once: true });
    // A recorder that is given up must not leave the sources running into a ring that nobody empties.
    const outcome = recorder.outcome.catch((error: DaqError) => {
      this.#stopSources.abort();
      return { error, index: undefined };
    });
    await this.#produce();
    this.#phase = "draining";
    this.#ring.close();
    const { index, error } = await outcome;
    this.#limits.giveUp.removeEventListener("abort", giveUp);
    if (error !== undefined) this.#errors.unshift(error);
    // The ring stays: `daq recover` stores what it holds.
    if (index === undefined) throw this.#errors[0]!;
    // After a failure the ring is kept: `daq recover` adds what it holds once there is room.
    if (index.end !== "failed") this.#ring.remove();
    return {
      index,
      indexPath: this.#options!.indexPath,
      seconds: (performance.now() - this.#startedMs) / 1000,
      exitCode: this.#exitCode(index),
      errors: this.#errors,
    };
  }

  async #produce(): Promise<void> {
    const { durationMs, recordLimit, stop } = this.#limits;
    const stopSources = () => this.#stopSources.abort();
    stop.addEventListener("abort", stopSources, { once: true });
    if (stop.aborted) stopSources();
    this.#startedMs = performance.now();
    this.#running = this.#sources.length;
    const timer = durationMs === undefined ? undefined : new LongTimer(durationMs, stopSources);
    try {
      await Promise.all(
        this.#sources.map((source) =>
          source
            .run({
              sink: { openStream: (schema) => this.#sinks.get(schema.name)! },
              clock: systemClock,
              signal: this.#stopSources.signal,
              warn: (message) => this.#hooks.onWarning?.(`${source.id}: ${message}`),
              ...(recordLimit === undefined ? {} : { recordLimit }),
            })
            .catch((error: unknown) => this.#sourceFailed(source, error))
            .finally(() => {
              this.#running--;
            }),
        ),
      );
    } finally {
      timer?.clear();
      stop.removeEventListener("abort", stopSources);
    }
  }

  /** One device's failure does not end the others' recording. */
  #sourceFailed(source: FrameSource, error: unknown): void {
    const known =
      error instanceof DaqError
        ? error
        : new DaqError("device", `${source.id}: ${(error as Error).message}`, { cause: error });
    this.#errors.push(known);
    this.#hooks.onWarning?.(this.#running > 1 ? `${known.message} The other devices go on.` : known.message);
  }

  #report(recorder: RecorderProgress): void {
    this.#hooks.onProgress?.({
      phase: this.#phase,
      elapsedMs: performance.now() - this.#startedMs,
      recorder,
      diskFreeBytes: this.#diskFree(),
    });
  }

  #diskFree(): number | undefined {
    try {
      return freeBytes(dirname(this.#options!.indexPath));
    } catch {
      return undefined; // The folder was moved or deleted; the recorder still holds its files.
    }
  }

  #exitCode(index: RunIndex): number {
    if (this.#errors.length > 0 || index.end === "failed") return exitCodes.failed;
    return index.outputs.every((output) => isLossless(output.ledger)) ? exitCodes.complete : exitCodes.lossy;
  }
}
