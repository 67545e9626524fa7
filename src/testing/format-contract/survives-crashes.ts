import assert from "node:assert/strict";
import { copyFile, mkdir, readFile, stat, truncate } from "node:fs/promises";
import { basename, join } from "node:path";
import { test } from "node:test";
import { openFileSink } from "../../bytes/file-sink.ts";
import type {
  Format,
  FormatOptions,
  FormatWriter,
  RecoveredFile,
  WriterTarget,
} from "../../formats/contract.ts";
import { DaqError } from "../../model/errors.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { outputContent } from "./output-content.ts";
import {
  appendAll,
  checkpointState,
  dataFiles,
  firstRecords,
  joined,
  quickFolder,
  type ReadBack,
  readAll,
  targetIn,
  temporaryFolder,
} from "./recording.ts";
import { SampleBatches } from "./sample-batches.ts";
import { camera, everyType, gauges, ledgerOf, logbook, spectrum } from "./sample-streams.ts";
import { SmallDisk } from "./small-disk.ts";
import type { StreamValues } from "./stream-values.ts";

/** Killed, cut, or on a full disk: what was stored stays, nothing is there twice. */
export function survivesCrashes(
  format: Format,
  options: FormatOptions,
  readBack: ReadBack,
  writesInPlace: boolean,
): void {
  const streams = [everyType, gauges, logbook, spectrum, camera].filter(
    (stream) => format.refusal(stream) === undefined,
  );
  const ledgerFor = (stored: number) => ledgerOf(streams.map((schema) => ({ schema, stored, ranges: [] })));

  test("goes on from its checkpoint after a crash, twice, without a hole or a duplicate", async () => {
    await using folder = await temporaryFolder();
    const target = targetIn(folder.path, format, streams, options);
    const record = async (sources: readonly SampleBatches[], writer: Awaited<ReturnType<Format["create"]>>) =>
      appendAll(
        writer,
        sources.map((source) => source.next(60)),
      );
    const sources = streams.map((stream, index) => new SampleBatches(stream, index + 1));

    const first = await format.create(target);
    const kept = [await record(sources, first), await record(sources, first)];
    const state = await checkpointState(first);
    // The same records come again from the ring: other batches, cut at other places.
    const again = () =>
      streams.map((stream, index) => {
        const source = new SampleBatches(stream, index + 1);
        source.next(60);
        source.next(60);
        return source;
      });
    await record(again(), first);
    await first[Symbol.asyncDispose]();

    const second = await format.resume(target, state);
    await record(again(), second);
    await record(sources, second);
    await second[Symbol.asyncDispose]();

    const third = await format.resume(target, state);
    const late = again();
    kept.push(await record(late, third), await record(late, third));
    await third.checkpoint();
    kept.push(await record(late, third));
    await third.close(ledgerFor(300));

    assert.deepEqual(await readAll(format, target, readBack), joined(...kept));
    for (const path of dataFiles(format, target)) {
      const summary = await format.inspect(path);
      assert.equal(summary.state, "complete");
      for (const stream of summary.streams) assert.equal(stream.records, 300);
    }
  });

  test("resumes at its last checkpoint also when the file was closed behind it, and again after that", async () => {
    await using folder = await temporaryFolder();
    const target = targetIn(folder.path, format, streams, options);
    const sources = streams.map((stream) => new SampleBatches(stream));
    const first = await format.create(target);
    const batches = (count: number) => sources.map((source) => source.next(count));
    const kept = [await appendAll(first, batches(90))];
    const state = await checkpointState(first);
    await first.close(ledgerFor(90));
    const second = await format.resume(target, state);
    await appendAll(
      second,
      streams.map((stream) => new SampleBatches(stream, 5).next(70)),
    );
    await second[Symbol.asyncDispose]();
    // One that got as far as a checkpoint, which nobody wrote down.
    const unnoted = await format.resume(target, state);
    await appendAll(
      unnoted,
      streams.map((stream) => new SampleBatches(stream, 6).next(30)),
    );
    await unnoted.checkpoint();
    await unnoted[Symbol.asyncDispose]();
    const third = await format.resume(target, state);
    kept.push(await appendAll(third, batches(50)));
    await third.checkpoint();
    await third.close(ledgerFor(140));
    assert.deepEqual(await readAll(format, target, readBack), joined(...kept));
  });

  test("resumes at a checkpoint that was taken before the first record", async () => {
    await using folder = await temporaryFolder();
    const target = targetIn(folder.path, format, streams, options);
    const first = await format.create(target);
    const state = await checkpointState(first);
    await appendAll(
      first,
      streams.map((stream) => new SampleBatches(stream).next(5)),
    );
    await first[Symbol.asyncDispose]();
    const second = await format.resume(target, state);
    const expected = await appendAll(
      second,
      streams.map((stream) => new SampleBatches(stream).next(8)),
    );
    await second.close(ledgerFor(8));
    assert.deepEqual(await readAll(format, target, readBack), expected);
  });

  test("shows a file that is being written as unfinished, and recover makes it readable from the file alone", async () => {
    await using folder = await temporaryFolder();
    const target = targetIn(folder.path, format, streams, options);
    const writer = await format.create(target);
    const sources = streams.map((stream) => new SampleBatches(stream));
    const batches = () => sources.map((source) => source.next(100));
    const durable = await appendAll(writer, batches());
    await writer.checkpoint();
    const all = joined(durable, await appendAll(writer, batches()));
    for (const path of dataFiles(format, target))
      assert.equal((await format.inspect(path)).state, "unfinished");
    await writer[Symbol.asyncDispose]();

    for (const path of dataFiles(format, target)) {
      const recovered = await format.recover(path);
      assert.equal(recovered.path, path);
      assert.equal(recovered.changed, true);
      const summary = await format.inspect(path);
      assert.equal(summary.state, "complete");
      assert.equal(
        summary.streams.reduce((sum, stream) => sum + stream.records, 0),
        recovered.records,
      );
      for (const [name, values] of await readBack(path)) keepsAtLeast(values, all.get(name)!, 100);
      const content = await outputContent(path);
      assert.equal((await format.recover(path)).changed, false, "a second recovery finds nothing to do");
      assert.deepEqual(await outputContent(path), content);
    }
  });

  test("recover leaves a complete file as it is", async () => {
    await using folder = await temporaryFolder();
    const target = targetIn(folder.path, format, streams, options);
    const writer = await format.create(target);
    await appendAll(
      writer,
      streams.map((stream) => new SampleBatches(stream).next(10)),
    );
    await writer.close(ledgerFor(10));
    const before = await Promise.all(writer.files.map((file) => outputContent(file.path)));
    for (const file of writer.files.filter(({ streams: own }) => own.length > 0)) {
      const { changed, records, cutBytes } = await format.recover(file.path);
      const stored = 10 * file.streams.length;
      assert.deepEqual({ changed, records, cutBytes }, { changed: false, records: stored, cutBytes: 0 });
    }
    assert.deepEqual(await Promise.all(writer.files.map((file) => outputContent(file.path))), before);
  });

  for (const closed of writesInPlace ? [] : [false, true])
    test(`keeps all that was checkpointed when ${closed ? "a closed" : "an open"} file is cut anywhere in its last 4096 bytes`, async () => {
      await using folder = await temporaryFolder(quickFolder());
      const target = targetIn(folder.path, format, [gauges], options);
      const writer = await format.create(target);
      const source = new SampleBatches(gauges);
      const kept = await appendAll(writer, [source.next(30)]);
      await writer.checkpoint();
      const checkpointBytes = (await stat(target.path)).size;
      const parts = [kept];
      // Two batches at least: in some formats the text of one is longer than what is cut.
      for (
        let bytes = 0;
        parts.length < 3 || bytes < checkpointBytes + 4096;
        bytes = (await stat(target.path)).size
      )
        parts.push(await appendAll(writer, [source.next(20)]));
      const all = joined(...parts).get(gauges.name)!;
      if (closed)
        await writer.close(ledgerOf([{ schema: gauges, stored: all.sequences.length, ranges: [] }]));
      else await writer[Symbol.asyncDispose]();

      const { size } = await stat(target.path);
      let most = 0;
      let checked: Buffer | undefined;
      for (const cut of cutOffsets(size)) {
        const recovered = await recoverCutFile(format, target, cut, folder.path);
        const bytes = await readFile(recovered.path);
        most = Math.max(most, recovered.records);
        // Cuts in the same record leave the same file.
        if (checked?.equals(bytes)) continue;
        checked = bytes;
        const values = [...(await readBack(recovered.path)).values()][0]!;
        assert.equal(values.sequences.length, recovered.records);
        keepsAtLeast(values, all, 30);
      }
      assert.ok(most > 30, "the longest cut keeps more than the checkpoint");
    });

  test("a full disk is a named error, and what the writer vouched for before it is there, exactly", async () => {
    for (const stream of streams) await fillDisk(format, options, readBack, stream);
  });
}

