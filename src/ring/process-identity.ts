import { readFileSync } from "node:fs";
import { systemCode } from "../model/errors.ts";

/** A process, told apart from a later one with the same number by its start time (0 where that is not known). */
export type ProcessIdentity = { readonly pid: number; readonly startTicks: number };

type ProcessState = { readonly state: string; readonly startTicks: number };

function readProcessState(pid: number): ProcessState | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the program's name in parentheses, and may itself hold blanks and parentheses.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0]!, startTicks: Number(fields[19]) };
  } catch {
    return undefined;
  }
}

let own: ProcessIdentity | undefined;

export function ownIdentity(): ProcessIdentity {
  own ??= { pid: process.pid, startTicks: readProcessState(process.pid)?.startTicks ?? 0 };
  return own;
}

/** False for a process that ended, also when it was not yet collected by its parent. */
export function isAlive({ pid, startTicks }: ProcessIdentity): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCode(error) === "ESRCH") return false;
  }
  if (process.platform !== "linux") return true;
  const state = readProcessState(pid);
  if (state === undefined) return false;
  if (state.state === "Z" || state.state === "X") return false;
  return startTicks === 0 || startTicks === state.startTicks;
}
