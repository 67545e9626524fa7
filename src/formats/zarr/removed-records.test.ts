import assert from "node:assert/strict";
import { readdirSync, rmSync, truncateSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { Batch } from "../../model/batch.ts";
import { DaqError } from "../../model/errors.ts";
import { AccountBook, type Ledger } from "../../model/ledger.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { LocalStore } from "../../stores/local/local-store.ts";
import {
  checkpointState,
  quickFolder,
  targetIn,
  temporaryFolder,
} from "../../testing/format-contract/recording.ts";
import type { FormatOptions, FormatWriter } from "../contract.ts";
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
  columns: [{ name: "frame", dtype: "uint16", shape: [128, 256], dims: ["y", "x"] }],
  source: "test",
  clock: "system",
};
const streams = [table, frames];
const arrays = {
  table: ["timestamps", "sequence", "n", "pair", "pair_valid"],
  frames: ["timestamps", "sequence", "frame"],
};

/** Of ten records, three are lost: a row's number is not its sequence number. */
function sequenceOf(row: number): number {
  return row + 3 * Math.floor(row / 7) + 2;
}

function batchOf(stream: StreamSchema, first: number, count: number): Batch {
  const numbers = BigInt64Array.from({ length: count }, (_, row) => BigInt(sequenceOf(first + row)));
  const bytes = (perRecord: number) => new Uint8Array(count * perRecord).fill(1 + (first % 200));
  const columns =
    stream === table
      ? [{ bytes: bytes(8) }, { bytes: bytes(4), validity: new Uint8Array(count).fill(1) }]
      : [{ bytes: bytes(128 * 256 * 2) }];
  return { stream, count, timestampsNs: numbers, sequences: numbers, columns };
}

/** The account of so many rows, as the recorder keeps it. */
function bookOf(stream: string, rows: number): AccountBook {
  const book = new AccountBook(stream);
  let expected = 0;
  for (let row = 0; row < rows; row++) {
    const first = sequenceOf(row);
    book.lose({ first: expected, count: first - expected, reason: "device", atNs: "1" });
    book.store(1);
    expected = first + 1;
  }
  return book;
}

/** Every record that a reader misses a part of, by asking for each on its own. */
async function unreadable(path: string, stream: "table" | "frames"): Promise<number[]> {
  const store = new LocalStore(path);
  const missing = new Set<number>();
  for (const name of arrays[stream]) {
    const node = await readNode(store, `${stream}/${name}`);
    assert.ok(node?.kind === "array");
    const [rows = 0, ...rest] = node.array.spec.shape;
    for (let row = 0; row < rows; row++)
      await new ArrayReader(store, node.array)
        .readStored([row, ...rest.map(() => 0)], [1, ...rest])
        .catch((error: unknown) => {
          assert.ok(error instanceof DaqError, String(error));
          missing.add(sequenceOf(row));
        });
  }
  return [...missing].toSorted((a, b) => a - b);
}

/** Chunks and shards under their own names. */
function objectsIn(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith(".") && entry.name !== "zarr.json")
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((name) => !name.includes("/losses/"))
    .toSorted();
}

/** As the recorder closes an output. */
async function close(writer: FormatWriter, rows: Readonly<Record<string, number>>): Promise<Ledger> {
  const books = streams.map(({ name }) => bookOf(name, rows[name]!));
  for await (const { stream, ...range } of writer.finish!(books.map((book) => book.account()))) {
    const book = books.find((known) => known.stream === stream)!;
    book.takeBack(range.count);
    book.lose({ ...range, reason: "writer-failed", atNs: "2" });
  }
  const ledger = { complete: true, accounts: books.map((book) => book.account()) };
  await writer.close(ledger);
  return ledger;
}

function removedIn({ accounts }: Ledger, stream: string): number[] {
  const { ranges } = accounts.find((account) => account.stream === stream)!;
  return ranges
    .filter(({ reason }) => reason === "writer-failed")
    .flatMap(({ first, count }) => Array.from({ length: count }, (_, at) => first + at))
    .toSorted((a, b) => a - b);
}

function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const layouts: Readonly<Record<string, Omit<FormatOptions, "durability">>> = {
  "shards of 3 chunks of 5 records": { compression: "none", chunkRows: 5, zarr: { shardChunks: 3 } },
  "compressed shards": { compression: "zstd", chunkRows: 5, zarr: { shardChunks: 3 } },
  "chunks of 4 records": { compression: "none", chunkRows: 4, zarr: { shardChunks: 1 } },
  "version 2": { compression: "zstd", chunkRows: 6, zarr: { zarrFormat: 2 } },
};

