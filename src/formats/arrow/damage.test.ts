import assert from "node:assert/strict";
import { copyFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openFileSink } from "../../bytes/file-sink.ts";
import { DaqError } from "../../model/errors.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { SampleBatches } from "../../testing/format-contract/sample-batches.ts";
import {
  gauges,
  ledgerOf,
  logbook,
  sampleRun,
  spectrum,
} from "../../testing/format-contract/sample-streams.ts";
import { arrowFormat } from "./format.ts";
import { ArrowInput } from "./input.ts";
import { ArrowReader } from "./read.ts";
import { scanMessages } from "./scan.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "daq-arrow-damage-"));
});
after(() => rm(folder, { recursive: true, force: true }));

async function record(
  name: string,
  stream: StreamSchema,
  { compression = "none", batches = 3, rows = 20, finished = true, skip = 0 } = {},
): Promise<string> {
  const path = join(folder, name);
  const writer = await arrowFormat.create({
    path,
    run: { info: sampleRun, streams: [stream] },
    options: { compression, durability: "process" },
    openSink: openFileSink,
  });
  const source = new SampleBatches(stream);
  for (let batch = 0; batch < batches; batch++) {
    await writer.append(source.next(rows));
    source.skip(skip);
  }
  if (finished) await writer.close(ledgerOf([{ schema: stream, stored: batches * rows, ranges: [] }]));
  else await writer[Symbol.asyncDispose]();
  return path;
}

/**
 * What happens must be a result or a named error; returns how many records could be read. `recover` reads as `inspect`
 * does and then waits for the disk, so it is tried less often.
 */
async function survive(path: string, withRecover: boolean): Promise<number> {
  let records = 0;
  const named = (error: unknown) => {
    if (!(error instanceof DaqError)) throw error;
    assert.ok(error.hint, error.message);
  };
  await arrowFormat.inspect(path).catch(named);
  try {
    await using reader = await ArrowReader.open(path);
    for await (const batch of reader.batches()) records += batch.count;
  } catch (error) {
    named(error);
  }
  if (withRecover) await arrowFormat.recover(path).catch(named);
  return records;
}

test("no flipped bit of a schema, a header or a footer crashes, hangs or asks for much memory", async () => {
  for (const [compression, step] of [
    ["none", 3],
    ["zstd", 11],
  ] as const) {
    const path = await record(`flip-${compression}.arrow`, spectrum, { compression, batches: 2, rows: 3 });
    const good = await readFile(path);
    const target = join(folder, "flipped.arrow");
    const started = performance.now();
    const before = process.memoryUsage.rss();
    let most = 0;
    for (let at = 0; at < good.byteLength; at += step) {
      const bad = Buffer.from(good);
      bad[at]! ^= 1 << (at % 8);
      await writeFile(target, bad);
      most = Math.max(most, await survive(target, at % 16 === 0));
    }
    assert.equal(most, 6, "a flip in the values does not make the file unreadable");
    assert.ok(performance.now() - started < 120_000);
    assert.ok(process.memoryUsage.rss() - before < 500e6);
  }
});

test("no 32-bit word of a header that became huge or negative crashes, hangs or asks for much memory", async () => {
  const path = await record("words.arrow", gauges, { batches: 2, rows: 3 });
  const good = await readFile(path);
  const target = join(folder, "word.arrow");
  const before = process.memoryUsage.rss();
  for (const word of [0x7fffffff, 0xffffffff, 0x00ffffff])
    for (let at = 8; at + 4 <= good.byteLength; at += 12) {
      const bad = Buffer.from(good);
      bad.writeUInt32LE(word, at);
      await writeFile(target, bad);
      await survive(target, at % 16 === 8);
    }
  assert.ok(process.memoryUsage.rss() - before < 500e6);
});

test("no flipped bit and no huge word in a file of texts and bools crashes, hangs or asks for much memory", async () => {
  const target = join(folder, "text-damage.arrow");
  const before = process.memoryUsage.rss();
  for (const [compression, flipStep, wordStep] of [
    ["none", 11, 60],
    ["lz4", 23, 108],
    ["zstd", 29, 132],
  ] as const) {
    const path = await record(`texts-${compression}.arrow`, logbook, { compression, batches: 2, rows: 9 });
    const good = await readFile(path);
    let most = 0;
    for (let at = 0; at < good.byteLength; at += flipStep) {
      const bad = Buffer.from(good);
      bad[at]! ^= 1 << (at % 8);
      await writeFile(target, bad);
      most = Math.max(most, await survive(target, at % 16 === 0));
    }
    assert.equal(most, 18, "a flip in the values does not make the file unreadable");
    for (const word of [0x7fffffff, 0xffffffff, 0x00ffffff])
      for (let at = 8; at + 4 <= good.byteLength; at += wordStep) {
        const bad = Buffer.from(good);
        bad.writeUInt32LE(word, at);
        await writeFile(target, bad);
        await survive(target, at % 64 === 8);
      }
  }
  assert.ok(process.memoryUsage.rss() - before < 500e6);
});

