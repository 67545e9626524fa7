import assert from "node:assert/strict";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as arrow from "apache-arrow";
import { openFileSink } from "../../bytes/file-sink.ts";
import { SampleBatches } from "../../testing/format-contract/sample-batches.ts";
import {
  camera,
  everyType,
  gauges,
  ledgerOf,
  sampleRun,
  spectrum,
} from "../../testing/format-contract/sample-streams.ts";
import { arrowFormat } from "./format.ts";
import { fileStart } from "./framing.ts";
import { type ArrowBatch, ArrowReader } from "./read.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "daq-arrow-read-"));
});
after(() => rm(folder, { recursive: true, force: true }));

async function allOf(reader: ArrowReader): Promise<ArrowBatch[]> {
  const batches: ArrowBatch[] = [];
  for await (const batch of reader.batches()) batches.push(batch);
  return batches;
}

test("gives back every batch as it was appended, finished or not, with any compression", async () => {
  for (const compression of arrowFormat.compressions)
    for (const stream of [everyType, gauges, spectrum, camera])
      for (const finished of [true, false]) {
        const path = join(folder, `${compression}-${finished}-${stream.name}.arrow`);
        const target = { path, run: { info: sampleRun, streams: [stream] }, openSink: openFileSink };
        const writer = await arrowFormat.create({
          ...target,
          options: { compression, durability: "process" },
        });
        const source = new SampleBatches(stream);
        const batches = [source.next(100), source.next(3)];
        for (const batch of batches) await writer.append(batch);
        const ledger = ledgerOf([{ schema: stream, stored: 103, ranges: [] }]);
        if (finished) await writer.close(ledger);
        else await writer[Symbol.asyncDispose]();

        await using reader = await ArrowReader.open(path);
        assert.deepEqual(reader.stream, stream);
        assert.deepEqual(reader.run, sampleRun);
        assert.deepEqual(reader.ledger, finished ? ledger : undefined);
        const found = await allOf(reader);
        assert.deepEqual(
          found,
          batches.map(({ count, timestampsNs, sequences, columns }) => ({
            count,
            timestampsNs,
            sequences,
            columns,
          })),
        );
        assert.equal(reader.ended, finished);
      }
});

test("follows a file that is being written, and sees a batch only when all of it is there", async () => {
  const path = join(folder, "tail.arrow");
  const target = { path, run: { info: sampleRun, streams: [gauges] }, openSink: openFileSink };
  const writer = await arrowFormat.create({
    ...target,
    options: { compression: "none", durability: "process" },
  });
  const source = new SampleBatches(gauges);
  await using reader = await ArrowReader.open(path);
  assert.equal(await reader.next(), undefined);
  await writer.append(source.next(10));
  assert.equal((await reader.next())?.sequences?.[0], 0n);
  assert.equal(await reader.next(), undefined);
  assert.equal(reader.ended, false);
  await writer.append(source.next(10));
  await writer.append(source.next(10));
  assert.deepEqual(
    (await allOf(reader)).map((batch) => batch.sequences?.[0]),
    [10n, 20n],
  );
  await writer.close(ledgerOf([{ schema: gauges, stored: 30, ranges: [] }]));
  assert.equal(await reader.next(), undefined);
  assert.equal(reader.ended, true);
});

test("stops before a torn batch of an unfinished file", async () => {
  const path = join(folder, "torn.arrow");
  const target = { path, run: { info: sampleRun, streams: [gauges] }, openSink: openFileSink };
  const writer = await arrowFormat.create({
    ...target,
    options: { compression: "none", durability: "process" },
  });
  const source = new SampleBatches(gauges);
  await writer.append(source.next(10));
  await writer.append(source.next(10));
  const { files } = (await writer.checkpoint()) as { files: { [stream: string]: { bytes: number } } };
  await writer[Symbol.asyncDispose]();
  await truncate(path, files[gauges.name]!.bytes - 1);
  await using reader = await ArrowReader.open(path);
  assert.equal((await allOf(reader)).length, 1);
  const summary = await arrowFormat.inspect(path);
  assert.equal(summary.streams[0]!.records, 10);
  assert.equal(summary.streams[0]!.lastTimestampNs, String(1764000000000000000n + 9n * 1000003n));
  assert.match(summary.notes.join(), /not complete/);
});

