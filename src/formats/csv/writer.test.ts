import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { openFileSink } from "../../bytes/file-sink.ts";
import { DaqError } from "../../model/errors.ts";
import { SampleBatches } from "../../testing/format-contract/sample-batches.ts";
import {
  everyType,
  gauges,
  ledgerOf,
  logbook,
  sampleRun,
} from "../../testing/format-contract/sample-streams.ts";
import { SmallDisk } from "../../testing/format-contract/small-disk.ts";
import type { FormatOptions } from "../contract.ts";
import { csvFormat } from "./format.ts";
import { sidecarPath } from "./sidecar.ts";

const folders: string[] = [];
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "daq-csv-writer-"));
  folders.push(folder);
});
after(() => Promise.all(folders.map((path) => rm(path, { recursive: true }))));

function target(file: string, options: FormatOptions, streams = [gauges], openSink = openFileSink) {
  return { path: join(folder, file), run: { info: sampleRun, streams }, options, openSink };
}

const plain = { compression: "none", durability: "process" } as const;

test("gzip with level 0 is plain text under a plain name", async () => {
  const options = { compression: "gzip", compressionLevel: 0, durability: "process" } as const;
  assert.equal(csvFormat.extension(options), ".csv");
  const writer = await csvFormat.create(target("run.csv", options));
  await writer[Symbol.asyncDispose]();
  assert.match(await readFile(join(folder, "run.csv"), "utf8"), /^timestamp,sequence,power,/);
});

test("refuses a name that would make readers take the file for what it is not", async () => {
  for (const [file, options] of [
    ["run.csv.gz", plain],
    ["run.csv", { ...plain, compression: "gzip" }],
  ] as const)
    await assert.rejects(csvFormat.create(target(file, options)), (error) => {
      assert.ok(error instanceof DaqError && error.code === "path");
      assert.match(error.hint!, /\.csv/);
      return true;
    });
  assert.deepEqual(await readdir(folder), []);
});

test("close can be tried again when there is room for the sidecar", async () => {
  const disk = new SmallDisk(openFileSink);
  const writer = await csvFormat.create(target("run.csv", plain, [everyType, gauges], disk.openSink));
  for (const stream of [everyType, gauges]) await writer.append(new SampleBatches(stream).next(20));
  const ledger = ledgerOf([everyType, gauges].map((schema) => ({ schema, stored: 20, ranges: [] })));
  disk.capacityBytes = 100;
  await assert.rejects(
    writer.close(ledger),
    (error) => error instanceof DaqError && error.code === "disk-full",
  );
  for (const { path, streams } of writer.files)
    if (streams.length > 0) assert.equal((await csvFormat.inspect(path)).state, "unfinished");
  disk.capacityBytes = Number.POSITIVE_INFINITY;
  await writer.close(ledger);
  for (const { path, streams } of writer.files)
    if (streams.length > 0) assert.equal((await csvFormat.inspect(path)).state, "complete");
});

test("the sidecar is CSVW: it describes every field of the header, with unit, type and range", async () => {
  const path = join(folder, "run.csv");
  const writer = await csvFormat.create(target("run.csv", plain));
  await writer.close(ledgerOf([{ schema: gauges, stored: 0, ranges: [] }]));
  const sidecar = JSON.parse(await readFile(sidecarPath(path), "utf8"));
  assert.equal(sidecar["@context"][0], "http://www.w3.org/ns/csvw");
  assert.equal(sidecar.url, "run.csv");
  assert.equal(sidecar["dc:created"], "2025-11-24T16:00:00.123456789Z");
  const [timestamp, , power, temperature] = sidecar.tableSchema.columns;
  assert.deepEqual([timestamp.datatype, timestamp["schema:unitText"]], ["long", "ns"]);
  assert.deepEqual([power.titles, power.datatype, power.required], ["power", "double", false]);
  assert.deepEqual([temperature["schema:minValue"], temperature["schema:maxValue"]], [-40, 125.5]);
  for (const { name } of sidecar.tableSchema.columns) assert.match(name, /^[A-Za-z0-9%][A-Za-z0-9_%]*$/);
});

test("the sidecar leaves an empty text a text where none can be missing", async () => {
  const path = join(folder, "run.csv");
  const run = { info: sampleRun, streams: [logbook] };
  const writer = await csvFormat.create({ ...target("run.csv", plain), run });
  await writer.close(ledgerOf([{ schema: logbook, stored: 0, ranges: [] }]));
  const { columns } = JSON.parse(await readFile(sidecarPath(path), "utf8")).tableSchema;
  const [shutter, interlock, comment, mode] = columns.slice(2);
  const facts = [shutter, interlock, comment, mode].map((c) => [c.datatype, c.required, c.null]);
  assert.deepEqual(facts, [
    ["boolean", true, ""],
    ["boolean", false, ""],
    ["string", false, ""],
    ["string", true, []],
  ]);
});

test("takes a state only from a checkpoint of its own", async () => {
  const writer = await csvFormat.create(target("run.csv", plain));
  await writer[Symbol.asyncDispose]();
  const daqError = (error: unknown) => error instanceof DaqError && error.code === "format";
  const files = [{ stream: gauges.name, bytes: 20, records: 0 }];
  await assert.rejects(csvFormat.resume(target("run.csv", plain), { version: 2, files }), daqError);
  await assert.rejects(csvFormat.resume(target("run.csv", plain), { version: 1, files: [] }), daqError);
  await assert.rejects(
    csvFormat.resume(target("run.csv", plain), { version: 1, files: [{ ...files[0], bytes: -1 }] }),
    daqError,
  );
  await assert.rejects(
    csvFormat.resume(target("run.csv", plain), { version: 1, files: [{ ...files[0], bytes: 1e6 }] }),
    daqError,
  );
});
