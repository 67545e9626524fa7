import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { DaqRecord } from "../system/daq-record.ts";
import { readCsvColumns } from "./recorded-columns.ts";

type Case = {
  readonly what: string;
  readonly command: readonly string[];
  readonly device: readonly string[];
  readonly columns: readonly string[];
  readonly rows: number;
  /** True for the lines of sigrok's own output that are no samples. */
  readonly isOther: (line: string, number: number) => boolean;
};

const logicChannels = Array.from({ length: 8 }, (_, index) => `D${index}`);

// Logic and analog apart: sigrok-cli 0.7.2 prints memory that nobody wrote into the analog columns of a mixed row.
const cases: readonly Case[] = [
  {
    what: "the demo logic analyser's Gray code",
    command: [
      "-d",
      "demo:logic_channels=8:analog_channels=0",
      "-g",
      "Logic",
      "--config",
      "pattern=graycode",
    ].concat(["--samples", "20000", "-O", "csv"]),
    // Four comment lines, then the names of the channels.
    device: ['dtype = "uint8"', 'comment = ";"', "skip_lines = 5"],
    columns: logicChannels,
    rows: 20_000,
    isOther: (_, number) => number <= 5,
  },
  {
    what: "the demo oscilloscope's square, sine, triangle and sawtooth",
    command: ["-d", "demo:logic_channels=0:analog_channels=4", "--samples", "10000"].concat([
      "-O",
      "csv:header=false:label=off",
    ]),
    // sigrok-cli also prints each analog value as text, "A1: 3.0902 V DC".
    device: ['dtype = "float64"', 'units = "V"', 'comment = "A"', 'delimiter = ","'],
    columns: ["A0", "A1", "A2", "A3"],
    rows: 10_000,
    isOther: (line) => /^A\d: /.test(line),
  },
];

const isThere = spawnSync("sigrok-cli", ["--version"], { stdio: "ignore" }).status === 0;

describe("sigrok-cli through the command driver", {
  skip: isThere ? false : "sigrok-cli is not installed",
}, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "daq-sigrok-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** What sigrok-cli writes into a file by itself, as numbers. */
  function writtenAlone({ command, isOther }: Case, file: string): number[][] {
    const target = openSync(file, "w");
    const { status } = spawnSync("sigrok-cli", command, { stdio: ["ignore", target, "inherit"] });
    closeSync(target);
    assert.equal(status, 0);
    const lines = readFileSync(file, "utf8").trim().split("\n");
    return lines
      .filter((line, index) => !isOther(line, index + 1))
      .map((line) => line.split(",").map(Number));
  }

  for (const [number, wanted] of cases.entries())
    test(`CSV holds ${wanted.what} as sigrok-cli writes it by itself`, async () => {
      const alone = writtenAlone(wanted, join(folder, `alone-${number}.txt`));
      assert.equal(alone.length, wanted.rows);
      assert.ok(new Set(alone.map(String)).size > 10, "a signal that changes");
      const config = join(folder, `${number}.toml`);
      const path = join(folder, `run-${number}.csv`);
      writeFileSync(
        config,
        [
          "[storage]",
          'format = "csv"',
          `output_path = ${JSON.stringify(path)}`,
          "[[devices]]",
          'id = "demo"',
          'driver = "command"',
          `command = ${JSON.stringify(["sigrok-cli", ...wanted.command])}`,
          'encoding = "lines"',
          `columns = ${JSON.stringify(wanted.columns)}`,
          ...wanted.device,
        ].join("\n"),
      );
      const run = new DaqRecord([config]);
      assert.deepEqual(await run.ended, { code: 0, signal: null }, run.stderr);
      const { timestamp: _, sequence, ...columns } = await readCsvColumns(path);
      assert.equal(sequence!.validity.length, wanted.rows);
      const rows = readFileSync(path, "utf8").trim().split("\r\n").slice(1);
      const recorded = rows.map((row) => row.split(",").slice(2).map(Number));
      assert.deepEqual(recorded, alone);
      for (const column of Object.values(columns))
        assert.ok(!column.validity.includes(0), "nothing is missing");
    });
});
