import { existsSync } from "node:fs";
import { DaqError } from "../model/errors.ts";
import type { JournalContent } from "../recorder/journal-lines.ts";
import { readRingStatus } from "./ring-status.ts";

/**
 * How far a run is whose journal is still there. `recording`: the producer lives. `draining`: it has ended, and a
 * recorder is storing the rest. `left`: nobody works on it any more.
 */
export type RunProgressState = {
  readonly state: "recording" | "draining" | "left";
  /** The run's own ring, when it still exists. */
  readonly ringPath: string | undefined;
};

export function progressOf({ head }: JournalContent): RunProgressState {
  const { ringPath } = head.options;
  if (!existsSync(ringPath)) return { state: "left", ringPath: undefined };
  try {
    const ring = readRingStatus(ringPath);
    if (ring.runUid !== head.ringUid) return { state: "left", ringPath: undefined };
    const isDrained = ring.consumers.some(({ durable, alive }) => durable && alive);
    const state = ring.producer === "running" ? "recording" : isDrained ? "draining" : "left";
    return { state, ringPath };
  } catch (error) {
    if (error instanceof DaqError) return { state: "left", ringPath: undefined };
    throw error;
  }
}
