import type { BenchmarkInput } from "../input/benchmark-input.ts";

/** What one run of a case found: quantities by name, the unit at the end of the name; the first is the main one. */
export type Figures = { readonly [quantity: string]: number };

/** What a quantity's median should reach. */
export type Goal = { readonly quantity: string; readonly atLeast?: number; readonly atMost?: number };

export type CaseOptions = {
  readonly goals?: readonly Goal[];
  /** Runs of this case, where more would take too long or say nothing more; else what the command line says. */
  readonly runs?: number;
  /** Before the runs that count; absent: one run like them. */
  readonly warmUp?: () => Promise<unknown>;
};

/** What a benchmark works with. */
export interface BenchmarkContext {
  readonly input: BenchmarkInput;
  /** An empty folder on the file system that is measured; emptied after each run. */
  readonly target: string;
  /** A small part of the work, to see that everything runs; such figures mean nothing. */
  readonly quick: boolean;
  /** False for a case that was not asked for: what only it needs is not worth preparing. */
  wants(caseName: string): boolean;
  /** Warms up, runs, and reports one case; returns at once when it was not asked for. */
  measure(caseName: string, run: () => Promise<Figures>, options?: CaseOptions): Promise<void>;
  /** Removes what is in the target, for a run that writes more than once. */
  clearTarget(): void;
  /** Where a new ring goes: on a memory file system where there is one. Removed at the end, whatever happens. */
  ringPath(): string;
}

/** One question about speed or memory, and the cases that answer it. */
export interface Benchmark {
  readonly name: string;
  readonly question: string;
  readonly cases: readonly string[];
  run(context: BenchmarkContext): Promise<void>;
}
