import assert from "node:assert/strict";
import { readFile, truncate, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { appendAll, targetIn, temporaryFolder } from "../../testing/format-contract/recording.ts";
import { SampleBatches } from "../../testing/format-contract/sample-batches.ts";
import { gauges, ledgerOf } from "../../testing/format-contract/sample-streams.ts";
import { formatOfPath } from "../registry.ts";
import { jsonlFormat } from "./format.ts";

async function written(folder: string): Promise<string> {
  const target = targetIn(folder, jsonlFormat, [gauges], { compression: "none", durability: "process" });
  const writer = await jsonlFormat.create(target);
  const source = new SampleBatches(gauges);
  await appendAll(writer, [source.next(5)]);
  source.skip(3);
  await appendAll(writer, [source.next(4), source.next(2)]);
  await writer.close(ledgerOf([{ schema: gauges, stored: 11, ranges: [] }]));
  return target.path;
}

test("a file without its stop document gets one, and each hole in the numbers is lost in it", async () => {
  await using folder = await temporaryFolder();
  const path = await written(folder.path);
  const lines = (await readFile(path, "utf8")).split("\n");
  await truncate(path, Buffer.byteLength(lines.slice(0, 5).join("\n")) + 10);
  assert.equal((await jsonlFormat.inspect(path)).state, "unfinished");
  assert.deepEqual(await jsonlFormat.recover(path), { path, changed: true, records: 11, cutBytes: 9 });
  const { state, ledger } = await jsonlFormat.inspect(path);
  assert.equal(state, "complete");
  assert.equal(ledger?.complete, false);
  const [account] = ledger!.accounts;
  assert.deepEqual([account?.produced, account?.stored, account?.lost], [14, 11, 3]);
  assert.deepEqual([account?.ranges[0]?.first, account?.ranges[0]?.count], [5, 3]);
});

test("touches nothing when the damage is not at the end, and names the line", async () => {
  await using folder = await temporaryFolder();
  const path = await written(folder.path);
  const lines = (await readFile(path, "utf8")).split("\n");
  for (const damage of ["\0\0\0", lines[3]!.slice(0, -20), lines[2]!]) {
    const text = [...lines.slice(0, 3), damage, ...lines.slice(4)].join("\n");
    await writeFile(path, text);
    await assert.rejects(jsonlFormat.recover(path), { code: "format", message: /line 4/ });
    assert.equal(await readFile(path, "utf8"), text);
  }
});

test("a value that its descriptor does not allow is named, and none is invented", async () => {
  await using folder = await temporaryFolder();
  const path = await written(folder.path);
  const text = await readFile(path, "utf8");
  for (const [wrong, whole] of [
    ['"a text"', "power"],
    ["1.5", "AI0"],
    ["70000", "AI0"],
  ] as const) {
    await writeFile(path, text.replace(new RegExp(`("data":.*?"${whole}":\\[[^,]*,)[^,]*`), `$1${wrong}`));
    await assert.rejects(
      async () => {
        for await (const _ of jsonlFormat.read(path, gauges.name));
      },
      { code: "format", message: /line 3: a value is not what its descriptor says/ },
    );
  }
});

test("journals and files of documents are never taken for data", async () => {
  assert.equal((await formatOfPath("run.jsonl")).name, "jsonl");
  for (const path of ["run.journal.jsonl", "run.upload.jsonl", "RUN.documents.JSONL"]) {
    await assert.rejects(formatOfPath(path), { code: "format" });
    assert.throws(() => jsonlFormat.plan(path, [gauges]), { code: "path" });
  }
});
