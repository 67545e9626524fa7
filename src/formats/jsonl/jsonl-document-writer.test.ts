import assert from "node:assert/strict";
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { composeRun } from "../../documents/compose-run.ts";
import type { NamedDocument } from "../../documents/document.ts";
import { DocumentOrder } from "../../documents/document-order.ts";
import { JsonlDocumentWriter } from "./jsonl-document-writer.ts";
import { readJsonlDocuments } from "./read-jsonl-documents.ts";

const atNs = 1_700_000_000_123_456_789n;

async function inFolder(use: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "daq-jsonl-"));
  try {
    await use(join(folder, "run.jsonl"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeRun(path: string, powers: readonly (number | null)[]): Promise<void> {
  const run = composeRun({ startedAtNs: atNs, metadata: { sample: "GaAs" } });
  const quantities = { power: { dtype: "float64", unit: "mW", source: "test" } } as const;
  const stream = run.composeDescriptor("primary", [{ id: "meter", quantities }], atNs);
  await using writer = await JsonlDocumentWriter.open(path);
  await writer.take("start", run.start);
  await writer.take("descriptor", stream.descriptor);
  for (const value of powers)
    await writer.take("event", stream.composeEvent({ power: { value, timestampNs: atNs + 1n } }, atNs + 2n));
  await writer.take("stop", run.composeStop("success", "", atNs + 3n));
}

test("what is read back is what was written, with exact times, and NaN told from a missing value", () =>
  inFolder(async (path) => {
    await writeRun(path, [0.1, Number.NaN, null, Number.NEGATIVE_INFINITY]);
    const documents: NamedDocument[] = [];
    const order = new DocumentOrder();
    for await (const document of readJsonlDocuments(path)) {
      order.accept(document.name, document.doc);
      documents.push(document);
    }
    assert.ok(order.complete);
    const events = documents.flatMap(({ name, doc }) => (name === "event" ? [doc] : []));
    assert.deepEqual(
      events.map(({ data }) => data.power),
      [0.1, "NaN", null, "-Infinity"],
    );
    assert.equal(events[0]!.data.power_time_ns, atNs + 1n);
    assert.equal((documents[0]!.doc as { time_ns?: bigint }).time_ns, atNs);
  }));

test("a file that exists is not written over", () =>
  inFolder(async (path) => {
    await writeRun(path, []);
    await assert.rejects(writeRun(path, []), { code: "path" });
  }));

test("a last line that a crash cut off is named, and what came before is read", () =>
  inFolder(async (path) => {
    await writeRun(path, [1]);
    await appendFile(path, '{"name": "event", "do');
    const names: string[] = [];
    await assert.rejects(
      async () => {
        for await (const { name } of readJsonlDocuments(path)) names.push(name);
      },
      { code: "format", message: /^Line 5 of .* is no JSON/ },
    );
    assert.deepEqual(names, ["start", "descriptor", "event", "stop"]);
  }));

test("numbers that Python writes and JSON does not have are read, also beside texts that look like them", () =>
  inFolder(async (path) => {
    await appendFile(
      path,
      '{"name": "start", "doc": {"uid": "r", "time": 1.5, "note": "NaN \\" -Infinity", "limits": [NaN, -Infinity, Infinity]}}\n',
    );
    for await (const { doc } of readJsonlDocuments(path))
      assert.deepEqual(doc, {
        uid: "r",
        time: 1.5,
        note: 'NaN " -Infinity',
        limits: ["NaN", "-Infinity", "Infinity"],
      });
  }));
