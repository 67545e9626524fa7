import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive } from "../../src/ring/process-identity.ts";
import { root } from "./markdown.ts";

export type Ended = { readonly code: number | string; readonly output: string };

/** How long a recording goes on before it is stopped or killed. */
const momentMs = 700;

/** The folder in which the snippets of one document run, one after the other, with `daq` on the path. */
export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), "daq-docs-"));
  readonly #rings: string[] = [];

  constructor() {
    const daq = join(this.folder, "bin", "daq");
    mkdirSync(dirname(daq));
    writeFileSync(daq, `#!/bin/sh\nexec "${process.execPath}" "${join(root, "bin/daq.js")}" "$@"\n`);
    chmodSync(daq, 0o755);
    // As `npm install` of a checkout leaves it.
    mkdirSync(join(this.folder, "node_modules"));
    symlinkSync(root, join(this.folder, "node_modules", "daq-storage"));
    symlinkSync(join(root, "examples"), join(this.folder, "examples"));
    writeFileSync(join(this.folder, "package.json"), '{ "type": "module" }');
  }

  write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  start(program: string, args: readonly string[]): Running {
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(DAQ_|NODE_TEST|NODE_OPTIONS)/.test(name)),
    );
    const path = [join(this.folder, "bin"), dirname(process.execPath), env.PATH].join(delimiter);
    return new Running(
      spawn(program, args, {
        cwd: this.folder,
        env: { ...env, PATH: path },
        stdio: ["ignore", "pipe", "pipe"],
      }),
    );
  }

  shell(code: string): Running {
    return this.start("/bin/sh", ["-eu", "-c", code]);
  }

  /** One command, without a shell between it and the signals that it gets. */
  command(line: string): Running {
    return this.start("/bin/sh", ["-c", `exec ${line}`]);
  }

  /** Records for a moment, and stops it as Ctrl-C does. */
  async interrupted(line: string): Promise<Ended> {
    const running = this.command(line);
    await running.says("Recording to");
    await sleep(momentMs);
    running.child.kill("SIGINT");
    return running.ended;
  }

  /** Records for a moment, then kills the acquisition and its recorder. */
  async killed(line: string): Promise<void> {
    const running = this.command(`${line} --json`);
    const [, started] = await running.says(/^(\{"event":"started".*\})$/m);
    const { recorderPid, ringPath } = JSON.parse(started!) as { recorderPid: number; ringPath: string };
    this.#rings.push(ringPath);
    await sleep(momentMs);
    process.kill(recorderPid, "SIGKILL");
    running.child.kill("SIGKILL");
    await running.ended;
    while (isAlive({ pid: recorderPid, startTicks: 0 })) await sleep(10);
  }

  remove(): void {
    for (const path of [this.folder, ...this.#rings]) rmSync(path, { recursive: true, force: true });
  }
}

class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #output = "";

  constructor(child: ChildProcess) {
    this.child = child;
    for (const stream of [child.stdout!, child.stderr!])
      stream.on("data", (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    this.ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => resolve({ code: signal ?? code ?? -1, output: this.#output }));
    });
  }

  /** Resolves when the text is in the output; rejects when the program ends without it. */
  async says(text: string | RegExp): Promise<readonly string[]> {
    for (;;) {
      const found =
        typeof text === "string" ? (this.#output.includes(text) ? [text] : null) : text.exec(this.#output);
      if (found !== null) return found;
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(
          `It ended (${this.child.exitCode ?? this.child.signalCode}) and did not say ${text}:\n${this.#output}`,
        );
      await sleep(20);
    }
  }
}
