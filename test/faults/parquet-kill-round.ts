import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openFileSink } from "../../src/bytes/file-sink.ts";
import { compressions } from "../../src/formats/parquet/page-codec.ts";
import { ParquetReader } from "../../src/formats/parquet/read.ts";
import { recoverParquet } from "../../src/formats/parquet/recover.ts";
import { storedRowGroups } from "../../src/formats/parquet/resume.ts";
import { ParquetStreamFile, type StoredExtent } from "../../src/formats/parquet/stream-file.ts";
import { tailPath, tailSlots } from "../../src/formats/parquet/tail-file.ts";
import { columnItemBytes } from "../../src/model/stream-schema.ts";
import { counter, counterBatch, counterOptions } from "./parquet-counter.ts";

/** A file whose writer was killed, complete again in two ways. */
export type KilledRound = {
  readonly compression: string;
  /** What the last checkpoint before the kill vouched for. */
  readonly extent: StoredExtent;
  readonly recovered: { readonly path: string; readonly records: number };
  readonly resumed: { readonly path: string; readonly records: number };
};

/** Lets the program record, kills it, and returns what its last checkpoint said. */
async function recordUntilKilled(path: string, compression: string, afterMs: number): Promise<StoredExtent> {
  const program = join(import.meta.dirname, "parquet-counter-process.ts");
  const child = spawn(process.execPath, [program, path, compression], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  let started: () => void;
  const isRecording = new Promise<void>((resolve) => {
    started = resolve;
  });
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    text += part;
    if (text.includes("\n")) started();
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  await Promise.race([isRecording, ended]);
  await sleep(afterMs);
  child.kill("SIGKILL");
  await ended;
  const lines = text.split("\n").slice(0, -1);
  assert.ok(lines.length > 0, "the program made a checkpoint");
  return JSON.parse(lines.at(-1)!) as StoredExtent;
}

/** Every value of every record follows from its number: none is missing, there twice, or another one. */
async function checkCounter(path: string): Promise<number> {
  await using reader = await ParquetReader.open(path);
  let records = 0;
  for await (const group of reader.rowGroups()) {
    const expected = counterBatch(records, group.count);
    assert.deepEqual(group.timestampsNs, expected.timestampsNs);
    assert.deepEqual(group.sequences, expected.sequences);
    for (const [at, column] of counter.columns.entries()) {
      const { bytes, validity } = group.columns[at]!;
      assert.deepEqual(validity, expected.columns[at]!.validity);
      const wanted = expected.columns[at]!.bytes;
      if (validity === undefined) assert.deepEqual(bytes, wanted);
      else {
        const itemBytes = columnItemBytes(column);
        for (const [record, isThere] of validity.entries()) {
          const [from, to] = [record * itemBytes, (record + 1) * itemBytes];
          const expectedItem = isThere ? wanted.subarray(from, to) : new Uint8Array(itemBytes);
          assert.deepEqual(bytes.subarray(from, to), expectedItem);
        }
      }
    }
    records += group.count;
  }
  return records;
}

async function copyRun(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  for (const slot of tailSlots)
    if (existsSync(tailPath(from, slot))) await copyFile(tailPath(from, slot), tailPath(to, slot));
}

/**
 * Kills a writer after some time, recovers its file, and goes on in a copy of it from the last checkpoint. Every record that
 * this vouched for has to be in both, and each has the right values. The codecs take turns from round to round.
 */
export async function killParquetRound(folder: string, round: number, afterMs: number): Promise<KilledRound> {
  const compression = compressions[round % compressions.length]!;
  const path = join(folder, `killed-${round}.parquet`);
  const extent = await recordUntilKilled(path, compression, afterMs);
  const copy = join(folder, `resumed-${round}.parquet`);
  await copyRun(path, copy);

  const { records, changed } = await recoverParquet(path);
  assert.equal(changed, true);
  assert.ok(records >= extent.records, `${records} of at least ${extent.records} records`);
  assert.equal(await checkCounter(path), records);
  for (const slot of tailSlots) assert.equal(existsSync(tailPath(path, slot)), false);
  assert.deepEqual(await recoverParquet(path), { path, changed: false, records, cutBytes: 0 });

  const stored = await storedRowGroups(copy, counter, extent);
  const options = counterOptions(copy, compression);
  const sink = await openFileSink(copy, { resumeAtBytes: stored.bytes });
  await options.tail.resume(stored.tail);
  const file = await ParquetStreamFile.resume(sink, options, stored.rowGroups);
  await file.append(counterBatch(extent.records, 777));
  await file.checkpoint();
  await file.append(counterBatch(extent.records + 777, 23));
  await file.close({ complete: true, accounts: [] });
  const resumed = { path: copy, records: extent.records + 800 };
  assert.equal(await checkCounter(copy), resumed.records);
  return { compression, extent, recovered: { path, records }, resumed };
}