/**
 * Where the file is cut: each of the last 256 bytes, and every 13th before (13 meets every place in a line or an
 * alignment in turn). `DAQ_EXHAUSTIVE=1` takes each of the 4096.
 */
function cutOffsets(size: number): number[] {
  const isExhaustive = process.env.DAQ_EXHAUSTIVE === "1";
  return Array.from({ length: 4096 }, (_, index) => index + 1)
    .filter((back) => isExhaustive || back <= 256 || back % 13 === 0)
    .map((back) => size - back);
}

async function recoverCutFile(
  format: Format,
  target: WriterTarget,
  cut: number,
  folder: string,
): Promise<RecoveredFile> {
  const copy = join(folder, "cut");
  await mkdir(copy, { recursive: true });
  for (const file of format.plan(target.path, target.run.streams))
    await copyFile(file.path, join(copy, basename(file.path)));
  const path = join(copy, basename(target.path));
  await truncate(path, cut);
  try {
    return await format.recover(path);
  } catch (error) {
    throw new Error(`cut at ${cut} of ${(await stat(target.path)).size} bytes: ${error}`, { cause: error });
  }
}

function keepsAtLeast(found: StreamValues, all: StreamValues, count: number): void {
  assert.ok(found.sequences.length >= count, `${found.sequences.length} of at least ${count} records`);
  assert.deepEqual(found, firstRecords(all, found.sequences.length));
}

