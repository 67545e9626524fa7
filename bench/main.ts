import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Terminal } from "../src/cli/terminal.ts";
import { exitCodeOf, exitCodes } from "../src/model/errors.ts";
import {
  type BenchArguments,
  benchHelp,
  chosenCases,
  parseBenchArguments,
} from "./harness/bench-arguments.ts";
import type { Benchmark } from "./harness/benchmark.ts";
import { machineLine } from "./harness/machine.ts";
import { alignedRow, type CaseReport, jsonLine, tableColumns, tableRows } from "./harness/report.ts";
import { BenchmarkSession } from "./harness/session.ts";
import { BenchmarkInput } from "./input/benchmark-input.ts";
import { generateInput } from "./input/generate-input.ts";

/** Adding a benchmark is a file and a line here. */
const benchmarks: readonly (() => Promise<Benchmark>)[] = [
  async () => (await import("./ring-copy.ts")).ringCopy,
  async () => (await import("./ring-records.ts")).ringRecords,
  async () => (await import("./ring-wake.ts")).ringWake,
  async () => (await import("./arrow-samples.ts")).arrowSamples,
  async () => (await import("./arrow-path.ts")).arrowPath,
  async () => (await import("./csv-samples.ts")).csvSamples,
  async () => (await import("./parquet-samples.ts")).parquetSamples,
  async () => (await import("./parquet-memory.ts")).parquetMemory,
  async () => (await import("./hdf5-writer.ts")).hdf5Writer,
  async () => (await import("./zarr-writer.ts")).zarrWriter,
  async () => (await import("./kernels.ts")).kernelRates,
  async () => (await import("./codecs.ts")).codecs,
  async () => (await import("./append-latency.ts")).appendLatency,
  async () => (await import("./recorder-memory.ts")).recorderMemory,
  async () => (await import("./sources-sim.ts")).sourcesSim,
  async () => (await import("./plan-recording.ts")).planRecording,
  async () => (await import("./engine-overhead.ts")).engineOverhead,
  async () => (await import("./script.ts")).script,
];

function printCases(all: readonly Benchmark[], terminal: Terminal): void {
  for (const { question, cases } of all) {
    terminal.print(question);
    for (const name of cases) terminal.print(`  ${name}`);
  }
}

/** Prints each case as soon as it is known. */
function reporter(args: BenchArguments, chosen: readonly string[], terminal: Terminal) {
  const widths = [Math.max(...chosen.map((name) => name.length)), 20, 12, 24];
  if (!args.json) terminal.print(alignedRow(tableColumns, widths));
  return (report: CaseReport): void => {
    if (args.json) terminal.print(jsonLine(report));
    else for (const row of tableRows(report)) terminal.print(alignedRow(row, widths));
  };
}

async function run(args: BenchArguments, all: readonly Benchmark[], terminal: Terminal): Promise<void> {
  const chosen = chosenCases(
    all.flatMap((benchmark) => benchmark.cases),
    args.only,
  );
  const generated = args.data === undefined ? mkdtempSync(join(tmpdir(), "daq-bench-input-")) : undefined;
  let session: BenchmarkSession | undefined;
  const clean = (): void => {
    session?.close();
    if (generated !== undefined) rmSync(generated, { recursive: true, force: true });
  };
  // Also after Ctrl-C: what was written may fill a disk.
  process.on("exit", clean);
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => process.exit(exitCodes.failed));
  terminal.log(machineLine());
  if (args.quick) terminal.log("A quick run: it shows that the cases work; its figures mean nothing.");
  if (generated !== undefined) {
    terminal.log("Generating a small input; give --data for the one that the peers use.");
    await generateInput(generated);
  }
  session = new BenchmarkSession({
    input: new BenchmarkInput(args.data ?? generated!),
    targetFolder: args.target ?? tmpdir(),
    chosen: new Set(chosen),
    runs: args.runs,
    quick: args.quick,
    onProgress: (line) => terminal.status(line),
    onReport: reporter(args, chosen, terminal),
  });
  for (const benchmark of all)
    if (benchmark.cases.some((name) => session!.wants(name))) await benchmark.run(session);
}

async function main(): Promise<number> {
  const terminal = new Terminal(process.argv.includes("--json"));
  try {
    const args = parseBenchArguments(process.argv.slice(2));
    if (args.help) {
      terminal.print(benchHelp);
      return exitCodes.complete;
    }
    const all = await Promise.all(benchmarks.map((load) => load()));
    if (args.list) printCases(all, terminal);
    else await run(args, all, terminal);
    return exitCodes.complete;
  } catch (error) {
    terminal.fail(error);
    return exitCodeOf(error);
  }
}

process.exitCode = await main();
