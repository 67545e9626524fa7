import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { openFileSink } from "../../bytes/file-sink.ts";
import type { Batch } from "../../model/batch.ts";
import { DaqError } from "../../model/errors.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { putText } from "../../model/text-values.ts";
import { quickFolder } from "../../testing/format-contract/recording.ts";
import { SampleBatches } from "../../testing/format-contract/sample-batches.ts";
import { gauges, ledgerOf, logbook, sampleRun } from "../../testing/format-contract/sample-streams.ts";
import { csvFormat } from "./format.ts";
import { readCsv } from "./read-batches.ts";
import { sidecarPath } from "./sidecar.ts";

const quote = 0x22;
const folders: string[] = [];
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(quickFolder(), "daq-csv-damage-"));
  folders.push(folder);
});
after(() => Promise.all(folders.map((path) => rm(path, { recursive: true }))));

/** A stream whose header has quotes too. */
const notes: StreamSchema = { ...logbook, columns: [...logbook.columns, gauges.columns[2]!] };

async function record(batch: Batch, ending: "closed" | "killed", compression: "none" | "gzip" = "none") {
  const options = { compression, durability: "process" } as const;
  const path = join(folder, `run${csvFormat.extension(options)}`);
  const run = { info: sampleRun, streams: [batch.stream] };
  const writer = await csvFormat.create({ path, run, options, openSink: openFileSink });
  await writer.append(batch);
  if (ending === "closed")
    await writer.close(ledgerOf([{ schema: batch.stream, stored: batch.count, ranges: [] }]));
  else await writer[Symbol.asyncDispose]();
  return path;
}

const isDamage = (error: unknown) =>
  error instanceof DaqError && error.code === "format" && /line \d+: it /.test(error.message);

for (const compression of ["none", "gzip"] as const)
  for (const ending of ["closed", "killed"] as const)
    test(`rows behind a quote that was lost are not cut off as torn, ${compression}, ${ending}`, async () => {
      const path = await record(new SampleBatches(notes).next(40), ending, compression);
      const bytes = await readFile(path);
      const whole = compression === "gzip" ? gunzipSync(bytes) : bytes;
      const sidecar = await readFile(sidecarPath(path));
      const lastRow = whole.lastIndexOf("\r\n1764");
      let tried = 0;
      for (let at = whole.indexOf(quote); at >= 0 && at < lastRow; at = whole.indexOf(quote, at + 1)) {
        const text = Buffer.from(whole);
        text[at] = 0x20;
        const damaged = compression === "gzip" ? gzipSync(text, { level: 1 }) : text;
        await writeFile(path, damaged);
        await assert.rejects(csvFormat.recover(path), isDamage, `quote at ${at}`);
        assert.deepEqual(await readFile(path), damaged);
        assert.deepEqual(await readFile(sidecarPath(path)), sidecar);
        const { state, notes: said } = await csvFormat.inspect(path);
        assert.equal(state, "unfinished");
        assert.doesNotMatch(said.join("\n"), /daq recover/);
        tried++;
      }
      assert.ok(tried > 100, `${tried} quotes`);
    });

/** One text in the first record, and none behind it. */
function rarelyNoted(count: number): Batch {
  const column = { ...logbook.columns[2]!, maxBytes: 20 };
  const bytes = new Uint8Array(count * 20);
  putText(bytes.subarray(0, 20), "lamp replaced");
  return {
    stream: { ...logbook, columns: [column] },
    count,
    timestampsNs: BigInt64Array.from({ length: count }, (_, i) => 1764000000000000000n + BigInt(i)),
    sequences: BigInt64Array.from({ length: count }, (_, i) => BigInt(i)),
    columns: [{ bytes, validity: Uint8Array.from({ length: count }, (_, i) => (i === 0 ? 1 : 0)) }],
  };
}

test("a quote that was lost is noticed by the length of the row, where no other quote follows", async () => {
  const path = await record(rarelyNoted(100), "killed");
  const text = (await readFile(path, "utf8")).replace('replaced"', "replaced ");
  await writeFile(path, text);
  await assert.rejects(csvFormat.recover(path), /line 2: it does not end within the \d+ bytes/);
  assert.equal(await readFile(path, "utf8"), text);
});

test("a header whose quote was lost does not cost the rows", async () => {
  const stream: StreamSchema = { ...gauges, columns: [{ ...gauges.columns[0]!, name: "power, mW" }] };
  const path = await record(new SampleBatches(stream).next(20), "killed");
  const text = (await readFile(path, "utf8")).replace('mW"', "mW ");
  await writeFile(path, text);
  await assert.rejects(csvFormat.recover(path), /line 1: it does not end within the 32 bytes/);
  assert.equal(await readFile(path, "utf8"), text);
});

test("a reader does not take the last rows of a closed file for torn in silence", async () => {
  const path = await record(rarelyNoted(100), "closed");
  await writeFile(path, (await readFile(path, "utf8")).replace('replaced"', "replaced "));
  const read = async () => {
    for await (const _ of readCsv(path, "logbook"));
  };
  await assert.rejects(read, /line 2: the rows end there, where the sidecar says that there are 100/);
});
