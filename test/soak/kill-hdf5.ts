import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { FormatOptions } from "../../src/formats/contract.ts";
import type { Hdf5WriterState } from "../../src/formats/hdf5/writer.ts";
import { readJournal } from "../../src/recorder/journal-lines.ts";
import { recover } from "../../src/recorder/recover-run.ts";
import { waitForDeath } from "../faults/counter-run.ts";
import { PythonAnswers } from "./python-answers.ts";

const variants: readonly Omit<FormatOptions, "durability" | "chunkRows">[] = [
  { compression: "gzip" },
  { compression: "none" },
  { compression: "gzip", live: true },
  { compression: "none", live: true },
];

/** Chunks that are full several times between two checkpoints, about once, and at every tenth. */
const chunkSizes = [300, 3000, 30_000];

/** With the first a kill often comes in the middle of a checkpoint. */
const flushIntervals = [1, 20];

function oneOf<T>(list: readonly T[]): T {
  return list[Math.floor(Math.random() * list.length)]!;
}

type Answer = {
  readonly rows: { readonly [dataset: string]: number };
  readonly complete: boolean;
  readonly problem: string | null;
};

/**
 * kill -9 of both at random moments: h5py opens the file as it lies there, with every row up to the journal's last
 * checkpoint and none that is wrong; then after a recovery of the file alone, and after one of the run.
 */
export async function killHdf5(loops: number, log: (line: string) => void): Promise<void> {
  const checker = new PythonAnswers("hdf5_counter.py", "check");
  const { h5py, hdf5 } = await checker.next<{ h5py: string; hdf5: string }>();
  log(`h5py ${h5py}, HDF5 ${hdf5}`);
  let [ahead, checkpoints, rows] = [0, 0, 0];
  for (let loop = 1; loop <= loops; ) {
    const options: FormatOptions = {
      ...variants[loop % variants.length]!,
      chunkRows: oneOf(chunkSizes),
      durability: "process",
    };
    const seen = await killOnce(options, checker);
    if (seen === undefined) continue;
    if (seen.rows > seen.least) ahead++;
    checkpoints += seen.least > 0 ? 1 : 0;
    rows += seen.rows;
    if (loop % 10 === 0 || loop === loops)
      log(
        `${loop}/${loops} kills: every file read at once; ${checkpoints} had a checkpoint, ${ahead} were ahead of it, ${rows} rows in all`,
      );
    loop++;
  }
  await checker.end();
}

/** Undefined when the recorder was faster than the second kill, and closed the file. */
async function killOnce(
  options: FormatOptions,
  checker: PythonAnswers,
): Promise<{ least: number; rows: number } | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "daq-kill-hdf5-"));
  const program = spawn(
    process.execPath,
    [
      ...process.execArgv,
      join(import.meta.dirname, "hdf5-counter.ts"),
      folder,
      JSON.stringify(options),
      String(oneOf(flushIntervals)),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const exited = once(program, "exit");
  const [line] = (await once(createInterface({ input: program.stdout }), "line")) as [string];
  const { recorder } = JSON.parse(line) as { recorder: number };
  await sleep(Math.random() * 1500);
  const acquisitionFirst = Math.random() < 0.5;
  if (acquisitionFirst) program.kill("SIGKILL");
  process.kill(recorder, "SIGKILL");
  if (!acquisitionFirst) program.kill("SIGKILL");
  await exited;
  await waitForDeath(recorder);
  const where = `${JSON.stringify(options)} in ${folder}`;

  const path = join(folder, "run.h5");
  const journal = join(folder, "run.journal.jsonl");
  if (!existsSync(journal)) {
    // Between the two kills the recorder has drained the ring and closed the file.
    assert.ok(acquisitionFirst, where);
    const closed = await checker.ask<Answer>([path, 0]);
    assert.deepEqual([closed.problem, closed.complete], [null, true], where);
    rmSync(folder, { recursive: true, force: true });
    return undefined;
  }
  const { last } = (await readJournal(journal))!;
  const state = last?.outputs[0]?.state as Hdf5WriterState | undefined;
  const least = state?.records.counter ?? 0;
  const asItLies = await checker.ask<Answer>([path, least]);
  assert.equal(asItLies.problem, null, `as it lies there: ${where}`);
  // With its journal still there, it may have been closed between the two kills.
  const wasClosed = acquisitionFirst && asItLies.complete;
  assert.equal(asItLies.complete, wasClosed, where);

  // Without its journal and its ring, as if only the file had been carried away.
  const alone = join(folder, "alone");
  mkdirSync(alone);
  copyFileSync(path, join(alone, "run.h5"));
  const recovered = await recover(join(alone, "run.h5"));
  assert.ok(recovered.kind === "file" && recovered.file.changed !== wasClosed, where);
  const afterAlone = await checker.ask<Answer>([join(alone, "run.h5"), least]);
  assert.equal(afterAlone.problem, null, `recovered alone: ${where}`);
  assert.equal(afterAlone.complete, true);
  assert.deepEqual(
    [...new Set(Object.values(afterAlone.rows))],
    [Math.min(...Object.values(asItLies.rows))],
    where,
  );
  assert.equal(recovered.file.records, Math.min(...Object.values(asItLies.rows)), where);

  const recovery = await recover(journal);
  if (last === undefined && recovery.kind === "nothing") assert.equal(existsSync(path), false);
  else {
    assert.ok(recovery.kind === "run", where);
    const [account] = recovery.index.outputs[0]!.ledger.accounts;
    assert.equal(account!.lost, 0, `the ring still held everything: ${where}`);
    const complete = await checker.ask<Answer>([path, account!.stored]);
    assert.equal(complete.problem, null, `recovered: ${where}`);
    assert.equal(complete.complete, true);
    assert.deepEqual([...new Set(Object.values(complete.rows))], [account!.stored], where);
    assert.ok(account!.stored >= least, where);
  }
  rmSync(folder, { recursive: true, force: true });
  return { least, rows: Math.min(...Object.values(asItLies.rows)) };
}
