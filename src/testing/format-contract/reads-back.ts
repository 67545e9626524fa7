import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Format, FormatOptions, WriterTarget } from "../../formats/contract.ts";
import type { Batch } from "../../model/batch.ts";
import { DaqError } from "../../model/errors.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { appendAll, dataFiles, joined, targetIn, temporaryFolder } from "./recording.ts";
import { SampleBatches, scribbleOver } from "./sample-batches.ts";
import { camera, everyType, gauges, ledgerOf, logbook, spectrum } from "./sample-streams.ts";
import { type StreamValues, valuesOf } from "./stream-values.ts";

/** What a writer wrote its format's own reader gives back, batch by batch. */
export function readsBack(format: Format, options: FormatOptions): void {
  const streams = [everyType, gauges, logbook, spectrum, camera].filter(
    (stream) => format.refusal(stream) === undefined,
  );

  test("reads back every dtype, shape, missing value and gap of each stream, in batches as they were declared", async () => {
    await using folder = await temporaryFolder();
    const target = targetIn(folder.path, format, streams, options);
    const writer = await format.create(target);
    const sources = streams.map((stream, index) => new SampleBatches(stream, index + 1));
    const parts = [];
    for (const count of [40, 1, 97, 3, 9_256]) {
      for (const source of sources) source.skip(count % 5);
      parts.push(
        await appendAll(
          writer,
          sources.map((source) => source.next(count)),
        ),
      );
      await writer.checkpoint();
    }
    await writer.close(ledgerOf(streams.map((schema) => ({ schema, stored: 9_397, ranges: [] }))));
    for (const stream of streams) {
      const { values, batches } = await readStream(format, target, stream);
      assert.deepEqual(values, joined(...parts).get(stream.name));
      for (const batch of batches) {
        assert.deepEqual(batch.stream, stream);
        for (const { bytes } of batch.columns) assert.equal(bytes.byteOffset % 8, 0);
      }
    }
  });

  test("reads a large stream, each batch borrowed until the next one is asked for", async () => {
    await using folder = await temporaryFolder();
    const target = targetIn(folder.path, format, [everyType], options);
    const writer = await format.create(target);
    const source = new SampleBatches(everyType);
    const parts = [];
    for (let part = 0; part < 3; part++) parts.push(await appendAll(writer, [source.next(60_000)]));
    await writer.close(ledgerOf([{ schema: everyType, stored: 180_000, ranges: [] }]));
    const { values } = await readStream(format, target, everyType);
    assert.deepEqual(values, joined(...parts).get(everyType.name));
  });

  test("stores a batch as it was when it was said to be intact, whatever comes to its memory right after that", async () => {
    await using folder = await temporaryFolder();
    const large: StreamSchema = {
      ...camera,
      name: "large",
      columns: [{ ...camera.columns[0]!, shape: [1024, 1024], dims: ["y", "x"] }],
    };
    const shared = [...streams, large].filter((stream) => format.refusal(stream) === undefined);
    for (const stream of shared) {
      const target = targetIn(join(folder.path, stream.name), format, [stream], options);
      await mkdir(join(folder.path, stream.name));
      await using writer = await format.create(target);
      if (writer.appendShared === undefined) return;
      const source = new SampleBatches(stream);
      const parts = [];
      for (let number = 0; number < 6; number++) {
        const batch = source.next(stream === large ? 1 : 7);
        parts.push(valuesOf([batch]));
        const isKept = await writer.appendShared(batch, () => {
          queueMicrotask(() => scribbleOver(batch));
          return true;
        });
        assert.ok(isKept);
      }
      const stored = stream === large ? 6 : 42;
      await writer.close(ledgerOf([{ schema: stream, stored, ranges: [] }]));
      const { values } = await readStream(format, target, stream);
      assert.deepEqual(values, joined(...parts).get(stream.name));
    }
  });

  test("reads a run without a record as no batch or empty ones", async () => {
    await using folder = await temporaryFolder();
    const target = targetIn(folder.path, format, [gauges], options);
    const writer = await format.create(target);
    await writer.close(ledgerOf([{ schema: gauges, stored: 0, ranges: [] }]));
    const { batches } = await readStream(format, target, gauges);
    assert.equal(
      batches.reduce((sum, { count }) => sum + count, 0),
      0,
    );
  });

  test("does not read a file that is not finished, and says so", async () => {
    await using folder = await temporaryFolder();
    const target = targetIn(folder.path, format, [gauges], options);
    await using writer = await format.create(target);
    await appendAll(writer, [new SampleBatches(gauges).next(50)]);
    await writer.checkpoint();
    await assert.rejects(readStream(format, target, gauges), (error) => {
      assert.ok(error instanceof DaqError, String(error));
      assert.equal(error.code, "format");
      assert.match(error.message, /not finished/);
      assert.match(error.hint ?? "", /daq recover/);
      return true;
    });
  });

  test("names a stream that is not in the file", async () => {
    await using folder = await temporaryFolder();
    const target = targetIn(folder.path, format, [gauges], options);
    const writer = await format.create(target);
    await writer.close(ledgerOf([{ schema: gauges, stored: 0, ranges: [] }]));
    await assert.rejects(
      readStream(format, target, { ...gauges, name: "other" }),
      (error) => error instanceof DaqError && error.code === "format" && error.message.includes('"other"'),
    );
  });
}

type ReadStream = { readonly values: StreamValues | undefined; readonly batches: readonly Batch[] };

/** All of a stream; each batch is overwritten as soon as the next is asked for, as a borrower may do. */
async function readStream(format: Format, target: WriterTarget, stream: StreamSchema): Promise<ReadStream> {
  const { streams } = target.run;
  const at = Math.max(
    0,
    streams.findIndex(({ name }) => name === stream.name),
  );
  const files = dataFiles(format, target);
  const parts: ReadonlyMap<string, StreamValues>[] = [];
  const batches: Batch[] = [];
  for await (const batch of format.read(files[files.length === 1 ? 0 : at]!, stream.name)) {
    parts.push(valuesOf([batch]));
    batches.push(batch);
    scribbleOver(batch);
  }
  return { values: joined(...parts).get(stream.name), batches };
}
