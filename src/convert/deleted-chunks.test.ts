import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openFileSink } from "../bytes/file-sink.ts";
import { loadFormat } from "../formats/registry.ts";
import type { Batch } from "../model/batch.ts";
import { DaqError } from "../model/errors.ts";
import { AccountBook, type Ledger } from "../model/ledger.ts";
import { temporaryFolder } from "../testing/format-contract/recording.ts";
import { SampleBatches } from "../testing/format-contract/sample-batches.ts";
import { gauges, sampleRun } from "../testing/format-contract/sample-streams.ts";
import { type StreamValues, valuesOf } from "../testing/format-contract/stream-values.ts";
import { convert } from "./convert.ts";

const rows = 200;

/** Two hundred records with a gap before the hundredth, and chunks of ten; those given are deleted before it is closed. */
async function recordedWithout(
  path: string,
  shardChunks: number,
  deleted: readonly string[],
): Promise<{ readonly ledger: Ledger; readonly batch: Batch }> {
  const format = await loadFormat("zarr");
  const options = {
    compression: "none",
    durability: "process",
    chunkRows: 10,
    zarr: { shardChunks },
  } as const;
  const run = { info: sampleRun, streams: [gauges] };
  const writer = await format.create({ path, run, options, openSink: openFileSink });
  const source = new SampleBatches(gauges);
  const whole = source.next(rows);
  const sequences = whole.sequences.map((number) => number + (number < 100n ? 0n : 5n));
  const batch = { ...whole, sequences };
  await writer.append(batch);
  await writer.checkpoint();
  const book = new AccountBook(gauges.name);
  book.store(rows);
  book.lose({ first: 100, count: 5, reason: "device", atNs: "1" });
  for (const name of deleted) await rm(join(path, name));
  for await (const { count, first, detail } of writer.finish!([book.account()])) {
    book.takeBack(count);
    book.lose({ first, count, reason: "writer-failed", atNs: "2", detail });
  }
  const ledger = { complete: true, accounts: [book.account()] };
  await writer.close(ledger);
  return { ledger, batch };
}

function converted(from: string, to: string): Promise<{ readonly ledger: Ledger }> {
  return convert({
    kind: "data",
    from,
    to,
    streams: [],
    software: { name: "test", version: "1" },
    onNotice: () => {},
    onProgress: () => {},
  });
}

async function valuesIn(name: "arrow" | "zarr", path: string): Promise<StreamValues> {
  const batches: Batch[] = [];
  for await (const batch of (await loadFormat(name)).read(path, gauges.name))
    batches.push(structuredClone(batch));
  return valuesOf(batches).get(gauges.name)!;
}

const [firstColumn, secondColumn] = gauges.columns.map(({ name }) => name);

for (const [kind, shardChunks, deleted] of [
  ["chunks", 1, [`${firstColumn}/c/0`, `${secondColumn}/c/12`, "sequence/c/19"]],
  ["shards", 4, [`${firstColumn}/c/1`, "timestamps/c/3"]],
] as const)
  test(`${kind} that were deleted while they were recorded: all else is converted, and they stay lost`, async () => {
    await using folder = await temporaryFolder();
    const from = join(folder.path, "in.zarr");
    const { ledger, batch } = await recordedWithout(from, shardChunks, deleted);
    const [account] = ledger.accounts;
    assert.ok(account!.lost > 25 && account!.stored + account!.lost === 205, JSON.stringify(account));
    const lost = new Set(
      account!.ranges.flatMap(({ first, count }) => [...Array(count).keys()].map((at) => first + at)),
    );
    const original = valuesOf([batch]).get(gauges.name)!;
    const kept = original.sequences.flatMap((number, row) => (lost.has(Number(number)) ? [] : [row]));
    const only = <Value>(values: readonly Value[]): Value[] => kept.map((row) => values[row]!);
    const expected: StreamValues = {
      ...original,
      timestampsNs: only(original.timestampsNs),
      sequences: only(original.sequences),
      columns: new Map([...original.columns].map(([name, values]) => [name, only(values)])),
    };
    assert.deepEqual(await valuesIn("zarr", from), expected);
    const out = join(folder.path, "out.arrow");
    assert.deepEqual((await converted(from, out)).ledger, ledger);
    assert.deepEqual(await valuesIn("arrow", out), expected);
    const format = await loadFormat("zarr");
    assert.deepEqual(await format.missingParts!(from), []);
    const { streams, notes } = await format.inspect(from);
    assert.deepEqual([streams[0]!.records, notes], [account!.stored, []]);

    // One more, of which the ledger knows nothing.
    const [later] = kind === "chunks" ? [`${firstColumn}/c/5`] : [`${firstColumn}/c/2`];
    await rm(join(from, later!));
    await assert.rejects(converted(from, join(folder.path, "again.arrow")), (error) => {
      assert.ok(error instanceof DaqError && error.code === "format", String(error));
      assert.match(error.message, /a part is not there, where its ledger has \d+ as deleted while/);
      return true;
    });
    assert.equal((await format.missingParts!(from)).length, 1);
  });

test("chunks and shards that are deleted after a run are named", async () => {
  await using folder = await temporaryFolder();
  const format = await loadFormat("zarr");
  for (const [shardChunks, objects, word] of [
    [1, 20, "chunks"],
    [4, 5, "shards"],
  ] as const) {
    const path = join(folder.path, `${word}.zarr`);
    await recordedWithout(path, shardChunks, []);
    assert.deepEqual(await format.missingParts!(path), []);
    await rm(join(path, `${firstColumn}/c/2`));
    assert.deepEqual(await format.missingParts!(path), [
      `${firstColumn}/c/2 is not there: one of the ${objects} ${word} of ${firstColumn}.`,
    ]);
    await rm(join(path, `${firstColumn}/c/4`));
    await rm(join(path, secondColumn!), { recursive: true });
    assert.deepEqual(await format.missingParts!(path), [
      `The array ${secondColumn} is missing.`,
      `2 of the ${objects} ${word} of ${firstColumn} are not there, ${firstColumn}/c/2 and further ones.`,
    ]);
  }
});
