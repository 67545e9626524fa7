import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { test } from "node:test";
import { openFileSink } from "../../bytes/file-sink.ts";
import type { Format, FormatOptions } from "../../formats/contract.ts";
import type { LostRange } from "../../model/ledger.ts";
import { outputBytes, outputContent } from "./output-content.ts";
import {
  appendAll,
  dataFiles,
  joined,
  type ReadBack,
  readAll,
  targetIn,
  temporaryFolder,
} from "./recording.ts";
import { SampleBatches } from "./sample-batches.ts";
import { camera, everyType, gauges, ledgerOf, logbook, sampleRun, spectrum } from "./sample-streams.ts";
import { SmallDisk } from "./small-disk.ts";

/** What goes in comes out: values, schemas, metadata and ledger. */
export function storesExactly(
  format: Format,
  options: FormatOptions,
  readBack: ReadBack,
  writesInPlace: boolean,
): void {
  const streams = [everyType, gauges, logbook, spectrum, camera].filter(
    (stream) => format.refusal(stream) === undefined,
  );

  test("stores every dtype, extreme, missing value and gap of several streams to the bit, and describes them", async () => {
    await using folder = await temporaryFolder();
    const target = targetIn(folder.path, format, streams, options);
    const writer = await format.create(target);
    const sources = streams.map((stream, index) => new SampleBatches(stream, index + 1));
    const lost: LostRange = {
      first: 0,
      count: 0,
      reason: "ring-lapped",
      atNs: "1764000000500000000",
      detail: "lapped",
    };
    const parts = [];
    const ranges: LostRange[] = [];
    for (const round of [0, 1, 2, 3, 4]) {
      if (round === 2) for (const source of sources) ranges.push({ ...lost, ...source.skip(7) });
      parts.push(
        await appendAll(
          writer,
          sources.map((source) => source.next([40, 1, 97, 3, 256][round]!)),
        ),
      );
      if (round % 2 === 1) await writer.checkpoint();
    }
    const ledger = ledgerOf(
      streams.map((schema, index) => ({ schema, stored: 40 + 1 + 97 + 3 + 256, ranges: [ranges[index]!] })),
    );
    await writer.close(ledger);
    assert.deepEqual(await readAll(format, target, readBack), joined(...parts));

    const described = [];
    for (const path of dataFiles(format, target)) {
      const summary = await format.inspect(path);
      described.push(...summary.streams);
      assert.equal(summary.format, format.name);
      assert.equal(summary.path, path);
      assert.equal(summary.state, "complete");
      assert.equal(summary.bytes, await outputBytes(path));
      assert.deepEqual(summary.run, sampleRun);
      assert.deepEqual(summary.notes, []);
      assert.equal(summary.ledger?.complete, true);
      for (const { schema } of summary.streams)
        assert.deepEqual(
          summary.ledger?.accounts.find((account) => account.stream === schema.name),
          ledger.accounts.find((account) => account.stream === schema.name),
        );
    }
    assert.deepEqual(
      described.map(({ schema }) => schema),
      streams,
    );
    for (const { records, firstTimestampNs, lastTimestampNs } of described) {
      assert.equal(records, 397);
      assert.equal(firstTimestampNs, "1764000000000000000");
      assert.equal(lastTimestampNs, String(1764000000000000000n + 403n * 1000003n));
    }
  });

  test("makes exactly the files that it planned, none of them empty", async () => {
    await using folder = await temporaryFolder();
    const target = targetIn(folder.path, format, streams, options);
    const plan = format.plan(target.path, streams);
    const writer = await format.create(target);
    assert.deepEqual(writer.files, plan);
    await appendAll(
      writer,
      streams.map((stream) => new SampleBatches(stream).next(3)),
    );
    await writer.close(ledgerOf(streams.map((schema) => ({ schema, stored: 3, ranges: [] }))));
    const found = (await readdir(folder.path)).toSorted();
    assert.deepEqual(found, plan.map((file) => basename(file.path)).toSorted());
    for (const file of plan) {
      assert.equal(dirname(file.path), folder.path);
      assert.notEqual(await outputBytes(file.path), 0);
    }
  });

  test("gives a single stream exactly the path that was asked for", async () => {
    const target = targetIn("/data", format, [everyType], options);
    assert.deepEqual(dataFiles(format, target), [target.path]);
  });

  test("closes a run without a record, and one with a single record", async () => {
    for (const count of [0, 1]) {
      await using folder = await temporaryFolder();
      const target = targetIn(folder.path, format, [gauges], options);
      const writer = await format.create(target);
      const batches = count === 0 ? [] : [new SampleBatches(gauges).next(1)];
      const expected = await appendAll(writer, batches);
      await writer.close(ledgerOf([{ schema: gauges, stored: count, ranges: [] }]));
      assert.deepEqual(await readAll(format, target, readBack), expected);
      const summary = await format.inspect(target.path);
      assert.equal(summary.state, "complete");
      assert.equal(summary.streams[0]?.records, count);
      assert.deepEqual(summary.streams[0]?.schema, gauges);
    }
  });

  test("takes batches of different streams at the same time", async () => {
    await using folder = await temporaryFolder();
    const target = targetIn(folder.path, format, streams, options);
    const writer = await format.create(target);
    const parts = await Promise.all(
      streams.map(async (stream) => {
        const source = new SampleBatches(stream);
        return appendAll(
          writer,
          Array.from({ length: 20 }, () => source.next(50)),
        );
      }),
    );
    await writer.close(ledgerOf(streams.map((schema) => ({ schema, stored: 1000, ranges: [] }))));
    assert.deepEqual(await readAll(format, target, readBack), joined(...parts));
  });

  test("stores batches that are larger than any buffer", async () => {
    await using folder = await temporaryFolder();
    const target = targetIn(folder.path, format, [everyType], options);
    const writer = await format.create(target);
    const source = new SampleBatches(everyType);
    const expected = await appendAll(writer, [source.next(60_000)]);
    await writer.close(ledgerOf([{ schema: everyType, stored: 60_000, ranges: [] }]));
    assert.deepEqual(await readAll(format, target, readBack), expected);
  });

  test("close is idempotent, and disposing afterwards changes nothing", async () => {
    await using folder = await temporaryFolder();
    const target = targetIn(folder.path, format, streams, options);
    const writer = await format.create(target);
    await appendAll(
      writer,
      streams.map((stream) => new SampleBatches(stream).next(10)),
    );
    const ledger = ledgerOf(streams.map((schema) => ({ schema, stored: 10, ranges: [] })));
    await writer.close(ledger);
    const bytes = await Promise.all(writer.files.map((file) => outputContent(file.path)));
    await writer.close(ledger);
    await writer[Symbol.asyncDispose]();
    await writer[Symbol.asyncDispose]();
    assert.deepEqual(await Promise.all(writer.files.map((file) => outputContent(file.path))), bytes);
  });

  test("has nothing that was not flushed to the device after a checkpoint when durability is power", async () => {
    await using folder = await temporaryFolder();
    const disk = new SmallDisk(openFileSink);
    const target = targetIn(folder.path, format, streams, { ...options, durability: "power" }, disk.openSink);
    const writer = await format.create(target);
    const sources = streams.map((stream) => new SampleBatches(stream));
    for (const count of [10, 300, 1]) {
      disk.flushes.clear();
      await appendAll(
        writer,
        sources.map((source) => source.next(count)),
      );
      await writer.checkpoint();
      assert.deepEqual([...disk.unflushed], []);
      const flushed = [...disk.flushes.keys()].map(
        (path) => dataFiles(format, target).find((file) => path.startsWith(`${file}/`)) ?? path,
      );
      // Of a folder, files in it; and a format may have files of its own beside them.
      const missing = dataFiles(format, target).filter((file) => !flushed.includes(file));
      assert.deepEqual(missing, []);
      if (!writesInPlace) assert.equal(new Set(flushed).size, dataFiles(format, target).length);
    }
    await writer[Symbol.asyncDispose]();
  });
}
