import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openFileSink } from "../../bytes/file-sink.ts";
import { SampleBatches } from "../../testing/format-contract/sample-batches.ts";
import { camera, gauges, sampleRun, spectrum } from "../../testing/format-contract/sample-streams.ts";
import { parquetFormat } from "./format.ts";
import { ParquetInput } from "./input.ts";
import { inspectParquet } from "./inspect.ts";
import { readFooter } from "./read-footer.ts";

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

test("a stream of images is taken with a sentence that names better formats; spectra are not remarked on", () => {
  assert.equal(parquetFormat.refusal(camera), undefined);
  assert.match(parquetFormat.streamNotice!(camera)!, /camera0\.frame.*hdf5, zarr and arrow/);
  assert.equal(parquetFormat.streamNotice!({ ...spectrum, columns: [spectrum.columns[0]!] }), undefined);
  assert.equal(parquetFormat.streamNotice!(gauges), undefined);
});
