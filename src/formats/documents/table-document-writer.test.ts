import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { typedView } from "../../model/dtype.ts";
import { ArrowDocumentWriter } from "../arrow/document-writer.ts";
import { arrowFormat } from "../arrow/format.ts";
import { ParquetDocumentWriter } from "../parquet/document-writer.ts";
import { parquetFormat } from "../parquet/format.ts";

const run = "0123456789abcdef".repeat(2);
const time = 1_700_000_000;
const start = { name: "start", doc: { uid: run, time, plan_name: "count" } };
const stop = { name: "stop", doc: { uid: "s", run_start: run, time, exit_status: "success" } };
const number = { source: "sensor", dtype: "number", shape: [], units: "mW" };
const boolean = { source: "shutter", dtype: "boolean", shape: [] };

function described(data_keys: object) {
  return { name: "descriptor", doc: { uid: "d", run_start: run, time, name: "primary", data_keys } };
}

const descriptor = described({ power: number, open: boolean });

function event(seq_num: number, power: number | null, open: boolean | null = true) {
  const doc = {
    uid: `e${seq_num}`,
    descriptor: "d",
    seq_num,
    time,
    data: { power, open },
    timestamps: { power: time, open: time },
  };
  return { name: "event", doc };
}

for (const [format, Writer] of [
  [arrowFormat, ArrowDocumentWriter],
  [parquetFormat, ParquetDocumentWriter],
] as const) {
  const setUp = (t: { after(work: () => void): void }, rowsPerBatch = 10_000) => {
    const folder = mkdtempSync(join(tmpdir(), "daq-documents-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, `run${format.extensions[0]}`);
    return { path, writer: Writer.create(path, { rowsPerBatch }) };
  };
  const columnsOf = async (path: string) => {
    const power: unknown[] = [];
    const open: unknown[] = [];
    for await (const { stream, columns, count } of format.read(path, "primary"))
      for (const [name, into] of Object.entries({ power, open })) {
        const index = stream.columns.findIndex((column) => column.name === name);
        const { bytes, validity } = columns[index]!;
        const values = typedView(stream.columns[index]!.dtype, bytes);
        for (let row = 0; row < count; row++) into.push(validity?.[row] === 0 ? null : values[row]);
      }
    return { power, open };
  };

  test(`${format.name}: three batches of 10,000 events are 30,000 equal rows, with run and units`, async (t) => {
    const { path, writer } = setUp(t);
    await writer.consumeDocument(start);
    await writer.consumeDocument(descriptor);
    for (let row = 1; row <= 30_000; row++) await writer.consumeDocument(event(row, row / 8));
    await writer.consumeDocument(stop);
    const { power } = await columnsOf(path);
    assert.deepEqual(
      power,
      Array.from({ length: 30_000 }, (_, row) => (row + 1) / 8),
    );
    const { run: info, streams, ledger, state } = await format.inspect(path);
    assert.equal(state, "complete");
    assert.equal(info?.start?.plan_name, "count");
    assert.equal(streams[0]!.schema.columns.find(({ name }) => name === "power")?.unit, "mW");
    assert.equal(ledger?.accounts[0]?.stored, 30_000);
    assert.equal(ledger?.ending?.exitStatus, "success");
  });

  test(`${format.name}: null is missing, NaN is NaN, a switch is 0 or 1, a text is refused`, async (t) => {
    const { path, writer } = setUp(t);
    await writer.consumeDocument(start);
    const text = described({ note: { source: "x", dtype: "string", shape: [] } });
    await assert.rejects(
      async () => {
        const other = Writer.create(`${path}.x`);
        await other.consumeDocument(start);
        await other.consumeDocument(text);
      },
      { code: "device" },
    );
    await writer.consumeDocument(descriptor);
    await writer.consumeDocument(event(1, null, false));
    await writer.consumeDocument(event(2, Number.NaN, null));
    await writer.consumeDocument(stop);
    assert.deepEqual(await columnsOf(path), { power: [null, Number.NaN], open: [0, null] });
  });

  test(`${format.name}: documents out of order are refused`, async (t) => {
    const { writer } = setUp(t);
    await assert.rejects(writer.consumeDocument(descriptor), { code: "format" });
    await writer.consumeDocument(start);
    await assert.rejects(writer.consumeDocument(event(1, 1)), { code: "format" });
    await writer.consumeDocument(descriptor);
    await writer.consumeDocument(stop);
    await assert.rejects(writer.consumeDocument(event(1, 1)), { code: "format" });
  });

  test(`${format.name}: what was written without a stop document is readable after recovery`, async (t) => {
    const { path, writer } = setUp(t, 2);
    await writer.consumeDocument(start);
    await writer.consumeDocument(descriptor);
    for (let row = 1; row <= 5; row++) await writer.consumeDocument(event(row, row));
    await writer[Symbol.asyncDispose]();
    await format.recover(path);
    assert.deepEqual((await columnsOf(path)).power, [1, 2, 3, 4]);
  });
}
