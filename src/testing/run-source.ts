import type { Clock, Driver } from "../devices/contract.ts";
import { DaqError } from "../model/errors.ts";
import type { SettingValues } from "../model/setting.ts";
import { MemorySink, type MemorySinkOptions, type MemoryStream } from "./memory-sink.ts";
import { SteppingClock } from "./stepping-clock.ts";
import { withDefaults } from "./with-defaults.ts";

export type RunOptions = MemorySinkOptions & {
  readonly settings?: SettingValues;
  readonly recordLimit?: number;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
};

export type SourceRun = {
  readonly stream: MemoryStream;
  readonly warnings: readonly string[];
  /** Settles as the source's `run` does. */
  readonly done: Promise<void>;
};

/** Starts a driver's source with an id of "device0" and a memory sink. */
export function startSource(driver: Driver, options: RunOptions = {}): SourceRun {
  const sink = new MemorySink(options);
  if (driver.create === undefined)
    throw new DaqError("usage", `A device of ${driver.name} does not produce on its own.`);
  const source = driver.create("device0", withDefaults(driver, options.settings ?? {}));
  const warnings: string[] = [];
  const done = source.run({
    sink,
    clock: options.clock ?? new SteppingClock(),
    signal: options.signal ?? new AbortController().signal,
    warn: (message) => warnings.push(message),
    ...(options.recordLimit === undefined ? {} : { recordLimit: options.recordLimit }),
  });
  // Sources open their streams before the first wait.
  return { stream: sink.stream(), warnings, done };
}

/** Runs a source to its end. */
export async function runSource(driver: Driver, options: RunOptions = {}): Promise<SourceRun> {
  const run = startSource(driver, options);
  await run.done;
  return run;
}