for (const [name, options] of Object.entries(layouts))
  test(`with ${name}, chunks that somebody deletes while it is written are lost, those records and no others`, async () => {
    const below = random(name.length);
    let found = 0;
    for (let turn = 0; turn < 6; turn++) {
      await using folder = await temporaryFolder(quickFolder());
      const target = targetIn(folder.path, zarrFormat, streams, { ...options, durability: "process" });
      const rows = { table: 0, frames: 0 };
      let writer = await zarrFormat.create(target);
      for (let step = 0; step < 12; step++) {
        for (const stream of streams) {
          const count = 1 + below(9);
          await writer.append(batchOf(stream, rows[stream.name as "table"], count));
          rows[stream.name as "table"] += count;
        }
        const state = await checkpointState(writer);
        const objects = objectsIn(target.path);
        if (objects.length > 0 && step % 3 === 1) {
          const object = objects[below(objects.length)]!;
          // A file, or the folder that it is in; a shard may also be cut short.
          if (below(3) === 0) rmSync(dirname(object), { recursive: true });
          else if (options.zarr?.shardChunks === 3 && below(2) === 0) truncateSync(object, 5);
          else rmSync(object);
        }
        if (step === 7 && turn % 2 === 0) {
          await writer[Symbol.asyncDispose]();
          writer = await zarrFormat.resume(target, state);
        }
      }
      if (turn % 3 === 2) {
        await writer[Symbol.asyncDispose]();
        const recovered = await zarrFormat.recover(target.path);
        const { ledger } = await zarrFormat.inspect(target.path);
        const missing = [
          await unreadable(target.path, "table"),
          await unreadable(target.path, "frames"),
        ] as const;
        // Without the account, numbers of which the chunk itself is gone are those that follow the ones before.
        assert.deepEqual(
          streams.map((stream) => removedIn(ledger!, stream.name).length),
          missing.map(({ length }) => length),
        );
        for (const { produced, stored, lost } of ledger!.accounts) assert.equal(produced, stored + lost);
        assert.equal(
          recovered.records,
          rows.table + rows.frames - missing.reduce((sum, { length }) => sum + length, 0),
        );
        assert.equal(
          recovered.lost,
          ledger!.accounts.reduce((sum, { lost }) => sum + lost, 0),
        );
        found += missing[0].length + missing[1].length;
        continue;
      }
      const ledger = await close(writer, rows);
      for (const stream of ["table", "frames"] as const) {
        const missing = await unreadable(target.path, stream);
        assert.deepEqual(removedIn(ledger, stream), missing, `${stream}, turn ${turn}`);
        found += missing.length;
      }
      assert.deepEqual((await zarrFormat.inspect(target.path)).ledger, ledger);
    }
    assert.ok(found > 20, `${found} records`);
  });

test("a shard under way that somebody deletes costs its records only, also when the recorder dies after it", async () => {
  for (const dies of [false, true])
    for (const compression of ["none", "zstd"]) {
      await using folder = await temporaryFolder(quickFolder());
      const target = targetIn(folder.path, zarrFormat, [frames], {
        compression,
        zarr: { shardChunks: 4 },
        durability: "process",
      });
      let writer = await zarrFormat.create(target);
      await writer.append(batchOf(frames, 0, 6));
      let state = await checkpointState(writer);
      rmSync(join(target.path, "frame/.shard-1"));
      if (dies) {
        await writer[Symbol.asyncDispose]();
        writer = await zarrFormat.resume(target, state);
      }
      await writer.append(batchOf(frames, 6, 1));
      state = await checkpointState(writer);
      if (dies) {
        // The second time the checkpoint knows what is left of the shard.
        await writer[Symbol.asyncDispose]();
        writer = await zarrFormat.resume(target, state);
      }
      await writer.append(batchOf(frames, 7, 7));
      state = await checkpointState(writer);
      if (dies) {
        // The third time another shard is under way.
        await writer[Symbol.asyncDispose]();
        writer = await zarrFormat.resume(target, state);
      }
      const book = bookOf("frames", 14);
      const removed: number[] = [];
      for await (const { first, count } of writer.finish!([book.account()]))
        for (let number = first; number < first + count; number++) removed.push(number);
      await writer.close({ complete: true, accounts: [book.account()] });
      // Where the recorder lives on, all that it put into that file is gone; else what it put there after its death is not.
      assert.deepEqual(removed, (dies ? [4, 5] : [4, 5, 6, 7]).map(sequenceOf));
      const left = readdirSync(join(target.path, "frame"));
      assert.deepEqual(left.toSorted(), ["c", "zarr.json"]);
    }
});

test("metadata that somebody deletes while a run is written is there again at its end", async () => {
  await using folder = await temporaryFolder(quickFolder());
  const target = targetIn(folder.path, zarrFormat, streams, {
    ...layouts["chunks of 4 records"]!,
    durability: "process",
  });
  const writer = await zarrFormat.create(target);
  await writer.append(batchOf(table, 0, 9));
  await writer.append(batchOf(frames, 0, 2));
  await writer.checkpoint();
  for (const key of ["zarr.json", "table/zarr.json", "table/n/zarr.json", "frames/frame/zarr.json"])
    rmSync(join(target.path, key));
  const ledger = await close(writer, { table: 9, frames: 2 });
  assert.deepEqual(removedIn(ledger, "table"), []);
  assert.deepEqual(await unreadable(target.path, "table"), []);
  const { streams: found, state } = await zarrFormat.inspect(target.path);
  assert.deepEqual([state, ...found.map(({ records }) => records)], ["complete", 9, 2]);
});
