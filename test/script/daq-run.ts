import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import type { RunIndex } from "../../src/recorder/run-index.ts";

const daq = resolve(import.meta.dirname, "../../bin/daq.js");

export const scriptFolder = resolve(import.meta.dirname, "../../examples/scripts");

export type FinishedScript = {
  readonly event: "finished";
  readonly exitStatus: string;
  readonly reason: string;
  readonly runs: readonly { readonly indexPath: string; readonly index: RunIndex }[];
};

type Said = { readonly event?: string; readonly text?: string };

/** One `daq run --json`: a real process, and what it says. */
export class DaqRun {
  readonly said: Said[] = [];
  stderr = "";
  readonly ended: Promise<number | null>;
  readonly #process: ChildProcess;
  #listeners: (() => void)[] = [];

  constructor(args: readonly string[], folder: string) {
    this.#process = spawn(process.execPath, [daq, "run", "--json", ...args], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    createInterface({ input: this.#process.stdout! }).on("line", (line) => {
      // Throws for a line that is not JSON, which then fails the test: there must be none.
      this.said.push(JSON.parse(line) as Said);
      for (const listen of this.#listeners) listen();
    });
    this.#process.stderr!.on("data", (bytes: Buffer) => {
      this.stderr += bytes.toString();
    });
    this.ended = new Promise((done) => {
      this.#process.on("close", (code) => {
        done(code);
        for (const listen of this.#listeners) listen();
      });
    });
  }

  get printed(): string[] {
    return this.said.flatMap(({ event, text }) => (event === "print" ? [text!] : []));
  }

  get finished(): FinishedScript {
    return this.said.find(({ event }) => event === "finished") as FinishedScript;
  }

  /** Resolves when so many lines were printed; rejects when it ends before. */
  async prints(count: number): Promise<void> {
    await new Promise<void>((done, fail) => {
      const look = (): void => {
        if (this.printed.length >= count) done();
      };
      this.#listeners.push(look);
      look();
      void this.ended.then(() =>
        fail(new Error(`It ended after ${this.printed.length} lines.\n${this.stderr}`)),
      );
    });
  }

  interrupt(): void {
    this.#process.kill("SIGINT");
  }
}
