import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import type { RecorderProgress } from "../../src/recorder/recorder.ts";
import type { OutputOptions } from "../../src/recorder/recorder-options.ts";
import type { RunIndex } from "../../src/recorder/run-index.ts";

const daq = resolve(import.meta.dirname, "../../bin/daq.js");

type SaidError = { readonly code: string; readonly message: string; readonly hint?: string };

export type Started = {
  readonly event: "started";
  readonly runUid: string;
  readonly ringPath: string;
  readonly indexPath: string;
  readonly outputs: readonly OutputOptions[];
};

export type Progress = {
  readonly event: "progress";
  readonly phase: "recording" | "draining";
  readonly recorder: RecorderProgress;
};

export type Finished = {
  readonly event: "finished";
  readonly exitCode: number;
  readonly indexPath: string;
  readonly index: RunIndex;
  readonly errors: readonly SaidError[];
};

type Warning = { readonly event: "warning"; readonly message: string };

/** A line of standard output. */
export type Said = Started | Progress | Finished | Warning | { readonly error: SaidError };

/** One `daq record --json`: a real process, what it says, and how it ends. */
export class DaqRecord {
  readonly said: Said[] = [];
  stderr = "";
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  readonly #process: ChildProcess;
  #listeners: (() => void)[] = [];

  /** `through` is a program that starts it: `["setpriv", "…"]`. */
  constructor(args: readonly string[], through: readonly string[] = []) {
    const [program, ...rest] = [...through, process.execPath, daq, "record", "--json", ...args];
    this.#process = spawn(program!, rest, { stdio: ["ignore", "pipe", "pipe"] });
    createInterface({ input: this.#process.stdout! }).on("line", (line) => {
      // Throws for a line that is not JSON, which then fails the test: there must be none.
      this.said.push(JSON.parse(line) as Said);
      this.#tell();
    });
    this.#process.stderr!.on("data", (bytes: Buffer) => {
      this.stderr += bytes.toString();
    });
    this.ended = new Promise((done) => {
      this.#process.on("close", (code, signal) => {
        done({ code, signal });
        this.#tell();
      });
    });
  }

  get started(): Started | undefined {
    return this.said.find((line) => "event" in line && line.event === "started") as Started | undefined;
  }

  get progress(): readonly Progress[] {
    return this.said.filter((line): line is Progress => "event" in line && line.event === "progress");
  }

  get finished(): Finished | undefined {
    return this.said.find((line) => "event" in line && line.event === "finished") as Finished | undefined;
  }

  get errors(): readonly SaidError[] {
    return this.said.flatMap((line) => ("error" in line ? [line.error] : []));
  }

  get isOver(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  interrupt(): void {
    this.#process.kill("SIGINT");
  }

  /** Waits until what was said satisfies this; rejects when the process ends before. */
  async until(isReached: () => boolean): Promise<void> {
    while (!isReached()) {
      if (this.isOver) throw new Error(`daq record ended before that:\n${this.stderr}`);
      await new Promise<void>((done) => this.#listeners.push(done));
    }
  }

  #tell(): void {
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }
}
