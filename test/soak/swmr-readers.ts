import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RingBuffer } from "../../src/ring/ring-buffer.ts";
import { Hdf5Writer } from "../../src/run/hdf5-writer.ts";
import { counterRows, counterSchema } from "./hdf5-counter-rows.ts";
import { PythonAnswers } from "./python-answers.ts";

const records = 200_000;
/** Seconds that each reader lets pass, at most, between a refresh and reading; a place of the file rests for five. */
const pauses = [0, 0, 0, 1, 4];
const rowsPerWrite = 200;

type Seen = {
  readonly looks: number;
  readonly growths: number;
  readonly rowsCompared: number;
  readonly rows: number;
  readonly problems: readonly string[];
};

/**
 * One writer, and readers that follow the file while it is written: none sees a wrong value, none sees a row go away, and
 * all see the end. In turn with and without gzip, with and without `live`.
 */
export async function swmrReaders(loops: number, log: (line: string) => void): Promise<void> {
  for (let loop = 0; loop < loops; loop++)
    await followOnce(loop % 2 === 0 ? "gzip" : "none", loop % 4 >= 2, log);
}

async function followOnce(
  compression: "gzip" | "none",
  live: boolean,
  log: (line: string) => void,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "daq-swmr-"));
  const path = join(folder, "run.h5");
  const ring = RingBuffer.create(join(folder, "ring"), { sizeMb: 8, overflow: "block" });
  const stream = ring.openStream(counterSchema);
  const writing = Hdf5Writer.create(path, ring, {
    compression,
    live,
    chunkRows: 3000,
    flushIntervalMs: 20,
  });
  const finished = writing.run();
  while (!existsSync(path)) await sleep(20);
  let written = 0;
  const writeNext = async () => {
    await stream.write(counterRows(written, rowsPerWrite));
    written += rowsPerWrite;
    await sleep(8);
  };
  await writeNext();
  await sleep(100);
  const followers = pauses.map(
    (pause) => new PythonAnswers("hdf5_counter.py", "follow", path, String(records), String(pause)),
  );
  await Promise.all(followers.map((follower) => follower.next<{ ready: true }>()));
  while (written < records) await writeNext();
  await writing.stop();
  const { isLossless, ledger } = await finished;
  assert.ok(isLossless);
  assert.equal(ledger.accounts[0]!.stored, records);
  const seen = await Promise.all(followers.map((follower) => follower.next<Seen>()));
  const where = `compression ${compression}, live ${live}, in ${folder}`;
  for (const [reader, { problems, rows, growths }] of seen.entries()) {
    assert.deepEqual(problems, [], where);
    assert.equal(rows, records, `a reader did not see the end: ${where}`);
    const least = pauses[reader] === 0 ? 50 : 5;
    assert.ok(growths > least, `a reader saw only ${growths} growths: ${where}`);
  }
  const sum = (of: (one: Seen) => number) => seen.reduce((total, one) => total + of(one), 0);
  log(
    `${compression}${live ? ", live" : ""}: ${pauses.length} readers, ${sum(({ looks }) => looks)} looks, ` +
      `${sum(({ growths }) => growths)} growths, ${sum(({ rowsCompared }) => rowsCompared)} rows compared, 0 wrong`,
  );
  for (const follower of followers) await follower.end();
  ring.remove();
  rmSync(folder, { recursive: true, force: true });
}