function foreignTable(): arrow.Table {
  return new arrow.Table({
    text: arrow.vectorFromArray(["a", "bb", null], new arrow.Utf8()),
    word: arrow.vectorFromArray(["x", "y", "x"], new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32())),
    flag: arrow.vectorFromArray([true, false, true], new arrow.Bool()),
    pair: arrow.vectorFromArray(
      [{ a: 1 }, { a: 2 }, { a: 3 }],
      new arrow.Struct([new arrow.Field("a", new arrow.Int8())]),
    ),
    volts: arrow.vectorFromArray([1.5, null, -2], new arrow.Float64()),
    list: arrow.vectorFromArray(
      [[1], [2, 3], []],
      new arrow.List(new arrow.Field("item", new arrow.Int16())),
    ),
    timestamp: arrow.vectorFromArray([1, 2, 3], new arrow.TimestampMillisecond()),
    spectrum: arrow.vectorFromArray(
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      new arrow.FixedSizeList(2, new arrow.Field("item", new arrow.Uint16())),
    ),
  });
}

for (const kind of ["file", "stream"] as const)
  test(`reads the numbers of a ${kind} that another program wrote, between columns that it leaves out`, async () => {
    const path = join(folder, `foreign ${kind}.arrow`);
    await writeFile(path, arrow.tableToIPC(foreignTable(), kind));
    const { streams, state, run, ledger, notes } = await arrowFormat.inspect(path);
    assert.deepEqual([state, run, ledger], ["complete", undefined, undefined]);
    const [{ schema, records, firstTimestampNs, lastTimestampNs }] = streams as [(typeof streams)[number]];
    assert.equal(schema.name, `foreign_${kind}`);
    assert.deepEqual(
      schema.columns.map(({ name, dtype, shape }) => [name, dtype, shape]),
      [
        ["flag", "bool", []],
        ["volts", "float64", []],
        ["spectrum", "uint16", [2]],
      ],
    );
    assert.deepEqual([records, firstTimestampNs, lastTimestampNs], [3, "1000000", "3000000"]);
    for (const name of ["text", "word", "pair", "list"])
      assert.ok(
        notes.some((note) => note.includes(`"${name}"`)),
        name,
      );
    await using reader = await ArrowReader.open(path);
    const [batch] = await allOf(reader);
    assert.deepEqual(batch!.timestampsNs, BigInt64Array.of(1_000_000n, 2_000_000n, 3_000_000n));
    assert.equal(batch!.sequences, undefined);
    const [flag, volts, spectra] = batch!.columns;
    assert.deepEqual(flag!.bytes, Uint8Array.of(1, 0, 1));
    assert.deepEqual(volts!.validity, Uint8Array.of(1, 0, 1));
    assert.equal(new DataView(volts!.bytes.buffer, volts!.bytes.byteOffset).getFloat64(16, true), -2);
    assert.deepEqual(
      new Uint16Array(new Uint8Array(spectra!.bytes).buffer),
      Uint16Array.of(1, 2, 3, 4, 5, 6),
    );
    assert.equal((await arrowFormat.recover(path)).changed, false);
  });

test("a file of another program without numbers, or not finished, is a named error and stays untouched", async () => {
  const text = join(folder, "text.arrow");
  await writeFile(
    text,
    arrow.tableToIPC(new arrow.Table({ text: arrow.vectorFromArray(["a"], new arrow.Utf8()) }), "file"),
  );
  await assert.rejects(arrowFormat.inspect(text), { code: "format", message: /no column of numbers/ });
  const cut = join(folder, "cut.arrow");
  await writeFile(cut, Buffer.concat([fileStart, arrow.tableToIPC(foreignTable(), "stream")]));
  assert.equal((await arrowFormat.inspect(cut)).state, "unfinished");
  await assert.rejects(arrowFormat.recover(cut), { code: "format", message: /not written by daq-storage/ });
});
