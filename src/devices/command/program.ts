import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { DaqError } from "../../model/errors.ts";
import type { Clock } from "../contract.ts";
import { forgetGroup, rememberGroup, signalGroup } from "./live-groups.ts";
import { type CommandToStart, describeCommand, startError } from "./start-error.ts";

export type ProgramOptions = CommandToStart & {
  readonly stopTimeoutMs: number;
  readonly clock: Clock;
};

const keptMessageBytes = 4096;
/** How long a program may take after SIGTERM, which it can still answer, and the system after SIGKILL. */
const patienceMs = 1000;
const pollMs = 50;
/** After the group's death at most this much can still be in the pipe and in our buffer; more is somebody else's. */
const pipeBytes = 256 * 1024;

/** One run of a program in its own process group, of which nothing is left once `dispose` has resolved. */
export class Program {
  #options: ProgramOptions;
  #child: ChildProcess;
  #group: number;
  #output: Readable;
  #messages = Buffer.alloc(0);
  #exited: Promise<void>;
  #closed: Promise<void>;
  #isClosed = false;
  #exit: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | undefined;
  #endedByItself = false;
  #stopping: Promise<void> | undefined;
  #waitingForOutput = false;
  #outputEnded = false;
  #chunks = 0;
  #leftBytes = Number.POSITIVE_INFINITY;

  /** Throws `DaqError("device")` when the program cannot be started. */
  static async start(options: ProgramOptions): Promise<Program> {
    const { command, cwd } = options;
    const [file, ...parameters] = typeof command === "string" ? ["/bin/sh", "-c", command] : command;
    let child: ChildProcess;
    try {
      child = spawn(file!, parameters, {
        ...(cwd === undefined ? {} : { cwd }),
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
      });
    } catch (cause) {
      throw startError(options, file!, cause);
    }
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (cause) => reject(startError(options, file!, cause)));
    });
    return new Program(options, child);
  }

  constructor(options: ProgramOptions, child: ChildProcess) {
    this.#options = options;
    this.#child = child;
    this.#group = child.pid!;
    rememberGroup(this.#group);
    this.#output = child.stdout!;
    // What the pipe says when it is torn down tells nothing that the exit code does not.
    child.on("error", () => {});
    child.stderr!.on("error", () => {});
    child.stderr!.on("data", (bytes: Buffer) => {
      const all = Buffer.concat([this.#messages, bytes]);
      this.#messages = Buffer.from(all.subarray(Math.max(0, all.length - keptMessageBytes)));
    });
    this.#exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.#exit = { code, signal };
        this.#endedByItself = this.#stopping === undefined;
        // What a failed program leaves behind would keep the output open and the failure unknown.
        if (code !== 0) void this.stop();
        resolve();
      });
    });
    this.#closed = new Promise((resolve) => {
      child.once("close", () => {
        this.#isClosed = true;
        resolve();
      });
    });
  }

  /** What the program writes to its standard output; it is held back while the reader is busy. */
  async *output(): AsyncGenerator<Buffer, void, undefined> {
    const chunks = this.#output[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    try {
      while (this.#leftBytes > 0) {
        this.#waitingForOutput = true;
        const next = await chunks.next();
        this.#waitingForOutput = false;
        if (next.done) return;
        this.#chunks++;
        this.#leftBytes -= next.value.byteLength;
        yield next.value;
      }
    } catch (cause) {
      // After a stop, the pipe may be torn down under the reader.
      if (this.#stopping === undefined) throw cause;
    } finally {
      this.#outputEnded = true;
    }
  }

  /** True when the program ended with exit code 0 before anybody stopped it. */
  get succeeded(): boolean {
    return this.#endedByItself && this.#exit?.code === 0;
  }

  /** Why the program failed on its own account; undefined when it succeeded or when we stopped it. */
  get failure(): DaqError | undefined {
    if (!this.#endedByItself || this.succeeded) return undefined;
    const { code, signal } = this.#exit!;
    const end = signal === null ? `ended with exit code ${code}` : `was killed by ${signal}`;
    const messages = this.#messages.toString("utf8").trim();
    const said = messages === "" ? " It left no message." : ` Its last messages:\n${messages}`;
    return new DaqError("device", `${describeCommand(this.#options)} ${end}.${said}`, {
      hint:
        code === 127
          ? "The shell did not find a program: check its name and PATH."
          : "Run the command in a terminal to see what is wrong.",
    });
  }

  /** Waits for the exit of a program that has closed its output. False when it neither exits nor was told to stop. */
  async exits(): Promise<boolean> {
    await this.#within(this.#exited, this.#options.stopTimeoutMs);
    return this.#exit !== undefined || this.#stopping !== undefined;
  }

  /**
   * Asks the group to finish (SIGINT), then tells it (SIGTERM), then kills it. Resolves when it is gone and its output
   * was read, which the reader of `output` has to go on doing.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Lets nothing of the program be left, however it ended. Called when `output` has ended. */
  async dispose(): Promise<void> {
    // Our view of an exit comes in two steps; the second follows at once unless something holds the pipes.
    await this.#within(this.#closed, pollMs);
    if (!this.#isClosed) await this.stop();
    // A part of the group may have closed the output and gone on in the background.
    const deadlineMs = performance.now() + patienceMs;
    let left = signalGroup(this.#group, "SIGTERM");
    while (left && performance.now() < deadlineMs) {
      await this.#sleep(pollMs);
      left = signalGroup(this.#group, 0);
    }
    if (left) signalGroup(this.#group, "SIGKILL");
    forgetGroup(this.#group);
  }

  async #stop(): Promise<void> {
    const steps = [
      ["SIGINT", this.#options.stopTimeoutMs],
      ["SIGTERM", patienceMs],
      ["SIGKILL", patienceMs],
    ] as const;
    for (const [signal, waitMs] of steps) {
      signalGroup(this.#group, signal);
      await this.#within(this.#closed, waitMs);
      if (this.#isClosed) return;
    }
    await this.#leaveOutput();
  }

  /** The group is dead, yet its pipes are open: the reader is behind, or a process that left the group holds them. */
  async #leaveOutput(): Promise<void> {
    this.#leftBytes = pipeBytes;
    for (let before = -1; !this.#isClosed; ) {
      const idle = this.#waitingForOutput || this.#leftBytes <= 0 || this.#outputEnded;
      if (idle && before === this.#chunks) {
        this.#output.destroy();
        this.#child.stderr!.destroy();
        return;
      }
      before = this.#chunks;
      await this.#within(this.#closed, 2 * pollMs);
    }
  }

  #sleep(milliseconds: number): Promise<void> {
    return this.#options.clock.sleep(milliseconds, new AbortController().signal);
  }

  async #within(event: Promise<void>, milliseconds: number): Promise<void> {
    const done = new AbortController();
    await Promise.race([event, this.#options.clock.sleep(milliseconds, done.signal)]);
    done.abort();
  }
}
