import assert from "node:assert/strict";
import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { openFileSink } from "../../bytes/file-sink.ts";
import { DaqError } from "../../model/errors.ts";
import { quickFolder } from "../../testing/format-contract/recording.ts";
import { SampleBatches } from "../../testing/format-contract/sample-batches.ts";
import { gauges, ledgerOf, logbook, sampleRun } from "../../testing/format-contract/sample-streams.ts";
import { csvFormat } from "./format.ts";
import { sidecarPath } from "./sidecar.ts";

const folders: string[] = [];
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "daq-csv-recover-"));
  folders.push(folder);
});
after(() => Promise.all(folders.map((path) => rm(path, { recursive: true }))));

async function record(
  compression: string,
  parts: readonly { skip: number; count: number }[],
  closed: boolean,
) {
  const options = { compression, durability: "process" } as const;
  const path = join(folder, `run${csvFormat.extension(options)}`);
  const run = { info: sampleRun, streams: [gauges] };
  const writer = await csvFormat.create({ path, run, options, openSink: openFileSink });
  const source = new SampleBatches(gauges);
  const ranges = [];
  let stored = 0;
  for (const { skip, count } of parts) {
    if (skip > 0) ranges.push({ ...source.skip(skip), reason: "ring-lapped", atNs: "1" } as const);
    await writer.append(source.next(count));
    stored += count;
  }
  if (closed) await writer.close(ledgerOf([{ schema: gauges, stored, ranges }]));
  else await writer[Symbol.asyncDispose]();
  return path;
}

test("lists every hole as lost, and does not claim that the account is complete", async () => {
  const path = await record(
    "none",
    [
      { skip: 3, count: 10 },
      { skip: 5, count: 10 },
    ],
    false,
  );
  assert.deepEqual(await csvFormat.recover(path), { path, changed: true, records: 20, cutBytes: 0 });
  const { ledger, state } = await csvFormat.inspect(path);
  assert.equal(state, "complete");
  assert.equal(ledger?.complete, false);
  const account = ledger?.accounts[0];
  assert.deepEqual([account?.produced, account?.stored, account?.lost], [28, 20, 8]);
  assert.deepEqual(
    account?.ranges.map(({ first, count }) => [first, count]),
    [
      [0, 3],
      [13, 5],
    ],
  );
});

test("a closed file that was cut at a line end later is noticed, and what it lacks is in its ledger", async () => {
  const path = await record(
    "none",
    [
      { skip: 0, count: 10 },
      { skip: 5, count: 10 },
    ],
    true,
  );
  const lines = (await readFile(path, "utf8")).split(/(?<=\r\n)/);
  await truncate(path, Buffer.byteLength(lines.slice(0, -4).join("")));
  const before = await csvFormat.inspect(path);
  assert.equal(before.state, "unfinished");
  assert.match(before.notes.join(), /20 records when it was closed; now \d+ and 16/);
  assert.deepEqual(await csvFormat.recover(path), { path, changed: true, records: 16, cutBytes: 0 });
  const account = (await csvFormat.inspect(path)).ledger?.accounts[0];
  assert.deepEqual(
    account?.ranges.map(({ first, count, reason }) => [first, count, reason]),
    [
      [10, 5, "ring-lapped"],
      [21, 4, "aborted"],
    ],
  );
});

test("cuts the zeros that a machine leaves at the end when it dies", async () => {
  for (const compression of ["none", "gzip"]) {
    const path = await record(compression, [{ skip: 0, count: 50 }], false);
    const whole = await readFile(path);
    await appendFile(path, new Uint8Array(70_000));
    assert.equal((await csvFormat.recover(path)).records, 50);
    assert.equal(text(await readFile(path)), text(whole));
  }
});

test("gives a file that broke off in its header line that line back", async () => {
  for (const compression of ["none", "gzip"]) {
    const path = await record(compression, [], false);
    const header = text(await readFile(path));
    for (const bytes of [25, 1, 0]) {
      await truncate(path, bytes);
      assert.equal((await csvFormat.recover(path)).records, 0);
      assert.equal(text(await readFile(path)), header);
      const { state, notes } = await csvFormat.inspect(path);
      assert.deepEqual({ state, notes }, { state: "complete", notes: [] });
    }
  }
});

