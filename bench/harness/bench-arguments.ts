import { parseArgs } from "node:util";
import { DaqError } from "../../src/model/errors.ts";

export type BenchArguments = {
  /** The folder with the input files; absent: a small input is generated. */
  readonly data: string | undefined;
  /** The folder to write to; absent: the system's temporary folder. */
  readonly target: string | undefined;
  readonly json: boolean;
  /** Only cases whose name contains one of these. */
  readonly only: readonly string[];
  readonly runs: number;
  readonly quick: boolean;
  readonly list: boolean;
  readonly help: boolean;
};

export const benchHelp = `Measures daq-storage: one case after the other, each warmed up and run several times.

Usage: npm run bench -- [options]

  --data DIR      frames8.raw, frames16.raw and samples.raw; without it a smaller input like them is generated
  --target DIR    where files are written, and so which file system is measured; default: the temporary folder
  --only NAME     only cases whose name contains NAME; may be given several times
  --runs N        runs of each case; the median, the smallest and the largest are printed (default 5)
  --json          one JSON object a line instead of a table
  --quick         a small part of the work, to see that everything runs; the figures mean nothing
  --list          the names of all cases
  --help          this text

Examples:
  npm run bench
      everything, with generated input, to the temporary folder
  npm run bench -- --only ring/ --runs 9
      the ring alone, nine runs of each case
  npm run bench -- --data input --target /dev/shm --json > ours.jsonl
      everything to a memory file system, for \`node bench/compare.ts ours.jsonl peers.jsonl\`

Nothing else should run on the machine meanwhile.`;

function usage(problem: string): DaqError {
  return new DaqError("usage", problem, { hint: "See `npm run bench -- --help`." });
}

/** Throws `DaqError("usage")` that names what is wrong. */
export function parseBenchArguments(args: readonly string[]): BenchArguments {
  const flag = { type: "boolean", default: false } as const;
  let values: ReturnType<typeof parse>["values"];
  const parse = () =>
    parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        data: { type: "string" },
        target: { type: "string" },
        only: { type: "string", multiple: true, default: [] },
        runs: { type: "string", default: "5" },
        json: flag,
        quick: flag,
        list: flag,
        help: { ...flag, short: "h" },
      },
    });
  try {
    values = parse().values;
  } catch (error) {
    throw usage((error as Error).message.split(". To specify")[0]!);
  }
  const runs = Number(values.runs);
  if (!/^\d+$/.test(values.runs) || runs < 1 || runs > 1000)
    throw usage(`--runs ${values.runs}: expected a whole number from 1 to 1000.`);
  const { data, target, only, json, quick, list, help } = values;
  return { data, target, only, json, quick, list, help, runs };
}

/** The names that contain one of `only`; all of them when it is empty. Throws `DaqError("usage")` when none does. */
export function chosenCases(names: readonly string[], only: readonly string[]): readonly string[] {
  for (const part of only)
    if (!names.some((name) => name.includes(part)))
      throw new DaqError("usage", `--only ${part}: no case has this in its name.`, {
        hint: "`npm run bench -- --list` prints the names.",
      });
  return only.length === 0 ? names : names.filter((name) => only.some((part) => name.includes(part)));
}
