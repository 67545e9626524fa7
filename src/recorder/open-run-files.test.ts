import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { OpenSink } from "../bytes/byte-sink.ts";
import { openFileSink } from "../bytes/file-sink.ts";
import { DaqError } from "../model/errors.ts";
import { RingReader } from "../ring/ring-reader.ts";
import { RingWriter } from "../ring/ring-writer.ts";
import { openRunFiles } from "./open-run-files.ts";
import type { RecorderOptions } from "./recorder-options.ts";

/** A ring with one stream, read by nobody else, and an empty folder to record it into. */
function runIn(t: TestContext, uid: string) {
  const folder = mkdtempSync(join(tmpdir(), "daq-open-"));
  const data = join(folder, "data");
  const ring = RingWriter.create(join(folder, "ring"), { sizeBytes: 2 ** 20, runUid: uid });
  ring.describeRun({
    uid,
    startedAtNs: "1",
    experiment: { name: "open" },
    host: "here",
    software: { name: "test", version: "0" },
    devices: [],
  });
  ring.openStream({
    name: "counter",
    kind: "table",
    source: "test",
    clock: "system",
    columns: [{ name: "n", dtype: "int64", shape: [], dims: [] }],
  });
  const reader = RingReader.attach(ring.path, { name: "recorder", durable: true });
  t.after(() => {
    reader.detach();
    ring.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  const options: RecorderOptions = {
    ringPath: ring.path,
    name: "recorder",
    indexPath: join(data, "run.run.json"),
    outputs: (["arrow", "csv"] as const).map((format) => ({
      format,
      path: join(data, `run.${format}`),
      streams: ["counter"],
      options: { compression: "none", durability: "process" },
    })),
    flushIntervalMs: 100,
    durability: "process",
  };
  return { data, reader, options };
}

test("when one of several files cannot be made, nothing is left of the others, and it can be tried again", async (t) => {
  const { data, reader, options } = runIn(t, "1".repeat(32));
  const failing: OpenSink = async (path, ...more) => {
    if (path.endsWith(".csv")) throw new DaqError("io", "The disk does not answer.");
    return openFileSink(path, ...more);
  };
  await assert.rejects(openRunFiles(options, reader, { openSink: failing }), { message: /does not answer/ });
  assert.deepEqual(readdirSync(data), []);
  const { files, resumed } = await openRunFiles(options, reader, {});
  assert.equal(resumed, false);
  assert.ok(readdirSync(data).includes("run.csv"));
  await files.abandon();
});

test("goes on where the journal of this run ends, and refuses that of another run and leaves it as it was", async (t) => {
  const { data, reader, options } = runIn(t, "2".repeat(32));
  const first = await openRunFiles(options, reader, {});
  await first.files.checkpoint({ cursor: reader.cursor, nextSequences: [0], ending: undefined });
  await first.files.abandon();
  const before = new Map(readdirSync(data).map((name) => [name, readFileSync(join(data, name))]));
  const other = runIn(t, "3".repeat(32));
  await assert.rejects(openRunFiles({ ...other.options, indexPath: options.indexPath }, other.reader, {}), {
    code: "path",
    message: /belongs to another run/,
  });
  assert.deepEqual(new Map(readdirSync(data).map((name) => [name, readFileSync(join(data, name))])), before);
  const second = await openRunFiles(options, reader, {});
  assert.equal(second.resumed, true, "the refusal has let go of the journal's lock");
  await second.files.abandon();
});

test("files that are there already are refused before anything is made", async (t) => {
  const { data, reader, options } = runIn(t, "4".repeat(32));
  const there = await openRunFiles(options, reader, {});
  await there.files.abandon();
  for (const name of readdirSync(data)) if (name !== "run.csv") rmSync(join(data, name));
  writeFileSync(join(data, "run.csv"), "of somebody else");
  await assert.rejects(openRunFiles(options, reader, {}), { code: "path", message: /exists already/ });
  assert.deepEqual(readdirSync(data), ["run.csv"]);
  assert.equal(readFileSync(join(data, "run.csv"), "utf8"), "of somebody else");
});
