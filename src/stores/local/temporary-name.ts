import { createHash, randomBytes } from "node:crypto";
import { hostname } from "node:os";

/*
 * .daq-<host>-<pid>-<process>-<count>.tmp
 *
 * The host and the process say whether whoever wrote it is still there; 40 random bits tell this process from an older one
 * with its number (containers begin with the same numbers each time).
 */
const host = createHash("sha256").update(hostname()).digest("hex").slice(0, 6);
const thisProcess = randomBytes(5).toString("hex");
const pattern = /^\.daq-([0-9a-f]{6})-(\d+)-([0-9a-f]{10})-[0-9a-z]+\.tmp$/;

/** A file of another machine, or of a process with that number, that was last written before this is left over. */
const abandonedAfterMs = 24 * 3600 * 1000;

let count = 0;

/** A name for an object that is not whole yet; no other call gives it, in this or another process. */
export function temporaryName(): string {
  return `.daq-${host}-${process.pid}-${thisProcess}-${(count++).toString(36)}.tmp`;
}

export function isTemporaryName(name: string): boolean {
  return name.startsWith(".daq-") && pattern.test(name);
}

/** Whether nobody writes the file any more; `modifiedMs` and `nowMs` since 1970. */
export function isLeftOver(name: string, modifiedMs: number, nowMs: number): boolean {
  const [, fileHost, pid, fileProcess] = pattern.exec(name) ?? [];
  if (fileHost === undefined) return false;
  if (fileProcess === thisProcess) return false;
  if (fileHost === host && (Number(pid) === process.pid || !isAlive(Number(pid)))) return true;
  return nowMs - modifiedMs > abandonedAfterMs;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
