import { hostname } from "node:os";
import { softwareVersion } from "../../src/formats/software-version.ts";
import type { RunInfo } from "../../src/model/run.ts";

/** What the files of a benchmark say of their run. */
export function benchRunInfo(): RunInfo {
  return {
    uid: "0".repeat(32),
    startedAtNs: `${BigInt(Date.now()) * 1_000_000n}`,
    experiment: { name: "benchmark" },
    host: hostname(),
    software: { name: "daq-storage", version: softwareVersion() },
    devices: [],
  };
}
