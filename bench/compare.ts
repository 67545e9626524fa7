import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { Terminal } from "../src/cli/terminal.ts";
import { DaqError, exitCodeOf, exitCodes } from "../src/model/errors.ts";
import { type Comparison, compareResults, parseResults, type ResultLine } from "./harness/compare-results.ts";
import { alignedRow } from "./harness/report.ts";

const help = `Shows our results beside the peers': ours divided by the fastest peer's, case by case.

Usage: node bench/compare.ts OURS.jsonl PEERS.jsonl [--peer NAME]...

  --peer NAME  compare with this peer alone; may be given several times
  --help       this text

Example:
  node bench/compare.ts ours.jsonl peers.jsonl --peer polars --peer pyarrow`;

const columns = ["case", "MB/s", "peer", "MB/s", "ratio", "with fsync", "size", "peer's size"] as const;

function cells({ case: name, ours, peer, ratio, ratioFsync }: Comparison): readonly string[] {
  const size = (line: ResultLine) => line.size_ratio?.toFixed(3) ?? "";
  return [
    name,
    `${ours.mb_per_s}`,
    peer.case === name ? peer.peer : `${peer.peer} (${peer.case})`,
    `${peer.mb_per_s}`,
    ratio.toFixed(2),
    ratioFsync?.toFixed(2) ?? "",
    size(ours),
    size(peer),
  ];
}

async function load(path: string): Promise<ResultLine[]> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new DaqError("path", `${path} cannot be read: ${(cause as Error).message}.`, {
      hint: "Give the two outputs, ours first.",
      cause,
    });
  });
  return parseResults(text, path);
}

function usage(problem: string): DaqError {
  return new DaqError("usage", problem, { hint: "See `node bench/compare.ts --help`." });
}

function parse() {
  try {
    return parseArgs({
      strict: true,
      allowPositionals: true,
      options: {
        peer: { type: "string", multiple: true, default: [] },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw usage((error as Error).message.split(". To specify")[0]!);
  }
}

async function main(): Promise<number> {
  const terminal = new Terminal(false);
  try {
    const { values, positionals } = parse();
    if (values.help) {
      terminal.print(help);
      return exitCodes.complete;
    }
    const [oursPath, peersPath, extra] = positionals;
    if (oursPath === undefined || peersPath === undefined || extra !== undefined)
      throw usage("Expected two files: our results and the peers'.");
    const compared = compareResults(await load(oursPath), await load(peersPath), values.peer);
    if (compared.length === 0)
      throw new DaqError("format", "The two files have no case in common.", {
        hint: "Give our results first; --peer must name a peer that has one of our cases.",
      });
    const rows = [columns, ...compared.map(cells)];
    const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
    for (const row of rows) terminal.print(alignedRow(row, widths));
    return exitCodes.complete;
  } catch (error) {
    terminal.fail(error);
    return exitCodeOf(error);
  }
}

process.exitCode = await main();
