import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BenchmarkInput } from "../input/benchmark-input.ts";
import type { BenchmarkContext, CaseOptions, Figures } from "./benchmark.ts";
import type { CaseReport } from "./report.ts";
import { spreads } from "./statistics.ts";

export type SessionOptions = {
  readonly input: BenchmarkInput;
  readonly targetFolder: string;
  readonly chosen: ReadonlySet<string>;
  readonly runs: number;
  readonly quick: boolean;
  /** One line for the person who watches. */
  readonly onProgress: (line: string) => void;
  readonly onReport: (report: CaseReport) => void;
};

/** Runs the cases of one command line, in a folder of its own that is gone afterwards. */
export class BenchmarkSession implements BenchmarkContext {
  readonly input: BenchmarkInput;
  readonly target: string;
  readonly quick: boolean;
  readonly #options: SessionOptions;
  readonly #rings: string[] = [];

  constructor(options: SessionOptions) {
    this.#options = options;
    this.input = options.input;
    this.quick = options.quick;
    mkdirSync(options.targetFolder, { recursive: true });
    this.target = mkdtempSync(join(options.targetFolder, "daq-bench-"));
  }

  wants(caseName: string): boolean {
    return this.#options.chosen.has(caseName);
  }

  async measure(caseName: string, run: () => Promise<Figures>, options: CaseOptions = {}): Promise<void> {
    if (!this.wants(caseName)) return;
    const { onProgress, onReport, quick } = this.#options;
    const { goals = [], runs = this.#options.runs, warmUp = run } = options;
    onProgress(`${caseName}: warming up`);
    await warmUp();
    this.clearTarget();
    const found: Figures[] = [];
    for (let number = 1; number <= runs; number++) {
      onProgress(`${caseName}: run ${number} of ${runs}`);
      found.push(await run());
      this.clearTarget();
    }
    onReport({ name: caseName, runs, quick, quantities: spreads(found), goals });
  }

  ringPath(): string {
    const folder = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
    const path = join(folder, `daq-bench-${process.pid}-${this.#rings.length}`);
    this.#rings.push(path);
    return path;
  }

  clearTarget(): void {
    for (const name of readdirSync(this.target)) rmSync(join(this.target, name), { recursive: true });
  }

  /** Removes everything that was made. Synchronous, so that it also works when the process is ending. */
  close(): void {
    rmSync(this.target, { recursive: true, force: true });
    for (const ring of this.#rings) rmSync(ring, { force: true });
  }
}
