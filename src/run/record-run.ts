import type { Config, DeviceConfig } from "../config/config.ts";
import { configuredAt } from "../config/configured-at.ts";
import type { FrameSource } from "../devices/contract.ts";
import { loadDriver } from "../devices/registry.ts";
import { systemClock } from "../devices/system-clock.ts";
import { DaqError } from "../model/errors.ts";
import type { StreamSink } from "../model/frame-sink.ts";
import { LongTimer } from "./long-timer.ts";
import { Recording } from "./recording.ts";
import { checkDescriptionsFit, checkRingFits } from "./ring-fit.ts";
import type { RunHooks, RunLimits, RunReport } from "./run-contract.ts";
import { describeRun } from "./run-info.ts";
import { createRunRing } from "./run-ring.ts";
import { sweptNotices } from "./swept-notices.ts";

/** Records one run: devices into the ring, the ring through a recorder process into files. */
export async function recordRun(config: Config, limits: RunLimits, hooks: RunHooks = {}): Promise<RunReport> {
  const startedAtNs = systemClock.nowNs();
  const producing = await producingDevices(config, hooks);
  const sources = producing.map(({ source }) => source);
  const devices = producing.map(({ formats, source }) => ({ formats, streams: source.streams }));
  const streams = sources.flatMap((source) => source.streams);
  checkRingFits(config.ringBuffer, streams);
  const startedAt = new Date(Number(startedAtNs / 1_000_000n));
  const info = describeRun(config, startedAtNs);
  checkDescriptionsFit(info, streams);
  for (const notice of sweptNotices()) hooks.onNotice?.(notice);
  const ring = createRunRing(config.ringBuffer, info.uid);
  const stopSources = new AbortController();
  const onFailing = () => stopSources.abort();
  let recording: Recording;
  const sinks = new Map<string, StreamSink>();
  try {
    ring.describeRun(info);
    for (const schema of streams) sinks.set(schema.name, ring.openStream(schema));
    recording = await Recording.start({
      config,
      devices,
      ring,
      info,
      startedAt,
      limits,
      hooks,
      onFailing,
    });
  } catch (error) {
    ring.remove(); // Nothing was produced yet.
    throw error;
  }
  return recording.finish(await produce(producing, sinks, limits, stopSources, hooks));
}

type ProducingDevice = Pick<DeviceConfig, "id" | "formats" | "place"> & { readonly source: FrameSource };

/** The devices that produce on their own. The others wait for what a plan tells them, and take no part in a recording. */
async function producingDevices({ devices }: Config, hooks: RunHooks): Promise<readonly ProducingDevice[]> {
  const producing: ProducingDevice[] = [];
  const waiting: string[] = [];
  for (const device of devices) {
    const source = (await loadDriver(device.driver)).create?.(device.id, device.settings);
    if (source === undefined) waiting.push(device.id);
    else producing.push({ ...device, source });
  }
  if (waiting.length === 0) return producing;
  const hint = "`daq run plan.ts` does with them what a plan says.";
  const text = `${waiting.join(", ")}: no device that produces on its own.`;
  if (producing.length === 0) throw new DaqError("config", `There is nothing to record. ${text}`, { hint });
  hooks.onNotice?.(`Not recorded are ${text} ${hint}`);
  return producing;
}

/** Lets the sources produce until they are stopped, or end by themselves. Gives what went wrong. */
async function produce(
  devices: readonly ProducingDevice[],
  sinks: ReadonlyMap<string, StreamSink>,
  { durationMs, recordLimit, stop }: RunLimits,
  stopSources: AbortController,
  hooks: RunHooks,
): Promise<readonly DaqError[]> {
  const errors: DaqError[] = [];
  const end = () => stopSources.abort();
  stop.addEventListener("abort", end, { once: true });
  if (stop.aborted) end();
  let running = devices.length;
  /** One device's failure does not end the others' recording. */
  const failed = (device: ProducingDevice, error: unknown): void => {
    const known = configuredAt(error, device);
    errors.push(known);
    hooks.onWarning?.(running > 1 ? `${known.message} The other devices go on.` : known.message);
  };
  const timer = durationMs === undefined ? undefined : new LongTimer(durationMs, end);
  try {
    await Promise.all(
      devices.map((device) =>
        device.source
          .run({
            sink: { openStream: (schema) => sinks.get(schema.name)! },
            clock: systemClock,
            signal: stopSources.signal,
            warn: (message) => hooks.onWarning?.(`${device.id}: ${message}`),
            ...(recordLimit === undefined ? {} : { recordLimit }),
          })
          .catch((error: unknown) => failed(device, error))
          .finally(() => {
            running--;
          }),
      ),
    );
  } finally {
    timer?.clear();
    stop.removeEventListener("abort", end);
  }
  return errors;
}
