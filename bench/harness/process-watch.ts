import { readFileSync } from "node:fs";

const lookMs = 20;
/** Linux tells processor time in hundredths of a second, on every architecture that Node runs on. */
const ticksPerSecond = 100;
const goneMs = 5_000;

export type ProcessUsage = {
  /** Peak of the memory that belongs to the process alone: RssAnon + RssFile, without the ring's shared pages. */
  readonly peakBytes: number;
  /** Processor time since the watch began. */
  readonly cpuSeconds: number;
};

/** Both counters of a process by now, or undefined when it has ended. */
function look(pid: number): { bytes: number; cpuSeconds: number } | undefined {
  let status: string;
  let stat: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, "latin1");
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  const kilobytes = (key: string) =>
    Number(new RegExp(`^${key}:\\s*(\\d+) kB`, "m").exec(status)?.[1] ?? Number.NaN);
  const bytes = (kilobytes("RssAnon") + kilobytes("RssFile")) * 1024;
  // A process that has ended and was not waited for yet has no memory lines.
  if (Number.isNaN(bytes)) return undefined;
  // The second field is the program's name in parentheses, which may contain blanks.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { bytes, cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond };
}

/** Watches another process through /proc, 50 times a second; on systems without it, it sees nothing (0). */
export class ProcessWatch {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #peakBytes = 0;
  #cpuSeconds = 0;
  readonly #cpuSecondsBefore: number;

  constructor(pid: number) {
    this.#pid = pid;
    this.#timer = setInterval(() => this.#look(), lookMs).unref();
    this.#look();
    this.#cpuSecondsBefore = this.#cpuSeconds;
  }

  #look(): void {
    const seen = look(this.#pid);
    if (seen === undefined) return;
    this.#peakBytes = Math.max(this.#peakBytes, seen.bytes);
    this.#cpuSeconds = seen.cpuSeconds;
  }

  stop(): ProcessUsage {
    this.#look();
    clearInterval(this.#timer);
    return { peakBytes: this.#peakBytes, cpuSeconds: this.#cpuSeconds - this.#cpuSecondsBefore };
  }

  /** Resolves when the process has ended, so that it does not take time from what is measured next. */
  async gone(): Promise<void> {
    const deadline = performance.now() + goneMs;
    while (look(this.#pid) !== undefined && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}
