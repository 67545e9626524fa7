import type { Config } from "../config/config.ts";
import type { RunStart } from "../documents/run-start.ts";
import type { Metadata } from "../model/metadata.ts";
import { toJson } from "../model/metadata.ts";
import type { RunInfo } from "../model/run.ts";
import { describeRun } from "../run/run-info.ts";

/** A plan with long lists of places as its arguments is described without them: the ring has 256 KiB for everything. */
const mostStartBytes = 64 * 1024;

/** What goes into every file of a run: the configuration, and the start document. */
export function experimentInfo(config: Config, start: RunStart): RunInfo {
  const info = describeRun(config, BigInt(start.time_ns ?? Math.round(start.time * 1e9)));
  const { plan_args: args, ...rest } = start;
  const isShort = toJson(start).length <= mostStartBytes;
  return {
    ...info,
    uid: start.uid.replaceAll("-", ""),
    experiment: { ...config.experiment, ...planWords(start) },
    start: isShort || args === undefined ? start : rest,
  };
}

/** For people who look at a file's metadata and not at its start document. */
function planWords({ plan_name: name }: RunStart): Metadata {
  return name === undefined ? {} : { plan_name: name };
}
