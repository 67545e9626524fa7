import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openFileSink } from "../../bytes/file-sink.ts";
import { SampleBatches } from "../../testing/format-contract/sample-batches.ts";
import { camera, gauges, sampleRun, spectrum } from "../../testing/format-contract/sample-streams.ts";
import { parquetFormat } from "./format.ts";
import { ParquetInput } from "./input.ts";
import { inspectParquet } from "./inspect.ts";
import { ParquetReader } from "./read.ts";
import { readFooter } from "./read-footer.ts";
import { ParquetStreamFile } from "./stream-file.ts";
import { TailFile } from "./tail-file.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "daq-parquet-file-"));
});
after(() => rm(folder, { recursive: true, force: true }));

test("three flushes of 10,000 events are 30,000 rows in one row group, with nothing left beside the file", async () => {
  const path = join(folder, "events.parquet");
  const writer = await parquetFormat.create({
    path,
    run: { info: sampleRun, streams: [gauges] },
    options: { compression: "snappy", durability: "process" },
    openSink: openFileSink,
  });
  const source = new SampleBatches(gauges);
  for (let flush = 0; flush < 3; flush++) {
    await writer.append(source.next(10_000));
    await writer.checkpoint();
  }
  assert.deepEqual((await readdir(folder)).toSorted(), ["events.parquet", "events.parquet.tail0"]);
  await writer.close({ complete: true, accounts: [] });
  assert.equal((await inspectParquet(path)).streams[0]!.records, 30_000);
  await using input = await ParquetInput.open(path);
  assert.deepEqual(
    (await readFooter(input))!.rowGroups.map(({ rows }) => rows),
    [30_000],
  );
  assert.deepEqual(await readdir(folder), ["events.parquet"]);
});

test("a writer whose disk is slow never has more than two row groups that are not written", async () => {
  const path = join(folder, "slow.parquet");
  const sink = await openFileSink(path);
  const options = { compression: "snappy", durability: "process", chunkRows: 500 } as const;
  const file = await ParquetStreamFile.create(sink, {
    stream: gauges,
    info: sampleRun,
    options,
    tail: new TailFile(path, openFileSink, false),
    rowGroupBytes: 150_000,
  });
  const { rowGroupRows } = file;
  const writeAll = sink.writeAll.bind(sink);
  let writtenRows = 0;
  // Ten row groups are appended in less than this, by a writer that would not wait.
  sink.writeAll = async (pieces) => {
    await sleep(100);
    await writeAll(pieces);
    writtenRows += rowGroupRows;
  };
  const source = new SampleBatches(gauges);
  let mostWaiting = 0;
  for (let batch = 1; batch <= 10 * (rowGroupRows / 500); batch++) {
    await file.append(source.next(500));
    mostWaiting = Math.max(mostWaiting, batch * 500 - writtenRows);
  }
  assert.ok(mostWaiting > rowGroupRows, "one row group is filled while another one is written");
  assert.ok(
    mostWaiting <= 2 * rowGroupRows,
    `${mostWaiting} rows, where two row groups are ${2 * rowGroupRows}`,
  );
  await file.close({ complete: true, accounts: [] });
  assert.equal((await inspectParquet(path)).streams[0]!.records, 10 * rowGroupRows);
});

test("what is written of a row group makes room for the next one, and each value stays where it belongs", async () => {
  const path = join(folder, "parts.parquet");
  const sink = await openFileSink(path);
  const stream = { ...gauges, columns: [{ ...gauges.columns[0]!, dtype: "float64" } as const] };
  const file = await ParquetStreamFile.create(sink, {
    stream,
    info: sampleRun,
    options: { compression: "none", durability: "process" },
    tail: new TailFile(path, openFileSink, false),
    rowGroupBytes: 48 << 20,
  });
  const writeAll = sink.writeAll.bind(sink);
  let largestPart = 0;
  sink.writeAll = async (pieces) => {
    largestPart = Math.max(
      largestPart,
      pieces.reduce((sum, { byteLength }) => sum + byteLength, 0),
    );
    // Meanwhile the next row group is filled, with pages where the written ones were.
    await sleep(20);
    await writeAll(pieces);
  };
  const count = 65_536;
  const batches = 3 * (file.rowGroupRows / count);
  const range = (batch: number) => Array.from({ length: count }, (_, row) => batch * count + row);
  for (let batch = 0; batch < batches; batch++) {
    const sequences = BigInt64Array.from(range(batch), BigInt);
    // No value twice, so that there is no dictionary.
    const bytes = new Uint8Array(Float64Array.from(range(batch), (number) => number / 3).buffer);
    await file.append({ stream, count, timestampsNs: sequences, sequences, columns: [{ bytes }] });
  }
  await file.close({ complete: true, accounts: [] });
  assert.ok(largestPart < 24 << 20, `${largestPart} bytes at once`);
  await using reader = await ParquetReader.open(path);
  let row = 0;
  for await (const group of reader.rowGroups()) {
    const values = new Float64Array(group.columns[0]!.bytes.slice().buffer);
    assert.ok(
      values.every((value, at) => value === (row + at) / 3 && group.sequences[at] === BigInt(row + at)),
    );
    row += group.count;
  }
  assert.equal(row, batches * count);
});

test("a stream of images is taken with a sentence that names better formats; spectra are not remarked on", () => {
  assert.equal(parquetFormat.refusal(camera), undefined);
  assert.match(parquetFormat.streamNotice!(camera)!, /camera0\.frame.*hdf5, zarr and arrow/);
  assert.equal(parquetFormat.streamNotice!({ ...spectrum, columns: [spectrum.columns[0]!] }), undefined);
  assert.equal(parquetFormat.streamNotice!(gauges), undefined);
});
