import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DocumentOrder } from "../../src/documents/index.ts";
import { jsonlFormat } from "../../src/formats/jsonl/format.ts";
import { readJsonlDocuments } from "../../src/formats/jsonl/index.ts";
import { parseJson } from "../../src/model/parse-json.ts";
import { appendAll, targetIn, temporaryFolder } from "../../src/testing/format-contract/recording.ts";
import { SampleBatches } from "../../src/testing/format-contract/sample-batches.ts";
import {
  everyType,
  gauges,
  ledgerOf,
  logbook,
  spectrum,
} from "../../src/testing/format-contract/sample-streams.ts";
import { validateWithSchemas, withoutSchemas } from "./event-model-schemas.ts";

const python = process.env.PYTHON ?? "python3";
const streams = [everyType, gauges, logbook, spectrum];
const options = { compression: "none", durability: "process" } as const;

async function written(folder: string) {
  const target = targetIn(folder, jsonlFormat, streams, options);
  const writer = await jsonlFormat.create(target);
  const values = await appendAll(
    writer,
    streams.map((stream) => new SampleBatches(stream).next(700)),
  );
  await writer.close(ledgerOf(streams.map((schema) => ({ schema, stored: 700, ranges: [] }))));
  return { path: target.path, values };
}

test("Python's json reads the values of every type back to the last bit", async () => {
  await using folder = await temporaryFolder();
  const { path, values } = await written(folder.path);
  const script = join(import.meta.dirname, "read_jsonl.py");
  const { status, stdout, stderr } = spawnSync(python, [script, path], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  assert.equal(status, 0, stderr);
  const found = parseJson(stdout) as Record<string, Record<string, string[]>>;
  for (const stream of streams) {
    const { timestampsNs, sequences, columns } = values.get(stream.name)!;
    assert.deepEqual(found[stream.name]!.timestamp, timestampsNs.map(String));
    assert.deepEqual(
      found[stream.name]!.seq_num,
      sequences.map((number) => String(number + 1n)),
    );
    for (const { name, dtype } of stream.columns) {
      const records = columns.get(name)!.map((value) =>
        [value]
          .flat()
          .map((item) => asText(dtype, item))
          .join(" "),
      );
      assert.deepEqual(found[stream.name]![name], records, name);
    }
  }
});

/** A float as the bits of its double, so that -0 and 0 are two. */
function asText(dtype: string, value: unknown): string {
  if (value === null) return "null";
  if (!dtype.startsWith("float")) return String(value);
  return Number.isNaN(value) ? "nan" : Buffer.from(Float64Array.of(value as number).buffer).toString("hex");
}

test("its documents are in order, and what the event model's schemas allow", {
  skip: withoutSchemas(),
}, async () => {
  await using folder = await temporaryFolder();
  const { path } = await written(folder.path);
  const order = new DocumentOrder();
  for await (const { name, doc } of readJsonlDocuments(path)) order.accept(name, doc);
  assert.ok(order.complete);
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  const { checked, problems } = validateWithSchemas(
    lines.map((line) => parseJson(line) as { name: string; doc: unknown }),
  );
  assert.deepEqual(problems, []);
  assert.equal(checked.start, 1);
  assert.equal(checked.descriptor, streams.length);
  assert.ok(checked.event_page! >= streams.length);
  assert.equal(checked.stop, 1);
});

const plain = { ...spectrum, columns: spectrum.columns.slice(0, 1) };
const hasPandas = spawnSync(python, ["-c", "import pandas"]).status === 0;

test("pandas opens it as a table of documents", {
  skip: hasPandas ? false : `${python} has no pandas; set PYTHON to one that has`,
}, async () => {
  await using folder = await temporaryFolder();
  // Its reader of JSON refuses the greatest integers that there are.
  const target = targetIn(folder.path, jsonlFormat, [plain], options);
  const writer = await jsonlFormat.create(target);
  await appendAll(writer, [new SampleBatches(plain).next(700)]);
  await writer.close(ledgerOf([{ schema: plain, stored: 700, ranges: [] }]));
  const program =
    "import pandas, sys; d = pandas.read_json(sys.argv[1], lines=True); p = d[d.name == 'event_page'].doc; " +
    "print(d.name.iloc[0], d.name.iloc[-1], sum(len(doc['seq_num']) for doc in p))";
  const { stdout, stderr } = spawnSync(python, ["-c", program, target.path], { encoding: "utf8" });
  assert.equal(stdout.trim(), "start stop 700", stderr);
});
