import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { OpenSink } from "../../bytes/byte-sink.ts";
import { openFileSink } from "../../bytes/file-sink.ts";
import type { Batch } from "../../model/batch.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { LocalStore } from "../../stores/local/local-store.ts";
import { quickFolder, targetIn, temporaryFolder } from "../../testing/format-contract/recording.ts";
import { ledgerOf } from "../../testing/format-contract/sample-streams.ts";
import type { FormatOptions, FormatWriter, WriterState } from "../contract.ts";
import { zarrFormat } from "./format.ts";
import { ArrayReader } from "./hierarchy/array-reader.ts";
import { readNode } from "./hierarchy/read-node.ts";

const table: StreamSchema = {
  name: "table",
  kind: "table",
  columns: [
    { name: "n", dtype: "int64", shape: [], dims: [] },
    { name: "pair", dtype: "uint16", shape: [2], dims: ["side"], nullable: true },
  ],
  source: "test",
  clock: "system",
};
const frames: StreamSchema = {
  name: "frames",
  kind: "array",
  // From 64 KiB on a frame is a chunk of its own.
  columns: [{ name: "frame", dtype: "uint16", shape: [128, 256], dims: ["y", "x"] }],
  source: "test",
  clock: "system",
};
const streams = [table, frames];

/** Record number i holds the number i everywhere. */
function batchOf(stream: StreamSchema, first: number, count: number): Batch {
  const numbers = BigInt64Array.from({ length: count }, (_, index) => BigInt(first + index));
  const filled = (perRecord: number) =>
    new Uint8Array(
      Uint16Array.from({ length: count * perRecord }, (_, at) => first + Math.floor(at / perRecord)).buffer,
    );
  const columns =
    stream === table
      ? [
          { bytes: new Uint8Array(numbers.slice().buffer) },
          { bytes: filled(2), validity: new Uint8Array(count).fill(1) },
        ]
      : [{ bytes: filled(128 * 256) }];
  return { stream, count, timestampsNs: numbers, sequences: numbers, columns };
}

/**
 * The records of each stream in a folder; throws where a value is wrong. `isSettled`: all arrays of a stream have the same
 * number of records, which they have not while their metadata is rewritten.
 */
async function recordsIn(path: string, isSettled = true): Promise<number[]> {
  const store = new LocalStore(path);
  const found: number[] = [];
  for (const [group, names] of [
    ["table", ["timestamps", "sequence", "n", "pair", "pair_valid"]],
    ["frames", ["timestamps", "sequence", "frame"]],
  ] as const) {
    const counts = new Set<number>();
    for (const name of names) {
      const node = await readNode(store, `${group}/${name}`);
      assert.ok(node?.kind === "array");
      const { shape } = node.array.spec;
      const values = await new ArrayReader(store, node.array).readRegion(
        shape.map(() => 0),
        shape,
      );
      counts.add(shape[0]!);
      const perRecord = values.length / Math.max(1, shape[0]!);
      for (let at = 0; at < values.length; at += Math.max(1, perRecord / 2)) {
        const expected = name === "pair_valid" ? 1 : Math.floor(at / perRecord);
        if (Number(values[at]) !== expected)
          assert.fail(`${path} ${group}/${name}: record ${Math.floor(at / perRecord)} holds ${values[at]}`);
      }
    }
    if (isSettled) assert.equal(counts.size, 1, `${group} has arrays of ${[...counts].join(", ")} records`);
    found.push([...counts][0]!);
  }
  return found;
}

function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

class Died extends Error {}

/** Opens files until so many were opened; then the process is as good as dead. */
function mortalSink(lives: number): OpenSink {
  let opened = 0;
  return async (path, options) => {
    if (++opened > lives) throw new Died();
    return openFileSink(path, options);
  };
}

const plans: Readonly<Record<string, Omit<FormatOptions, "durability">>> = {
  "shards of 3 chunks of 5 records": { compression: "none", chunkRows: 5, zarr: { shardChunks: 3 } },
  "the same, compressed": {
    compression: "gzip",
    compressionLevel: 1,
    chunkRows: 5,
    zarr: { shardChunks: 3 },
  },
  "chunks of 4 records": { compression: "none", chunkRows: 4, zarr: { shardChunks: 1 } },
  "version 2": { compression: "zstd", chunkRows: 6, zarr: { zarrFormat: 2 } },
};

