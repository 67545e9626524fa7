import assert from "node:assert/strict";
import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openFileSink } from "../../bytes/file-sink.ts";
import { DaqError } from "../../model/errors.ts";
import { SampleBatches } from "../../testing/format-contract/sample-batches.ts";
import { gauges, sampleRun } from "../../testing/format-contract/sample-streams.ts";
import { inspectParquet } from "./inspect.ts";
import { ParquetReader } from "./read.ts";
import { recoverParquet } from "./recover.ts";
import { ParquetStreamFile, type ParquetStreamOptions } from "./stream-file.ts";
import { TailFile, tailPath } from "./tail-file.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "daq-parquet-recover-"));
});
after(() => rm(folder, { recursive: true, force: true }));

function optionsFor(path: string): ParquetStreamOptions {
  return {
    stream: gauges,
    info: sampleRun,
    options: { compression: "snappy", durability: "process", chunkRows: 50 },
    tail: new TailFile(path, openFileSink, false),
    rowGroupBytes: 10_000,
  };
}

/** Batches of 70 records, a checkpoint after each; returns the file, still open. */
async function write(path: string, batches: number, skipped = 0): Promise<ParquetStreamFile> {
  const file = await ParquetStreamFile.create(await openFileSink(path), optionsFor(path));
  const source = new SampleBatches(gauges);
  for (let at = 0; at < batches; at++) {
    if (at === 2 && skipped > 0) source.skip(skipped);
    await file.append(source.next(70));
    await file.checkpoint();
  }
  return file;
}

async function sequencesIn(path: string): Promise<number[]> {
  await using reader = await ParquetReader.open(path);
  const sequences: number[] = [];
  for await (const group of reader.rowGroups()) sequences.push(...[...group.sequences].map(Number));
  return sequences;
}

function counting(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}

describe("recovering a Parquet file that was not closed", () => {
  test("a tail that was cut anywhere gives every record of the frames before the cut", async () => {
    const path = join(folder, "tail-cut.parquet");
    await (await write(path, 4)).release();
    // The first row group is written, and had the other one.
    const slot = 1;
    const tail = await readFile(tailPath(path, slot));
    const whole = (await inspectParquet(path)).streams[0]!.records;
    assert.equal(whole, 280);
    const seen = new Set<number>();
    const copy = join(folder, "copy.parquet");
    for (let cut = 0; cut <= tail.byteLength; cut += 67) {
      await copyFile(path, copy);
      await writeFile(tailPath(copy, slot), tail.subarray(0, cut));
      const { records } = await recoverParquet(copy);
      assert.deepEqual(await sequencesIn(copy), counting(records));
      seen.add(records);
    }
    assert.ok(seen.size > 1 && Math.max(...seen) > 200, [...seen].join());
  });

  test("a row group that was cut anywhere is replaced by what its tail has", async () => {
    const path = join(folder, "group-cut.parquet");
    const file = await write(path, 2);
    const before = (await readFile(path)).byteLength;
    const waiting = await readFile(tailPath(path, 0));
    const source = new SampleBatches(gauges);
    source.next(140);
    await file.append(source.next(200));
    await file.checkpoint();
    await file.release();
    const all = await readFile(path);
    const second = all.indexOf("DAQ1", before + 4);
    assert.ok(second > before, "two row groups were written");
    const copy = join(folder, "group-copy.parquet");
    for (let cut = before; cut < all.byteLength; cut += 197) {
      await writeFile(copy, all.subarray(0, cut));
      await writeFile(tailPath(copy, 0), waiting);
      const { records, cutBytes } = await recoverParquet(copy);
      if (cut < second) assert.deepEqual({ records, cutBytes }, { records: 140, cutBytes: cut - before });
      else assert.deepEqual({ records, cutBytes }, { records: 150, cutBytes: cut - second });
      assert.deepEqual(await sequencesIn(copy), counting(records));
    }
  });

  test("a finished file whose footer was cut gets it back from the row groups", async () => {
    const path = join(folder, "footer-cut.parquet");
    const file = await write(path, 6);
    await file.close({ complete: true, accounts: [] });
    const whole = await readFile(path);
    await truncate(path, whole.byteLength - 20);
    assert.equal((await inspectParquet(path)).state, "unfinished");
    assert.equal((await recoverParquet(path)).records, 420);
    assert.deepEqual(await sequencesIn(path), counting(420));
  });

  test("the ledger lists the numbers that are missing, and does not call itself complete", async () => {
    const path = join(folder, "holes.parquet");
    await (await write(path, 4, 9)).release();
    await recoverParquet(path);
    const { ledger } = await inspectParquet(path);
    assert.equal(ledger?.complete, false);
    const [account] = ledger!.accounts;
    assert.deepEqual([account!.stored, account!.lost, account!.produced], [280, 9, 289]);
    assert.deepEqual([account!.ranges[0]!.first, account!.ranges[0]!.reason], [140, "aborted"]);
  });

  test("a file with damage before good row groups is refused and left alone", async () => {
    const path = join(folder, "damaged.parquet");
    await (await write(path, 6)).release();
    const bytes = await readFile(path);
    const first = bytes.indexOf("DAQ1", 100);
    for (const at of [first + 5, first + 200]) {
      const damaged = Uint8Array.from(bytes);
      damaged[at]! ^= 0xff;
      await writeFile(path, damaged);
      await assert.rejects(recoverParquet(path), (error) => {
        assert.ok(error instanceof DaqError);
        assert.equal(error.code, "format");
        assert.match(error.message, /damaged/);
        assert.ok(error.message.includes(path));
        return true;
      });
      assert.deepEqual(Uint8Array.from(await readFile(path)), damaged);
    }
  });
});

describe("a damaged Parquet file", () => {
  test("is inspected or refused by name, whatever byte of its end is wrong, and a changed value is found out", async () => {
    const path = join(folder, "flipped.parquet");
    const file = await write(path, 2);
    await file.close({ complete: true, accounts: [] });
    const whole = await readFile(path);
    const firstPage = whole.indexOf("DAQ1", 100) + 48;
    for (let at = whole.byteLength - 1; at > whole.byteLength - 3000; at -= 7) {
      const damaged = Uint8Array.from(whole);
      damaged[at]! ^= 1 << (at % 8);
      await writeFile(path, damaged);
      try {
        await inspectParquet(path);
      } catch (error) {
        assert.ok(error instanceof DaqError, `byte ${at}: ${error}`);
      }
    }
    const changed = Uint8Array.from(whole);
    changed[firstPage + 500]! ^= 1;
    await writeFile(path, changed);
    await assert.rejects(sequencesIn(path), (error) => error instanceof DaqError && error.code === "format");
  });
});
