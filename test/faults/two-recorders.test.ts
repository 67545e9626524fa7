import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { FormatName } from "../../src/formats/contract.ts";
import { RecorderProcess } from "../../src/recorder/recorder-process.ts";
import { RingReader } from "../../src/ring/ring-reader.ts";
import { RingWriter } from "../../src/ring/ring-writer.ts";
import { problemIn, readArrow, readCsv } from "./counter-run.ts";

test("two recorders and a live tap on one ring: each recorder stores every record, and a tap that sleeps stalls nobody", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "daq-two-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const ring = RingWriter.create(join(folder, "ring"), {
    sizeBytes: 2 ** 20,
    overflow: "block",
    runUid: "2".repeat(32),
  });
  ring.describeRun({
    uid: "2".repeat(32),
    startedAtNs: "0",
    experiment: { name: "two" },
    host: "here",
    software: { name: "test", version: "0" },
    devices: [],
  });
  const stream = ring.openStream({
    name: "counter",
    kind: "table",
    source: "test",
    clock: "system",
    rateHz: 1000,
    columns: [{ name: "n", dtype: "int64", shape: [], dims: [] }],
  });
  const record = (format: FormatName, name: string) =>
    new RecorderProcess({
      ringPath: ring.path,
      name,
      indexPath: join(folder, `${name}.run.json`),
      outputs: [
        {
          format,
          path: join(folder, `${name}.${format}`),
          streams: ["counter"],
          options: { compression: "none", durability: "process" },
        },
      ],
      flushIntervalMs: 50,
      durability: "process",
    });
  const recorders = [record("arrow", "first"), record("csv", "second")];
  await Promise.all(recorders.map((recorder) => recorder.ready));
  const tap = RingReader.attach(ring.path, { name: "asleep", durable: false });
  // It reads nothing while the run goes on: in a ring of 1 MiB it is overtaken at once.

  const total = 400_000; // 3.2 MB of values: three times the ring, so that `block` must wait for both recorders.
  const rows = 1000;
  const values = new BigInt64Array(rows);
  for (let first = 0; first < total; first += rows) {
    for (let row = 0; row < rows; row++) values[row] = BigInt(first + row);
    await stream.write({
      count: rows,
      timestampNs: BigInt(first) * 1_000_000n,
      columns: [new Uint8Array(values.buffer)],
    });
  }
  ring.close();
  const [first, second] = await Promise.all(recorders.map((recorder) => recorder.outcome));
  const account = (outcome: typeof first) => outcome!.index.outputs[0]!.ledger.accounts[0]!;
  assert.equal(account(first).stored, total);
  assert.equal(account(second).stored, total);
  assert.equal(problemIn(account(first), await readArrow(join(folder, "first.arrow"))), undefined);
  assert.equal(problemIn(account(second), await readCsv(join(folder, "second.csv"))), undefined);

  let read = 0;
  let lost = 0;
  for (let found = tap.next(); found !== undefined; found = tap.next()) {
    read += found.count;
    lost += found.lostBefore;
  }
  assert.equal(read + lost, total, "the tap knows exactly what it missed");
  assert.ok(lost > 0);
  tap.detach();
  ring.remove();
});