for (const [name, options] of Object.entries(plans))
  for (const seed of name === "version 2" ? [2] : [1])
    test(`with ${name}, crashes at any moment leave every record of the checkpoint exactly once (seed ${seed})`, async () => {
      await using folder = await temporaryFolder(quickFolder());
      const chosen = { ...options, durability: "process" } as const;
      const target = targetIn(folder.path, zarrFormat, streams, chosen);
      const below = random(seed);
      let writer: FormatWriter = await zarrFormat.create(target);
      type Saved = { readonly state: WriterState; readonly records: readonly number[] };
      const save = async (): Promise<Saved> => ({
        state: JSON.parse(JSON.stringify(await writer.checkpoint())) as WriterState,
        records: [...records],
      });
      let records = [0, 0];
      let saved = await save();
      for (let step = 0; step < 80; step++) {
        const action = below(10);
        const stream = below(2);
        if (action < 5) {
          const count = 1 + below(9);
          await writer.append(batchOf(streams[stream]!, records[stream]!, count));
          records[stream]! += count;
          continue;
        }
        if (action < 8) {
          const before = saved;
          saved = await save();
          // What a reader sees in between is less, and never wrong.
          const seen = await recordsIn(target.path);
          assert.ok(seen[0]! <= records[0]! && seen[1]! <= records[1]!);
          // Killed before the journal knew of this checkpoint.
          if (below(2) === 0) saved = before;
          else continue;
        }
        if (action === 8 && below(3) === 0) {
          await writer.checkpoint();
          saved = await save();
          await writer.close(
            ledgerOf(streams.map((schema, at) => ({ schema, stored: records[at]!, ranges: [] }))),
          );
          assert.deepEqual(await recordsIn(target.path), records);
        } else await writer[Symbol.asyncDispose]();
        // Dies again and again on its way back, each time a little later.
        for (let lives = below(3); ; lives += 1 + below(3)) {
          try {
            writer = await zarrFormat.resume({ ...target, openSink: mortalSink(lives) }, saved.state);
            await writer[Symbol.asyncDispose]();
            writer = await zarrFormat.resume(target, saved.state);
            break;
          } catch (error) {
            assert.ok(error instanceof Died, String((error as Error).stack));
            await recordsIn(target.path, false);
          }
        }
        records = [...saved.records];
      }
      saved = await save();
      await writer.append(batchOf(table, records[0]!, 7));
      await writer[Symbol.asyncDispose]();
      const copy = join(folder.path, "copy.zarr");
      await cp(target.path, copy, { recursive: true });
      const recovered = await zarrFormat.recover(copy);
      assert.deepEqual(await recordsIn(copy), saved.records);
      assert.deepEqual(
        [recovered.changed, recovered.records],
        [true, saved.records.reduce((sum, count) => sum + count, 0)],
      );
      const { ledger } = await zarrFormat.inspect(copy);
      assert.deepEqual(
        ledger?.accounts.map(({ stored, lost }) => [stored, lost]),
        saved.records.map((count) => [count, 0]),
      );
    });

test("a run that dies while it is closed is closed again, exactly, wherever it died", async () => {
  await using folder = await temporaryFolder(quickFolder());
  const options = { ...plans["shards of 3 chunks of 5 records"]!, durability: "process" } as const;
  const ledger = ledgerOf(streams.map((schema, at) => ({ schema, stored: [23, 8][at]!, ranges: [] })));
  let deaths = 0;
  for (let lives = 0; ; lives++) {
    const target = targetIn(folder.path, zarrFormat, streams, options);
    const path = join(folder.path, `run${lives}.zarr`);
    const first = await zarrFormat.create({ ...target, path });
    await first.append(batchOf(table, 0, 23));
    await first.append(batchOf(frames, 0, 8));
    const state = JSON.parse(JSON.stringify(await first.checkpoint())) as WriterState;
    await first[Symbol.asyncDispose]();
    try {
      const writer = await zarrFormat.resume({ ...target, path, openSink: mortalSink(lives) }, state);
      await writer.close(ledger).finally(() => writer[Symbol.asyncDispose]());
      assert.ok(deaths > 20, `${deaths} deaths`);
      break;
    } catch (error) {
      assert.ok(error instanceof Died, String((error as Error).stack));
      deaths++;
    }
    const isByJournal = lives % 2 === 0;
    if (isByJournal) {
      const again = await zarrFormat.resume({ ...target, path }, state);
      await again.close(ledger);
    } else await zarrFormat.recover(path);
    assert.deepEqual(await recordsIn(path), [23, 8], `${lives} files opened`);
    assert.equal((await zarrFormat.inspect(path)).state, "complete");
  }
});
