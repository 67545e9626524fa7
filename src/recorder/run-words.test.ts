import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadFormat } from "../formats/registry.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import { defaultRingPath } from "../ring/ring-place.ts";
import { RingWriter } from "../ring/ring-writer.ts";
import { Recorder } from "./recorder.ts";
import { runWordsIn } from "./run-words.ts";

test("a stop document says how the run ended, a grid what the scan was, and anything else nothing", () => {
  const stop = { name: "stop", doc: { exit_status: "abort", reason: "tea" } };
  assert.deepEqual(runWordsIn(JSON.stringify(stop)), { ending: { exitStatus: "abort", reason: "tea" } });
  const grid = { axes: [{ name: "x", places: [1, 2] }], quantities: [], frames: [] };
  assert.deepEqual(runWordsIn(JSON.stringify({ name: "grid", doc: grid })), { grid });
  const short = { ...grid, quantities: [{ name: "power", dtype: "float64", values: [1] }] };
  for (const text of [
    "{",
    "null",
    "7",
    '{"name": "start"}',
    '{"name": "stop"}',
    '{"name": "stop", "doc": {"exit_status": 7}}',
    '{"name": "grid", "doc": {"axes": 7}}',
    '{"name": "grid", "doc": {"axes": [null], "quantities": [], "frames": []}}',
    JSON.stringify({ name: "grid", doc: short }),
  ])
    assert.deepEqual(runWordsIn(text), {}, text);
});

test("documents travel between the records of a ring, and the file says how the run ended", async () => {
  const folder = await mkdtemp(join(tmpdir(), "daq-words-"));
  const uid = "0123456789abcdef0123456789abcdef";
  const ring = RingWriter.create(defaultRingPath(uid), {
    sizeBytes: 2 ** 20,
    overflow: "block",
    runUid: uid,
  });
  try {
    const schema: StreamSchema = {
      name: "meter",
      kind: "table",
      source: "test",
      clock: "system",
      columns: [{ name: "power", dtype: "float64", shape: [], dims: [] }],
    };
    ring.describeRun({
      uid,
      startedAtNs: "1700000000000000000",
      experiment: { name: "words" },
      host: "here",
      software: { name: "daq-storage", version: "test" },
      devices: [],
    });
    const stream = ring.openStream(schema);
    const write = (value: number) =>
      stream.write({
        count: 1,
        timestampNs: BigInt(value),
        columns: [new Uint8Array(Float64Array.of(value).buffer)],
      });
    const path = join(folder, "run.arrow");
    const recorder = await Recorder.open({
      ringPath: ring.path,
      name: "recorder",
      indexPath: join(folder, "run.run.json"),
      outputs: [
        {
          format: "arrow",
          path,
          streams: ["meter"],
          options: { compression: "none", durability: "process" },
        },
      ],
      flushIntervalMs: 1000,
      durability: "process",
    });
    write(1);
    ring.writeDocument(Buffer.from('{"name": "descriptor", "doc": {}}'));
    write(2);
    ring.writeDocument(Buffer.from('{"name": "stop", "doc": {"exit_status": "success", "reason": ""}}'));
    ring.close();
    const { index } = await recorder.run();
    assert.equal(index.outputs[0]!.ledger.accounts[0]!.stored, 2);
    const { ledger } = await (await loadFormat("arrow")).inspect(path);
    assert.deepEqual(ledger!.ending, { exitStatus: "success", reason: "" });
  } finally {
    ring.remove();
    await rm(folder, { recursive: true, force: true });
  }
});