test("recover changes nothing when good batches lie behind damaged ones", async () => {
  for (const finished of [true, false]) {
    const path = await record(`middle-${finished}.arrow`, gauges, { batches: 5, finished });
    const input = await ArrowInput.open(path);
    const { batches } = await scanMessages(input);
    await input.close();
    const bytes = await readFile(path);
    bytes.fill(0xab, batches[1]!.offsetBytes, batches[1]!.offsetBytes + 64);
    await writeFile(path, bytes);
    await assert.rejects(arrowFormat.recover(path), { code: "format", message: /damaged/ });
    assert.deepEqual(await readFile(path), bytes);
    await using reader = await ArrowReader.open(path);
    assert.equal((await reader.next())?.count, 20);
    await assert.rejects(reader.next(), { code: "format" });
  }
});

test("recover cuts a tail of zeros, which a machine that lost power leaves behind", async () => {
  const path = await record("zeros.arrow", gauges, { finished: false });
  const { size } = await stat(path);
  await truncate(path, size + 100_000);
  const summary = await arrowFormat.inspect(path);
  assert.equal(summary.state, "unfinished");
  assert.equal(summary.streams[0]!.records, 60);
  assert.match(summary.notes.join(), /damaged/);
  assert.deepEqual(await arrowFormat.recover(path), { path, changed: true, records: 60, cutBytes: 100_000 });
  assert.equal((await arrowFormat.inspect(path)).state, "complete");
});

test("recover writes the sequence numbers that are missing into the ledger, and that it is not complete", async () => {
  for (const compression of arrowFormat.compressions) {
    const path = await record(`holes-${compression}.arrow`, gauges, {
      compression,
      finished: false,
      skip: 4,
    });
    await arrowFormat.recover(path);
    const { ledger, streams } = await arrowFormat.inspect(path);
    assert.equal(streams[0]!.records, 60);
    assert.equal(ledger?.complete, false);
    const [account] = ledger!.accounts;
    assert.deepEqual([account!.produced, account!.stored, account!.lost], [68, 60, 8]);
    assert.deepEqual(
      account!.ranges.map(({ first, count }) => [first, count]),
      [
        [20, 4],
        [44, 4],
      ],
    );
  }
});

test("a file that ends inside its schema is a named error, and stays as it is", async () => {
  const path = await record("short.arrow", gauges, { finished: false });
  for (const bytes of [0, 5, 8, 12, 500]) {
    const target = join(folder, `short-${bytes}.arrow`);
    await copyFile(path, target);
    await truncate(target, bytes);
    await assert.rejects(arrowFormat.inspect(target), { code: "format" });
    await assert.rejects(arrowFormat.recover(target), { code: "format" });
    assert.equal((await stat(target)).size, bytes);
  }
});

test("resume refuses a file that is not what the checkpoint says, and leaves it untouched", async () => {
  const path = join(folder, "resume.arrow");
  const target = {
    path,
    run: { info: sampleRun, streams: [gauges] },
    options: { compression: "none", durability: "process" },
    openSink: openFileSink,
  } as const;
  const writer = await arrowFormat.create(target);
  const source = new SampleBatches(gauges);
  await writer.append(source.next(10));
  const state = (await writer.checkpoint()) as {
    files: { [stream: string]: { bytes: number; records: number; batches: number } };
  };
  await writer.append(source.next(10));
  await writer[Symbol.asyncDispose]();
  const before = await readFile(path);
  const extent = state.files[gauges.name]!;
  for (const wrong of [
    { ...extent, bytes: extent.bytes - 64 },
    { ...extent, bytes: before.byteLength + 64 },
    { ...extent, records: 11 },
    { ...extent, batches: 2 },
    { ...extent, bytes: "many" },
  ])
    await assert.rejects(arrowFormat.resume(target, { files: { [gauges.name]: wrong } }), { code: "format" });
  await assert.rejects(arrowFormat.resume(target, {}), { code: "format" });
  const other = { ...target, run: { info: sampleRun, streams: [{ ...spectrum, name: gauges.name }] } };
  await assert.rejects(arrowFormat.resume(other, state), { code: "format" });
  assert.deepEqual(await readFile(path), before);
  await (await arrowFormat.resume(target, state))[Symbol.asyncDispose]();
  assert.equal((await stat(path)).size, extent.bytes);
});
