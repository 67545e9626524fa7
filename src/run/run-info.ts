import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Config } from "../config/config.ts";
import { softwareVersion } from "../formats/software-version.ts";
import type { Metadata, MetadataValue } from "../model/metadata.ts";
import type { RunInfo } from "../model/run.ts";
import type { SettingValues } from "../model/setting.ts";

export function describeRun(config: Config, startedAtNs: bigint): RunInfo {
  return {
    uid: randomBytes(16).toString("hex"),
    startedAtNs: `${startedAtNs}`,
    experiment: config.experiment,
    ...(config.floats === undefined ? {} : { floats: config.floats }),
    host: hostname(),
    software: { name: "daq-storage", version: softwareVersion() },
    devices: config.devices.map(({ id, driver, settings }) => ({ id, driver, settings: present(settings) })),
  };
}

function present(settings: SettingValues): Metadata {
  const entries = Object.entries(settings).filter(
    (entry): entry is [string, MetadataValue] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}
