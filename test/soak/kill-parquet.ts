import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killParquetRound } from "../faults/parquet-kill-round.ts";
import { PythonAnswers } from "./python-answers.ts";

/** Longer than it takes to write several row groups, and to take turns with the tails. */
const longestMs = 600;

async function startChecker(log: (line: string) => void): Promise<PythonAnswers | undefined> {
  const checker = new PythonAnswers("parquet_counter.py");
  try {
    const { pyarrow } = await checker.next<{ pyarrow: string }>();
    log(`pyarrow ${pyarrow} reads every file, comparing the checksums of its pages`);
    return checker;
  } catch (error) {
    log(`without pyarrow: ${error instanceof Error ? error.message.split("\n")[0] : error}`);
    return undefined;
  }
}

/**
 * kill -9 of a writer at random moments, with every codec in turn, statistics and dictionaries: all up to its last checkpoint
 * is there after a recovery, and in a copy in which a writer goes on from that checkpoint.
 */
export async function killParquet(loops: number, log: (line: string) => void): Promise<void> {
  const checker = await startChecker(log);
  const folder = mkdtempSync(join(tmpdir(), "daq-kill-parquet-"));
  let [vouched, recovered, ahead, rowGroups] = [0, 0, 0, 0];
  for (let loop = 1; loop <= loops; loop++) {
    const round = await killParquetRound(folder, loop, Math.random() * longestMs);
    for (const { path, records } of [round.recovered, round.resumed]) {
      const problem = await checker?.ask<string | null>([path, records]);
      if (checker !== undefined) assert.equal(problem, null, `${round.compression}: ${path}`);
      rmSync(path);
    }
    vouched += round.extent.records;
    recovered += round.recovered.records;
    rowGroups += round.extent.rowGroups;
    if (round.recovered.records > round.extent.records) ahead++;
    if (loop % 20 === 0 || loop === loops)
      log(
        `${loop}/${loops} kills: ${vouched} records up to the last checkpoints, ${recovered} recovered (${ahead} files ahead of theirs), ${rowGroups} row groups`,
      );
  }
  await checker?.end();
  rmSync(folder, { recursive: true });
}
