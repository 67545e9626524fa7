import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { plainNumberText } from "../../../test/kernels/plain-number-text.ts";
import { sharedPool } from "../../bytes/pool/worker-pool.ts";
import type { Batch } from "../../model/batch.ts";
import { type DType, numberDType } from "../../model/dtype.ts";
import { type Element, elementReader } from "../../model/element-reader.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { SampleBatches, scribbleOver } from "../../testing/format-contract/sample-batches.ts";
import { everyType, gauges, logbook, spectrum } from "../../testing/format-contract/sample-streams.ts";
import { elementCount } from "./fields.ts";
import { RowEncoder } from "./row-encoder.ts";
import type { EncodedText } from "./text-file.ts";

function plainText({ stream, count, timestampsNs, sequences, columns }: Batch): string {
  const typed = stream.columns.map((column, index) => ({
    dtype: column.dtype,
    elements: elementCount(column.shape),
    elementAt: elementReader(column, columns[index]!.bytes),
    validity: columns[index]!.validity,
  }));
  let text = "";
  for (let row = 0; row < count; row++) {
    text += `${timestampsNs[row]},${sequences[row]}`;
    for (const { dtype, elements, elementAt, validity } of typed)
      for (let index = row * elements; index < (row + 1) * elements; index++)
        text += validity?.[row] === 0 ? "," : `,${plainValueText(dtype, elementAt(index))}`;
    text += "\r\n";
  }
  return text;
}

function plainValueText(dtype: DType, value: Element): string {
  if (typeof value === "string") return `"${value.replaceAll('"', '""')}"`;
  return typeof value === "boolean" ? String(value) : plainNumberText(numberDType(dtype), value);
}

/** As a file takes them: a piece is valid until the next one is asked for. */
async function joined({ pieces }: EncodedText): Promise<{ readonly bytes: Buffer; readonly pieces: number }> {
  const kept: Buffer[] = [];
  for await (const piece of pieces) kept.push(Buffer.from(piece));
  return { bytes: Buffer.concat(kept), pieces: kept.length };
}

function wide(columns: number): StreamSchema {
  const names = Array.from({ length: columns }, (_, index) => `c${index}`);
  return {
    ...everyType,
    name: "wide",
    columns: names.map((name) => ({ name, dtype: "float64", shape: [], dims: [] })),
  };
}

for (const stream of [everyType, gauges, logbook, spectrum])
  test(`a batch of ${stream.name} has the same text whether this thread or the workers make it`, async () => {
    const encoder = new RowEncoder(stream, undefined);
    const source = new SampleBatches(stream);
    const pieces: number[] = [];
    for (const rows of [1, 2, 63, 1000, 2500, 60_000, 3, 7_777]) {
      const batch = source.next(rows);
      const expected = plainText(batch);
      const encoded = await joined(encoder.encode(batch));
      assert.ok(encoded.bytes.toString() === expected, `${rows} rows`);
      pieces.push(encoded.pieces);
    }
    assert.deepEqual(pieces.slice(0, 3), [1, 1, 1]);
    assert.ok(pieces[5]! > 2, "a large batch is split");
  });

test("a row that is larger than a slice is one of its own", async () => {
  const stream = wide(16_382);
  const batch = new SampleBatches(stream).next(5);
  const encoded = await joined(new RowEncoder(stream, undefined).encode(batch));
  assert.ok(encoded.bytes.toString("latin1") === plainText(batch));
});

test("with a gzip level, workers give members of whole lines, and small batches stay text", async () => {
  const encoder = new RowEncoder(everyType, 4);
  const source = new SampleBatches(everyType);
  assert.equal(encoder.encode(source.next(100)).form, "text");
  const batch = source.next(40_000);
  const text = encoder.encode(batch);
  assert.equal(text.form, "gzip-members");
  const members: string[] = [];
  for await (const piece of text.pieces) members.push(gunzipSync(piece).toString("latin1"));
  assert.ok(members.length > 2);
  for (const member of members) assert.ok(member.endsWith("\r\n"));
  assert.ok(members.join("") === plainText(batch));
});

test("streams that are encoded at the same time, in turns, do not disturb one another", async () => {
  const streams = [everyType, gauges, spectrum, wide(40)];
  await Promise.all(
    streams.flatMap((stream, index) =>
      [undefined, 1].map(async (level) => {
        const encoder = new RowEncoder(stream, level);
        const source = new SampleBatches(stream, index + 2);
        for (const rows of [500, 12_000, 10, 6_000]) {
          const batch = source.next(rows);
          const expected = plainText(batch);
          const text = encoder.encode(batch);
          const { bytes } = await joined(text);
          scribbleOver(batch);
          const plain = text.form === "text" ? bytes : gunzipSync(bytes);
          assert.ok(plain.toString("latin1") === expected, `${rows} rows of ${stream.name}`);
        }
      }),
    ),
  );
});

test("gives the workers' memory back when the text is not wanted to its end", async () => {
  const pool = await sharedPool();
  const encoder = new RowEncoder(everyType, undefined);
  const gzip = new RowEncoder(everyType, 1);
  const batch = new SampleBatches(everyType).next(30_000);
  // Many times what the pool has: this would wait for ever.
  for (let turn = 0; turn < 60; turn++)
    for (const { pieces } of [encoder.encode(batch), gzip.encode(batch)])
      for await (const piece of pieces) if (piece.length > 0) break;
  const half = await pool.take(40 << 20);
  pool.give(half);
  assert.equal((await joined(encoder.encode(batch))).bytes.toString("latin1"), plainText(batch));
});
