import { watchOver } from "./watchdog.ts";

/** Process groups that this process started and that may still run, each with what calls its watchdog off. */
const live = new Map<number, () => void>();

/** Sends a signal to all processes of a group. False when none is left. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch {
    return false;
  }
}

function killAll(): void {
  for (const group of live.keys()) signalGroup(group, "SIGKILL");
}

/** When this process ends before `forgetGroup`, however it ends, the group is killed with it. */
export function rememberGroup(group: number): void {
  if (live.size === 0) process.on("exit", killAll);
  live.set(group, watchOver(group));
}

export function forgetGroup(group: number): void {
  live.get(group)?.();
  live.delete(group);
  if (live.size === 0) process.off("exit", killAll);
}
