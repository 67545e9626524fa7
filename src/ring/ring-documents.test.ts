import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultRingPath } from "./ring-place.ts";
import { RingReader } from "./ring-reader.ts";
import { RingWriter } from "./ring-writer.ts";

const schema = {
  name: "meter",
  kind: "table",
  source: "test",
  clock: "system",
  columns: [{ name: "power", dtype: "float64", shape: [], dims: [] }],
} as const;
const value = (number: number) => ({
  count: 1,
  timestampNs: BigInt(number),
  columns: [new Uint8Array(Float64Array.of(number).buffer)],
});

function prepared(sizeBytes: number) {
  const uid = crypto.randomUUID().replaceAll("-", "");
  const path = `${defaultRingPath(uid)}-documents`;
  return RingWriter.create(path, { sizeBytes, overflow: "block", blockTimeoutMs: 200, runUid: uid });
}

test("documents come at their place among the records, also before any stream, and use up no numbers", () => {
  const ring = prepared(2 ** 16);
  try {
    ring.writeDocument(Buffer.from('{"name": "start"}'));
    const stream = ring.openStream(schema);
    stream.write(value(1));
    ring.writeDocument(Buffer.from('{"name": "stop", "doc": "✓"}'));
    stream.write(value(2));
    const reader = RingReader.attach(ring.path, { name: "test", durable: false });
    const seen: (string | number)[] = [];
    for (let record = reader.next(); record !== undefined; record = reader.next())
      seen.push(
        record.kind === "document" ? new TextDecoder().decode(record.payload.slice()) : record.firstSequence,
      );
    assert.deepEqual(seen, ['{"name": "start"}', 0, '{"name": "stop", "doc": "✓"}', 1]);
    assert.equal(reader.producedOf(0), 2);
    reader.detach();
  } finally {
    ring.remove();
  }
});

test("a document waits for a full ring like a record, and says when that takes too long", async () => {
  const ring = prepared(2 ** 16);
  try {
    const reader = RingReader.attach(ring.path, { name: "recorder", durable: true });
    const text = new Uint8Array(40_000).fill(32);
    ring.writeDocument(text);
    await assert.rejects(async () => ring.writeDocument(text), { code: "ring-full" });
    const waiting = ring.writeDocument(text);
    reader.next();
    reader.store(reader.cursor);
    await waiting;
    reader.close();
  } finally {
    ring.remove();
  }
});
