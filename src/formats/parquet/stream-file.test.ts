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

test("a stream of images is taken with a sentence that names better formats; spectra are not remarked on", () => {
  assert.equal(parquetFormat.refusal(camera), undefined);
  assert.match(parquetFormat.streamNotice!(camera)!, /camera0\.frame.*hdf5, zarr and arrow/);
  assert.equal(parquetFormat.streamNotice!({ ...spectrum, columns: [spectrum.columns[0]!] }), undefined);
  assert.equal(parquetFormat.streamNotice!(gauges), undefined);
});
