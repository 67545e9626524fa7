import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ArrowReader } from "../../src/formats/arrow/read.ts";
import { typedView } from "../../src/model/dtype.ts";
import { mostRanges, type StreamAccount } from "../../src/model/ledger.ts";
import type { RecorderOptions } from "../../src/recorder/recorder-options.ts";
import { RecorderProcess } from "../../src/recorder/recorder-process.ts";
import { recover } from "../../src/recorder/recover-run.ts";
import { RingWriter } from "../../src/ring/ring-writer.ts";

/** A source that loses every second record, and a recorder process on its ring. */
class LossySource {
  readonly folder = mkdtempSync(join(tmpdir(), "daq-losses-"));
  readonly ring: RingWriter;
  readonly #stream;
  produced = 0;

  constructor() {
    const uid = "9".repeat(32);
    this.ring = RingWriter.create(join(this.folder, "ring"), {
      sizeBytes: 16 * 2 ** 20,
      overflow: "block",
      runUid: uid,
    });
    this.ring.describeRun({
      uid,
      startedAtNs: "1",
      experiment: { name: "lossy" },
      host: "here",
      software: { name: "test", version: "0" },
      devices: [],
    });
    this.#stream = this.ring.openStream({
      name: "counter",
      kind: "table",
      source: "test",
      clock: "system",
      columns: [{ name: "n", dtype: "int64", shape: [], dims: [] }],
    });
  }

  get options(): RecorderOptions {
    return {
      ringPath: this.ring.path,
      name: "recorder",
      indexPath: join(this.folder, "run.run.json"),
      outputs: [
        {
          format: "arrow",
          path: join(this.folder, "run.arrow"),
          streams: ["counter"],
          options: { compression: "none", durability: "process" },
        },
      ],
      flushIntervalMs: 20,
      durability: "process",
    };
  }

  async produce(pairs: number): Promise<void> {
    for (let number = 0; number < pairs; number++) {
      const values = BigInt64Array.of(BigInt(this.produced));
      await this.#stream.write({
        count: 1,
        timestampNs: BigInt(this.produced),
        columns: [new Uint8Array(values.buffer)],
      });
      await this.#stream.lose(1, "device", "every second one");
      this.produced += 2;
      // The event loop has the recorder's messages to deliver.
      if (number % 1_000 === 999) await setTimeout(1);
    }
  }

  rows(account: StreamAccount): { first: number; count: number; reason: string }[] {
    const text = readFileSync(join(this.folder, account.more!.file), "utf8");
    const [header, ...lines] = text.split("\r\n");
    assert.equal(header, "first,count,reason,at_ns");
    assert.equal(lines.pop(), "");
    return lines.map((line) => {
      const [first, count, reason] = line.split(",");
      return { first: Number(first), count: Number(count), reason: reason! };
    });
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
      // The recorder has removed it.
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Every even number is stored, every odd one is in the ledger or in the file beside it, exactly once. */
async function checkAll(source: LossySource, account: StreamAccount): Promise<void> {
  assert.deepEqual(
    [account.produced, account.stored, account.lost],
    [source.produced, source.produced / 2, source.produced / 2],
  );
  assert.equal(account.ranges.length, mostRanges);
  const rows = source.rows(account);
  assert.equal(rows.length, account.more!.ranges);
  const lost = [...account.ranges, ...rows].flatMap(({ first, count }) =>
    Array.from({ length: count }, (_, index) => first + index),
  );
  assert.deepEqual(
    lost,
    Array.from({ length: source.produced / 2 }, (_, index) => 2 * index + 1),
  );
  assert.deepEqual(
    await source.stored(),
    Array.from({ length: source.produced / 2 }, (_, index) => 2 * index),
  );
}

/** A recorder that nobody starts again. */
async function bareRecorder(options: RecorderOptions): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL("../../src/recorder/recorder-main.ts", import.meta.url)), [], {
    serialization: "advanced",
    execArgv: [],
  });
  child.send({ type: "start", options });
  await once(child, "message");
  return child;
}

test("a source that loses every second record has each loss written down once, though its recorder is killed again and again", async () => {
  using source = new LossySource();
  let restarts = 0;
  const recorder = new RecorderProcess(source.options, { onRestart: () => restarts++ });
  await recorder.ready;
  for (let kill = 0; kill < 5; kill++) {
    await source.produce(4_000);
    process.kill(recorder.pid!, "SIGKILL");
    await setTimeout(300);
  }
  await source.produce(4_000);
  source.ring.close();
  const { index } = await recorder.outcome;
  assert.ok(restarts >= 5, `${restarts} restarts`);
  await checkAll(source, index.outputs[0]!.ledger.accounts[0]!);
  assert.deepEqual(
    index.outputs[0]!.files.map(({ path }) => path),
    ["run.arrow", "run.counter.arrow.losses.csv"],
  );
});

test("recover keeps the losses beyond the ledger exactly, and adds those that are still in the ring", async () => {
  using source = new LossySource();
  const recorder = await bareRecorder(source.options);
  await source.produce(3_000);
  await setTimeout(200);
  await source.produce(3_000);
  recorder.kill("SIGKILL");
  await once(recorder, "exit");
  // As if it had died between these rows and the journal's line.
  const losses = join(source.folder, "run.counter.arrow.losses.csv");
  appendFileSync(losses, "1,1,device,1\r\n3,1,dev");
  await source.produce(3_000); // Into the ring, which nobody empties.
  source.ring.close();
  const recovery = await recover(losses);
  assert.ok(recovery.kind === "run");
  await checkAll(source, recovery.index.outputs[0]!.ledger.accounts[0]!);
});