test("touches nothing when the damage is not at the end", async () => {
  const path = await record("none", [{ skip: 0, count: 50 }], false);
  const bytes = await readFile(path);
  bytes.fill(0, 1000, 1100);
  await writeFile(path, bytes);
  await assert.rejects(
    csvFormat.recover(path),
    (error) => error instanceof DaqError && error.code === "format",
  );
  assert.deepEqual(await readFile(path), bytes);
});

test("goes on with a repair of a gzip file that was interrupted", async () => {
  const path = await record("gzip", [{ skip: 0, count: 50 }], false);
  const whole = await readFile(path);
  const lines = text(whole).split(/(?<=\r\n)/);
  // As it is when the power fails between the cut and the copy: the good tail exists only beside the file.
  await writeFile(`${path}.tail-at-0`, gzipSync(lines.slice(0, 41).join("")));
  await truncate(path, 0);
  await csvFormat.recover(path);
  assert.equal(text(await readFile(path)), lines.slice(0, 41).join(""));
  assert.deepEqual((await readdir(folder)).toSorted(), ["run.csv.gz", "run.csv.gz-metadata.json"]);
  assert.equal((await csvFormat.inspect(path)).streams[0]?.records, 40);
});

test("a file that waits for such a repair is not taken for free", async () => {
  const path = await record("gzip", [{ skip: 0, count: 5 }], false);
  await writeFile(`${path}.tail-at-0`, "the only copy of something");
  for (const name of [path, sidecarPath(path)]) await rm(name);
  await assert.rejects(
    record("gzip", [], false),
    (error) => error instanceof DaqError && error.code === "path",
  );
  assert.deepEqual(await readdir(folder), ["run.csv.gz.tail-at-0"]);
});

test("works without a sidecar, and says what is unknown then", async () => {
  const path = await record("none", [{ skip: 0, count: 5 }], true);
  await rm(sidecarPath(path));
  await appendFile(path, "1764,5,1.2");
  const torn = await csvFormat.inspect(path);
  assert.equal(torn.state, "unfinished");
  assert.deepEqual(await csvFormat.recover(path), { path, changed: true, records: 5, cutBytes: 10 });
  const { state, streams, notes } = await csvFormat.inspect(path);
  assert.equal(state, "complete");
  assert.equal(streams[0]?.records, 5);
  assert.deepEqual(
    streams[0]?.schema.columns.map((column) => column.name),
    gauges.columns.map((column) => column.name),
  );
  assert.match(notes.join(), /no sidecar run\.csv-metadata\.json/);
});

for (const compression of ["none", "gzip"] as const)
  test(`a file of texts that breaks off at any byte keeps the rows before it, with their line breaks, ${compression}`, async () => {
    const root = await mkdtemp(join(quickFolder(), "daq-csv-recover-"));
    folders.push(root);
    const options = { compression, durability: "process" } as const;
    const path = join(root, `run${csvFormat.extension(options)}`);
    const run = { info: sampleRun, streams: [logbook] };
    const writer = await csvFormat.create({ path, run, options, openSink: openFileSink });
    const source = new SampleBatches(logbook);
    const sizeOf = async () => ({ file: (await stat(path)).size, text: text(await readFile(path)).length });
    // Where rows end is known from the writer, whatever a reader takes for a row.
    const ends = [await sizeOf()];
    for (let row = 0; row < 12; row++) {
      await writer.append(source.next(1));
      if (row % 4 === 3) await writer.checkpoint();
      ends.push(await sizeOf());
    }
    await writer[Symbol.asyncDispose]();
    const whole = await readFile(path);
    const sidecar = await readFile(sidecarPath(path));
    assert.match(text(whole), /""open"", then\r\nclose/);
    for (let bytes = ends[0]!.file; bytes <= whole.length; bytes++) {
      await writeFile(path, whole.subarray(0, bytes));
      await writeFile(sidecarPath(path), sidecar);
      const { records } = await csvFormat.recover(path);
      assert.equal(text(await readFile(path)), text(whole).slice(0, ends[records]!.text), `${bytes} bytes`);
      // The last bytes of a gzip member say nothing about its rows, which may all be there without them.
      const sure = ends.findLastIndex(({ file }) => file <= bytes);
      if (compression === "none") assert.equal(records, sure);
      else assert.ok(records >= sure - (sure % 4), `${records} of ${sure}`);
    }
  });

function text(file: Buffer): string {
  return (file[0] === 0x1f ? gunzipSync(file) : file).toString();
}