async function fillDisk(format: Format, options: FormatOptions, readBack: ReadBack, stream: StreamSchema) {
  await using folder = await temporaryFolder();
  const disk = new SmallDisk(openFileSink);
  const target = targetIn(folder.path, format, [stream], options, disk.openSink);
  const writer = await format.create(target);
  const source = new SampleBatches(stream);
  if (writer.storesAtCheckpoint === true) {
    await fillDiskAfterCheckpoint(format, target, readBack, disk, writer, source);
    return;
  }
  const parts = [await appendAll(writer, [source.next(800)])];
  const before = (await stat(target.path)).size;
  parts.push(await appendAll(writer, [source.next(800)]));
  const after = (await stat(target.path)).size;
  assert.ok(after > before, "a batch is in the file when append resolves");
  disk.capacityBytes = after + Math.floor((after - before) / 2);
  await assert.rejects(writer.append(source.next(800)), (error) => {
    assert.ok(error instanceof DaqError);
    assert.equal(error.code, "disk-full");
    assert.ok(error.message.includes(target.path), error.message);
    return true;
  });
  const range = { first: 1600, count: 800, reason: "disk-full", atNs: "1764000001000000000" } as const;
  await writer.close(ledgerOf([{ schema: stream, stored: 1600, ranges: [range] }]));
  assert.deepEqual(await readAll(format, target, readBack), joined(...parts));
  const summary = await format.inspect(target.path);
  assert.equal(summary.state, "complete");
  assert.equal(summary.streams[0]?.records, 1600);
  assert.deepEqual(summary.ledger?.accounts[0]?.ranges, [range]);
}

/** Data may wait in memory: the failure comes with a later call, and the file goes back to its last checkpoint. */
async function fillDiskAfterCheckpoint(
  format: Format,
  target: WriterTarget,
  readBack: ReadBack,
  disk: SmallDisk,
  writer: FormatWriter,
  source: SampleBatches,
): Promise<void> {
  const stream = target.run.streams[0]!;
  const kept = await appendAll(writer, [source.next(800)]);
  await writer.checkpoint();
  const more = await appendAll(writer, [source.next(800)]);
  const state = await checkpointState(writer);
  // No room for anything new.
  disk.capacityBytes = 1 << 12;
  await assert.rejects(
    async () => {
      for (let round = 0; round < 3; round++) await appendAll(writer, [source.next(60_000)]);
      await writer.checkpoint();
    },
    (error) => {
      assert.ok(error instanceof DaqError);
      assert.equal(error.code, "disk-full");
      assert.ok(error.message.includes(target.path), error.message);
      return true;
    },
  );
  await writer[Symbol.asyncDispose]();
  // The recorder lets go of the room that it had kept for this.
  disk.capacityBytes = Number.POSITIVE_INFINITY;
  const again = await format.resume(target, state);
  const range = { first: 1600, count: 800, reason: "disk-full", atNs: "1764000001000000000" } as const;
  await again.close(ledgerOf([{ schema: stream, stored: 1600, ranges: [range] }]));
  assert.deepEqual(await readAll(format, target, readBack), joined(kept, more));
  const summary = await format.inspect(target.path);
  assert.equal(summary.state, "complete");
  assert.equal(summary.streams[0]?.records, 1600);
  assert.deepEqual(summary.ledger?.accounts[0]?.ranges, [range]);
}
