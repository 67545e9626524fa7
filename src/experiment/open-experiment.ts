import type { Config } from "../config/config.ts";
import { configuredAt } from "../config/configured-at.ts";
import { can, type FrameProducing } from "../devices/capabilities.ts";
import type { DeviceSet } from "../devices/device-set.ts";
import { answerOf } from "../devices/status.ts";
import type { DocumentName, Documents } from "../documents/document.ts";
import type { RunStart } from "../documents/run-start.ts";
import type { Plan } from "../engine/plan.ts";
import type { FramePlace } from "../engine/recorded-run.ts";
import { RunEngine } from "../engine/run-engine.ts";
import type { PlanOutcome } from "../engine/run-engine-options.ts";
import { DaqError } from "../model/errors.ts";
import type { Metadata } from "../model/metadata.ts";
import type { RunReport } from "../run/run-contract.ts";
import { sweptNotices } from "../run/swept-notices.ts";
import { configuredDevices } from "./configured-devices.ts";
import type { Experiment, ExperimentHooks } from "./experiment.ts";
import type { InterruptedRun } from "./interrupted/interrupted-run.ts";
import { takeUpRecording } from "./interrupted/take-up-recording.ts";
import { RunRecording } from "./run-recording.ts";

/** How long a device may take to be reached. */
const connectMs = 30_000;

const mediaTypes: { readonly [format: string]: string } = {
  hdf5: "application/x-hdf5",
  zarr: "application/x-zarr",
  arrow: "application/vnd.apache.arrow.file",
  parquet: "application/vnd.apache.parquet",
  csv: "text/csv",
};

/**
 * Makes and connects the devices of a configuration, and an engine that records what it does. Throws what is wrong with the
 * configuration, or the device that was not reached; nothing is left open then.
 */
export async function openExperiment(config: Config, hooks: ExperimentHooks = {}): Promise<Experiment> {
  const devices = await configuredDevices(config.devices);
  const left = config.devices.filter(({ id }) => !devices.has(id));
  if (left.length > 0)
    hooks.onNotice?.(
      `A plan has no use for ${left.map(({ id }) => id).join(", ")}: \`daq record\` records such devices.`,
    );
  await connect(devices, config.devices);
  for (const notice of sweptNotices()) hooks.onNotice?.(notice);
  return new OpenExperiment(config, devices, hooks);
}

async function connect(devices: DeviceSet, configured: Config["devices"]): Promise<void> {
  const patience = { timeoutMs: connectMs, signal: new AbortController().signal };
  const connecting = configured.map(async (config) => {
    const device = devices.get(config.id);
    if (device === undefined || !can(device, "connectable")) return;
    const connect = (signal: AbortSignal) => device.connect(signal);
    await answerOf(device.id, "the connection", connect, patience).catch((error: unknown) => {
      throw configuredAt(error, config);
    });
  });
  const failed = (await Promise.allSettled(connecting)).find(({ status }) => status === "rejected");
  if (failed === undefined) return;
  await disconnect(devices);
  throw (failed as PromiseRejectedResult).reason;
}

async function disconnect(devices: DeviceSet): Promise<void> {
  await Promise.all(
    [...devices.values()].filter((device) => can(device, "connectable")).map((device) => device.disconnect()),
  );
}

class OpenExperiment implements Experiment {
  readonly config: Config;
  readonly devices: DeviceSet;
  readonly engine: RunEngine;
  readonly reports: RunReport[] = [];
  readonly #hooks: ExperimentHooks;
  readonly #giveUp = new AbortController();
  readonly #stopUploads = new AbortController();
  isUploading = false;
  #recording: RunRecording | undefined;
  /** Runs that ended and are being stored. */
  readonly #closing: Promise<void>[] = [];
  #closed: Promise<void> | undefined;

  constructor(config: Config, devices: DeviceSet, hooks: ExperimentHooks) {
    this.config = config;
    this.devices = devices;
    this.#hooks = {
      ...hooks,
      onUploading: (progress) => {
        this.isUploading = true;
        hooks.onUploading?.(progress);
      },
    };
    this.engine = new RunEngine({
      metadata: { ...startMetadata(config.experiment), ...hooks.metadata },
      ...(hooks.onWarning === undefined ? {} : { warn: hooks.onWarning }),
      framePlace: (device) => this.#framePlace(device),
    });
    this.engine.subscribe((name, doc) => this.#take(name, doc), "the recording", {
      onCheckpoint: () => this.#recording?.checkpoint(),
      onGivenUp: () => this.#end(),
    });
  }

  #framePlace(device: FrameProducing): FramePlace | undefined {
    const frames = this.#recording?.framePlace(device);
    if (frames === undefined) return undefined;
    const { format, url, positionOf } = frames;
    return {
      mimetype: mediaTypes[format] ?? "application/octet-stream",
      uri: url,
      parameters: { stream: device.id },
      positionOf,
    };
  }

  /** Waits only where the recording has to: a promise for each event would cost more than the event. */
  #take<Name extends DocumentName>(name: Name, doc: Documents[Name]): void | Promise<void> {
    if (name === "start") {
      const { config, devices } = this;
      this.#recording = new RunRecording(doc as RunStart, { config, devices, ...this.#ways() });
      return;
    }
    const taken = this.#recording?.take(name, doc);
    if (name !== "stop") return taken;
    return (taken ?? Promise.resolve()).then(() => this.#end());
  }

  #ways() {
    const hooks: ExperimentHooks = this.#hooks;
    return { hooks, giveUp: this.#giveUp.signal, stopUploads: this.#stopUploads.signal };
  }

  async takeUp<Result>(plan: Plan<Result>, run: InterruptedRun): Promise<PlanOutcome<Result>> {
    let recording: RunRecording | undefined;
    try {
      return await this.engine.takeUp(plan, run.documents(), {
        onLive: async (numbers, signal) => {
          recording = await takeUpRecording(run, numbers, signal, {
            config: this.config,
            devices: this.devices,
            ...this.#ways(),
          });
          this.#recording = recording;
        },
      });
    } finally {
      // A run that could not go on is closed as it is, and can be taken up again.
      if (recording !== undefined && this.#recording === recording) this.#end();
    }
  }

  /** Stores the run that is over; the next one may begin meanwhile. */
  #end(): void {
    const recording = this.#recording;
    if (recording === undefined) return;
    this.#recording = undefined;
    const closing = recording.finish().then((report) => {
      if (report === undefined) {
        this.#hooks.onNotice?.(`Run ${recording.start.uid} had no event: there is no file of it.`);
        return;
      }
      this.reports.push(report);
      this.#hooks.onReport?.(report);
    });
    closing.catch(() => {}); // Told by `settled`.
    this.#closing.push(closing);
  }

  async settled(): Promise<readonly RunReport[]> {
    await Promise.all(this.#closing);
    return this.reports;
  }

  stopUploads(): void {
    this.#stopUploads.abort();
  }

  giveUp(): void {
    this.#giveUp.abort();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    try {
      if (this.engine.state !== "idle")
        throw new DaqError("usage", "An experiment was closed while a plan went on.", {
          hint: "End the plan with engine.abort() and wait for it.",
        });
      await this.settled();
    } finally {
      await disconnect(this.devices);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** "sample", "owner" and the like are words of the event model as they are. */
function startMetadata({ name, ...rest }: Config["experiment"]): Metadata {
  return { experiment: name, ...rest };
}
