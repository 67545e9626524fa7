import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { ByteSink, OpenSink } from "../bytes/byte-sink.ts";
import { openFileSink } from "../bytes/file-sink.ts";
import { ArrowReader } from "../formats/arrow/read.ts";
import type { FormatName } from "../formats/contract.ts";
import { loadFormat } from "../formats/registry.ts";
import { typedView } from "../model/dtype.ts";
import { DaqError } from "../model/errors.ts";
import type { StreamAccount } from "../model/ledger.ts";
import { RingWriter } from "../ring/ring-writer.ts";
import { Recorder, type RecorderHooks } from "./recorder.ts";
import type { RecorderOptions } from "./recorder-options.ts";

const uid = "7".repeat(32);
const rows = 100;

/** A ring with one counting stream, and a folder to record into. */
class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), "daq-recorder-"));
  readonly ring: RingWriter;
  readonly #stream;
  #next = 0;

  constructor(overflow: "discard-oldest" | "block" = "discard-oldest", sizeBytes = 2 ** 20) {
    this.ring = RingWriter.create(join(this.folder, "ring"), { sizeBytes, overflow, runUid: uid });
    this.ring.describeRun({
      uid,
      startedAtNs: "1",
      experiment: { name: "recorder", serial: 2n ** 60n },
      host: "here",
      software: { name: "test", version: "0" },
      devices: [],
    });
    this.#stream = this.ring.openStream({
      name: "counter",
      kind: "table",
      source: "test",
      clock: "system",
      rateHz: 1000,
      columns: [{ name: "n", dtype: "int64", shape: [], dims: [] }],
    });
  }

  options(more: Partial<RecorderOptions> = {}, formats: readonly FormatName[] = ["arrow"]): RecorderOptions {
    const durability = more.durability ?? "process";
    return {
      ringPath: this.ring.path,
      name: "recorder",
      indexPath: join(this.folder, "run.run.json"),
      outputs: formats.map((format) => ({
        format,
        path: join(this.folder, `run.${format}`),
        streams: ["counter"],
        options: { compression: "none", durability },
      })),
      flushIntervalMs: 10,
      durability,
      ...more,
    };
  }

  write(count = rows): void {
    const values = BigInt64Array.from({ length: count }, (_, row) => BigInt(this.#next + row));
    this.#stream.write({ count, timestampNs: BigInt(this.#next), columns: [new Uint8Array(values.buffer)] });
    this.#next += count;
  }

  lose(count: number): void {
    this.#stream.lose(count, "device", "the counter jumped");
    this.#next += count;
  }

  /** Resolves when a checkpoint covers everything that was written so far, of a recorder that runs. */
  async checkpoint(): Promise<void> {
    while (this.ring.status().waitingBytes > 0) await new Promise((done) => setTimeout(done, 5));
  }

  open(hooks: RecorderHooks = {}, options = this.options()): Promise<Recorder> {
    return Recorder.open(options, hooks);
  }

  async stored(): Promise<number[]> {
    const reader = await ArrowReader.open(join(this.folder, "run.arrow"));
    const values: number[] = [];
    for (let batch = await reader.next(); batch !== undefined; batch = await reader.next())
      values.push(...Array.from(typedView("int64", batch.columns[0]!.bytes) as BigInt64Array, Number));
    await reader.close();
    return values;
  }

  [Symbol.dispose](): void {
    try {
      this.ring.remove();
    } catch {
      // A test may have had the recorder remove it.
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function upTo(end: number, from = 0): number[] {
  return Array.from({ length: end - from }, (_, index) => from + index);
}

function addsUp({ produced, stored, lost, ranges }: StreamAccount): void {
  assert.equal(produced, stored + lost);
  assert.equal(
    ranges.reduce((sum, range) => sum + range.count, 0),
    lost,
  );
}

/** A sink in front of a real one whose calls fail when told to. */
function breakable(fails: {
  write?: (path: string) => Error | undefined;
  flush?: (path: string) => Error | undefined;
}): OpenSink {
  return async (path, options) => {
    const inner = await openFileSink(path, options);
    const sink: ByteSink = {
      get path() {
        return inner.path;
      },
      get positionBytes() {
        return inner.positionBytes;
      },
      write: (bytes) => sink.writeAll([bytes]),
      writeAll: async (pieces) => {
        const error = fails.write?.(path);
        if (error === undefined) return inner.writeAll(pieces);
        // Half of it arrives, as with a real disk.
        await inner.write(pieces[0]!.subarray(0, Math.ceil(pieces[0]!.byteLength / 2)));
        throw error;
      },
      writeAt: async (offsetBytes, pieces) => {
        const error = fails.write?.(path);
        if (error !== undefined) throw error;
        await inner.writeAt!(offsetBytes, pieces);
      },
      truncate: (bytes) => inner.truncate(bytes),
      flush: async () => {
        const error = fails.flush?.(path);
        if (error !== undefined) throw error;
        await inner.flush();
      },
      close: () => inner.close(),
    };
    return sink;
  };
}

test("stores every record, and what the source lost is in the account with its reason", async () => {
  using bench = new Bench();
  const recorder = await bench.open();
  const running = recorder.run();
  bench.write();
  bench.lose(7);
  bench.write();
  bench.ring.close();
  const { index } = await running;
  const account = index.outputs[0]!.ledger.accounts[0]!;
  addsUp(account);
  assert.deepEqual([account.produced, account.stored, account.lost], [207, 200, 7]);
  assert.deepEqual(
    account.ranges.map(({ first, count, reason, detail }) => ({ first, count, reason, detail })),
    [{ first: 100, count: 7, reason: "device", detail: "the counter jumped" }],
  );
  assert.deepEqual(await bench.stored(), [...upTo(100), ...upTo(207, 107)]);
  assert.equal(index.end, "closed");
  assert.equal(index.run.info.experiment.serial, 2n ** 60n);
  assert.deepEqual(
    readdirSync(bench.folder).sort(),
    ["ring", "run.arrow", "run.run.json"],
    "no journal and no ballast are left",
  );
});

test("a recorder that starts late stores what the ring still has, and names what it does not have", async () => {
  using bench = new Bench("discard-oldest", 64 * 1024);
  for (let number = 0; number < 200; number++) bench.write();
  const recorder = await bench.open();
  bench.ring.close();
  const { index } = await recorder.run();
  const account = index.outputs[0]!.ledger.accounts[0]!;
  addsUp(account);
  assert.equal(account.produced, 200 * rows);
  assert.deepEqual(
    account.ranges.map(({ first, reason }) => [first, reason]),
    [[0, "ring-lapped"]],
  );
  assert.deepEqual(await bench.stored(), upTo(account.produced, account.lost));
});

test("when one of two formats fails, the other goes on, and each account says what happened", async () => {
  using bench = new Bench();
  let isBroken = false;
  const openSink = breakable({
    write: (path) =>
      isBroken && path.endsWith(".csv") ? new DaqError("io", "the cable was pulled") : undefined,
  });
  const recorder = await bench.open({ openSink }, bench.options({ chunkSize: rows }, ["arrow", "csv"]));
  const running = recorder.run();
  bench.write();
  await new Promise((done) => setTimeout(done, 100));
  isBroken = true;
  bench.write();
  bench.write();
  bench.ring.close();
  const { index, failure } = await running;
  assert.match(failure!.message, /cable/);
  const [arrow, csv] = index.outputs.map((output) => output.ledger.accounts[0]!);
  addsUp(arrow!);
  addsUp(csv!);
  assert.deepEqual([arrow!.stored, arrow!.lost], [300, 0]);
  assert.equal(csv!.produced, 300);
  assert.equal(csv!.stored, 100);
  assert.deepEqual([...new Set(csv!.ranges.map((range) => range.reason))], ["writer-failed"]);
  assert.equal(index.outputs[1]!.ledger.complete, false);
});

test("after a flush that failed, the file ends at the last good checkpoint and the rest counts as lost", async () => {
  using bench = new Bench();
  let isBroken = false;
  const openSink = breakable({
    flush: () => (isBroken ? new DaqError("io", "fsync: input/output error") : undefined),
  });
  const failing = Promise.withResolvers<DaqError>();
  const hooks = { openSink, onFailing: failing.resolve };
  const recorder = await bench.open(hooks, bench.options({ durability: "power" }, ["arrow"]));
  const running = recorder.run();
  bench.write();
  await bench.checkpoint();
  isBroken = true;
  bench.write();
  await failing.promise;
  isBroken = false;
  bench.ring.close();
  const { index, failure } = await running;
  assert.match(failure!.message, /fsync/);
  const account = index.outputs[0]!.ledger.accounts[0]!;
  addsUp(account);
  assert.deepEqual([account.produced, account.stored], [200, 100]);
  assert.deepEqual(await bench.stored(), upTo(100));
});

test("a format that stores at checkpoints goes back to the last one when it fails, and its account with it", async () => {
  using bench = new Bench();
  let isBroken = false;
  const openSink = breakable({
    write: (path) =>
      isBroken && path.endsWith(".hdf5") ? new DaqError("io", "the cable was pulled") : undefined,
  });
  const { outputs, ...rest } = bench.options({ flushIntervalMs: 60 }, ["arrow", "hdf5"]);
  const chunked = outputs.map((output) => ({ ...output, options: { ...output.options, chunkRows: 20 } }));
  const recorder = await bench.open({ openSink }, { ...rest, outputs: chunked });
  const running = recorder.run();
  bench.write();
  bench.lose(5);
  await bench.checkpoint();
  isBroken = true;
  for (let number = 0; number < 3; number++) {
    bench.write();
    bench.lose(1);
  }
  await bench.checkpoint();
  isBroken = false;
  bench.lose(2);
  bench.write();
  bench.ring.close();
  const { index, failure } = await running;
  assert.match(failure!.message, /cable/);
  const [arrow, hdf5] = index.outputs.map((output) => output.ledger.accounts[0]!);
  for (const account of [arrow!, hdf5!]) addsUp(account);
  assert.deepEqual([arrow!.produced, arrow!.stored, arrow!.lost], [510, 500, 10]);
  assert.deepEqual([hdf5!.produced, hdf5!.stored, hdf5!.lost], [510, 100, 410]);
  const byDevice = hdf5!.ranges.filter(({ reason }) => reason === "device");
  assert.equal(
    byDevice.reduce((sum, { count }) => sum + count, 0),
    10,
    "what was lost before keeps its reason",
  );
  const { streams } = await (await loadFormat("hdf5")).inspect(join(bench.folder, "run.hdf5"));
  assert.equal(streams[0]!.records, 100);
});

test("outputs with chunks of different sizes each have every record, in chunks of their own size", async () => {
  using bench = new Bench();
  const { outputs, ...rest } = bench.options({ flushIntervalMs: 60_000 }, ["arrow", "csv"]);
  const sized = outputs.map((output) => ({
    ...output,
    options: { ...output.options, chunkRows: output.format === "arrow" ? 30 : 250 },
  }));
  const recorder = await bench.open({}, { ...rest, outputs: sized });
  const running = recorder.run();
  for (let number = 0; number < 10; number++) bench.write();
  bench.ring.close();
  const { index } = await running;
  for (const { ledger } of index.outputs) assert.equal(ledger.accounts[0]!.stored, 1_000);
  assert.deepEqual(await bench.stored(), upTo(1_000));
  const reader = await ArrowReader.open(join(bench.folder, "run.arrow"));
  for await (const { count } of reader.batches()) assert.ok(count <= 30, `${count} rows`);
  await reader.close();
});

test("an output whose file of lost ranges fails goes back too, and leaves no torn row", async () => {
  using bench = new Bench();
  let isBroken = false;
  const openSink = breakable({
    write: (path) =>
      isBroken && path.endsWith(".csv.losses.csv") ? new DaqError("io", "unplugged") : undefined,
  });
  const recorder = await bench.open({ openSink }, bench.options({ chunkSize: rows }, ["arrow", "csv"]));
  const running = recorder.run();
  const loseEverySecond = async (pairs: number): Promise<void> => {
    for (let number = 0; number < pairs; number++) {
      bench.write(1);
      bench.lose(1);
    }
    await bench.checkpoint();
  };
  await loseEverySecond(1_500);
  isBroken = true;
  await loseEverySecond(500);
  await loseEverySecond(500);
  isBroken = false;
  await loseEverySecond(500);
  bench.ring.close();
  const { index, failure } = await running;
  assert.match(failure!.message, /unplugged/);
  const [arrow, csv] = index.outputs.map((output) => output.ledger.accounts[0]!);
  assert.deepEqual([arrow!.produced, arrow!.stored, arrow!.lost], [6_000, 3_000, 3_000]);
  assert.equal(csv!.produced, 6_000);
  assert.equal(csv!.produced, csv!.stored + csv!.lost);
  for (const { ranges, more, lost } of [arrow!, csv!]) {
    const text = readFileSync(join(bench.folder, more!.file), "utf8").trimEnd();
    const counts = text
      .split("\r\n")
      .slice(1)
      .map((row) => {
        assert.match(row, /^\d+,\d+,(device|writer-failed),\d+$/);
        return Number(row.split(",")[1]);
      });
    const inFile = counts.reduce((sum, count) => sum + count, 0);
    assert.ok(counts.length <= more!.ranges);
    const inLedger = ranges.reduce((sum, { count }) => sum + count, 0);
    if (more!.file.includes(".arrow.")) assert.equal(inFile + inLedger, lost);
  }
});

test("a second recorder of the same name is refused while the first lives", async () => {
  using bench = new Bench();
  const recorder = await bench.open();
  await assert.rejects(
    bench.open({}, { ...bench.options(), indexPath: join(bench.folder, "other.run.json") }),
    {
      code: "ring",
      message: /records from this ring already/,
    },
  );
  bench.ring.close();
  await recorder.run();
});

test("an existing file is refused and left as it was", async () => {
  using bench = new Bench();
  const recorder = await bench.open();
  bench.write();
  bench.ring.close();
  await recorder.run();
  const before = await bench.stored();
  using second = new Bench();
  await assert.rejects(second.open({}, { ...second.options(), outputs: bench.options().outputs }), {
    code: "path",
    message: /exists already/,
  });
  assert.deepEqual(await bench.stored(), before);
});

test("giving up leaves the rest of the ring out, counted as lost", async () => {
  using bench = new Bench();
  const recorder = await bench.open();
  bench.write();
  recorder.abort();
  const running = recorder.run();
  await new Promise((done) => setTimeout(done, 50));
  bench.write(); // A source that takes its time to stop.
  bench.ring.close();
  const { index } = await running;
  const account = index.outputs[0]!.ledger.accounts[0]!;
  addsUp(account);
  assert.equal(account.produced, 200);
  assert.equal(index.end, "aborted");
});

test("a batch that lies in one ring record is written from there, and one that was overwritten meanwhile is not stored", async () => {
  using bench = new Bench("discard-oldest", 256 * 1024);
  let written = 0;
  // While the recorder writes its second batch, the producer goes round the whole ring.
  const openSink = breakable({
    write: () => {
      if (++written === 3) for (let number = 0; number < 10; number++) bench.write(8_000);
      return undefined;
    },
  });
  const recorder = await bench.open({ openSink }, bench.options({ chunkSize: 1_000 }));
  bench.write(8_000);
  const running = recorder.run();
  await new Promise((done) => setTimeout(done, 200));
  bench.ring.close();
  const { index } = await running;
  const account = index.outputs[0]!.ledger.accounts[0]!;
  addsUp(account);
  assert.equal(account.produced, 88_000);
  assert.ok(account.lost > 0);
  const lost = new Set(account.ranges.flatMap(({ first, count }) => upTo(first + count, first)));
  assert.deepEqual(
    await bench.stored(),
    upTo(88_000).filter((value) => !lost.has(value)),
  );
});

test("a stream that is declared after the recording began is not passed over in silence", async () => {
  using bench = new Bench();
  const recorder = await bench.open();
  const late = bench.ring.openStream({
    name: "late",
    kind: "table",
    source: "test",
    clock: "system",
    columns: [{ name: "n", dtype: "uint8", shape: [], dims: [] }],
  });
  late.write({ count: 1, timestampNs: 1n, columns: [new Uint8Array(1)] });
  bench.write();
  bench.ring.close();
  const { index } = await recorder.run();
  assert.equal(index.outputs[0]!.ledger.accounts[0]!.stored, 100);
  assert.match(
    index.notes.join(),
    /"late" was declared after the recording began: its 1 records are in no file/,
  );
});

test("what is lost counts once in the progress, however many formats would have had it", async () => {
  using bench = new Bench();
  const recorder = await bench.open({}, bench.options({}, ["arrow", "csv"]));
  bench.write(10);
  bench.lose(7);
  bench.ring.close();
  const { index } = await recorder.run();
  assert.deepEqual(
    index.outputs.map(({ ledger }) => ledger.accounts[0]!.lost),
    [7, 7],
  );
  assert.equal(recorder.progress().lost, 7);
});
