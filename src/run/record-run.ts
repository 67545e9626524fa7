import { statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
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
import { announcedBytesPerSecond, checkDiskSpace, gigabytes } from "./disk-space.ts";
import { LongTimer } from "./long-timer.ts";
import { outputNotices } from "./output-notices.ts";
import { type DeviceStreams, type OutputPlan, planOutputs } from "./output-plan.ts";
import { checkDescriptionsFit, checkRingFits } from "./ring-fit.ts";
import type { RunHooks, RunLimits, RunProgress, RunReport } from "./run-contract.ts";
import { describeRun } from "./run-info.ts";
import { createRunRing } from "./run-ring.ts";
import { RunSpool } from "./run-spool.ts";
import { sweepRings } from "./sweep-rings.ts";

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
  const info = describeRun(config, startedAtNs);
  checkDescriptionsFit(info, streams);
  const planned = await RunSpool.plan(config, devices, startedAt, info.uid, hooks);
  const { spool } = planned;
  let { plan } = planned;
  const runHooks = spool?.hooks(hooks) ?? hooks;
  let recorder: RecorderProcess;
  let run: RunningRun;
  try {
    [run, recorder] = await begin();
  } catch (error) {
    spool?.release();
    throw error;
  }
  if (spool === undefined) return run.finish(recorder);
  spool.follow();
  const report = await run.finish(recorder).catch((error: unknown) => {
    spool.leave();
    throw error;
  });
  return spool.finish(report, limits, hooks);

  async function begin(): Promise<[RunningRun, RecorderProcess]> {
    await makeFolder(dirname(plan.indexPath));
    const warning = checkDiskSpace(
      plan.indexPath,
      announcedBytesPerSecond(streams),
      limits.durationMs === undefined ? undefined : limits.durationMs / 1000,
    );
    if (warning !== undefined) hooks.onWarning?.(warning);
    for (const notice of await outputNotices(config, devices)) hooks.onNotice?.(notice);
    for (const { path, bytes, was } of sweepRings())
      hooks.onNotice?.(
        was === "empty"
          ? `Removed ${path} (${gigabytes(bytes)}), the empty ring of a run that was killed while it started.`
          : `Removed ${path} (${gigabytes(bytes)}), the ring of a run that was killed at its very end: all of it is stored.`,
      );
    const ring = createRunRing(config.ringBuffer, info.uid);
    const running = new RunningRun(ring, sources, limits, runHooks);
    try {
      running.declare(info);
      return [running, await started(running, ring.path)];
    } catch (error) {
      ring.remove(); // Nothing was produced yet.
      throw error;
    }
  }

  async function started(running: RunningRun, ringPath: string): Promise<RecorderProcess> {
    for (let tries = 1; ; tries++) {
      try {
        return await running.prepare(info.uid, recorderOptions(config, ringPath, plan));
      } catch (error) {
        // The names at a store are taken already, and nobody else spools under them.
        const mayMove = spool === undefined && tries < mostStarts;
        const next = mayMove ? await nextPlan(error, config, devices, startedAt, plan) : undefined;
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
  #lastProgress: RecorderProgress | undefined;
  #isSilent = false;
  #diskFreeBytes: number | undefined;
  #isAskingDisk = false;
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
      onWarning: (message) => this.#hooks.onWarning?.(message),
      onSilence: (silentMs) => this.#reportSilence(recorder.pid, silentMs),
    });
    const giveUp = () => recorder.abort();
    this.#limits.giveUp.addEventListener("abort", giveUp, { once: true });
    if (this.#limits.giveUp.aborted) giveUp();
    await recorder.ready;
    this.#options = options;
    this.#noteIndex(options.indexPath);
    await this.#askDisk();
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

  #noteIndex(indexPath: string): void {
    try {
      this.#ring.noteIndex(resolve(indexPath));
    } catch (error) {
      // Long descriptions leave no room for it: then nobody can tell later that the ring is not needed, that is all.
      if (!(error instanceof DaqError)) throw error;
    }
  }

  async finish(recorder: RecorderProcess): Promise<RunReport> {
    // A recorder that is given up must not leave the sources running into a ring that nobody empties.
    const outcome = recorder.outcome.catch((error: DaqError) => {
      this.#stopSources.abort();
      return { error, index: undefined };
    });
    await this.#produce();
    this.#phase = "draining";
    this.#ring.close();
    recorder.expectEnd();
    const { index, error } = await outcome;
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
    if (this.#isAskingDisk) return;
    this.#isAskingDisk = true;
    try {
      const { bavail, bsize } = await statfs(dirname(this.#options!.indexPath));
      this.#diskFreeBytes = bavail * bsize;
    } catch {
      this.#diskFreeBytes = undefined; // The folder was moved or deleted; the recorder still holds its files.
    }
    this.#isAskingDisk = false;
  }

  #exitCode(index: RunIndex): number {
    if (this.#errors.length > 0 || index.end === "failed") return exitCodes.failed;
    return index.outputs.every((output) => isLossless(output.ledger)) ? exitCodes.complete : exitCodes.lossy;
  }
}
