/** Process groups that this process started and that may still run. */
const live = new Set<number>();

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
  for (const group of live) signalGroup(group, "SIGKILL");
}

/** When this process exits before `forgetGroup`, the group is killed with it. */
export function rememberGroup(group: number): void {
  if (live.size === 0) process.on("exit", killAll);
  live.add(group);
}

export function forgetGroup(group: number): void {
  live.delete(group);
  if (live.size === 0) process.off("exit", killAll);
}
