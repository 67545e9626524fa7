import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import type { TestContext } from "node:test";

/** Another process at work on a ring, and the lines that it prints. */
export class RingProcess {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(child: ChildProcess, lines: Interface) {
    this.child = child;
    this.#lines = lines[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** The next line, as the value that it is; undefined at the end of the output. */
  async says(): Promise<Record<string, unknown> | undefined> {
    const { value, done } = await this.#lines.next();
    return done === true ? undefined : (JSON.parse(value) as Record<string, unknown>);
  }

  /** Kills the process as a crash would, and waits until it is gone. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill("SIGKILL");
    await once(this.child, "exit");
  }
}

export function startProcess(t: TestContext, work: string, ...rest: (string | number)[]): RingProcess {
  const file = join(import.meta.dirname, "ring-process.ts");
  const child = spawn(process.execPath, [file, work, ...rest.map(String)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const started = new RingProcess(child, createInterface({ input: child.stdout }));
  t.after(() => started.kill());
  return started;
}
