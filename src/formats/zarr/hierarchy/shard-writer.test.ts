import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { MultipartWrite } from "../../../stores/contract.ts";
import { LocalStore } from "../../../stores/local/local-store.ts";
import { ArrayReader } from "./array-reader.ts";
import { encodeShardIndex } from "./shard-index.ts";
import { type ShardState, ShardWriter } from "./shard-writer.ts";
import { ZarrArray } from "./zarr-array.ts";

const root = mkdtempSync(join(tmpdir(), "daq-shard-writer-"));
after(() => rmSync(root, { recursive: true, force: true }));

const array = new ZarrArray(3, {
  path: "a",
  dtype: "uint8",
  shape: [4, 8],
  chunkShape: [1, 4],
  shardShape: [4, 8],
  dimensions: ["t", "x"],
  compression: { codec: "none" },
});
const key = array.key([0, 0]);

function chunkOf(number: number): Uint8Array {
  return new Uint8Array(4).fill(number + 1);
}

async function readAll(store: LocalStore): Promise<readonly (number | undefined)[]> {
  const reader = new ArrayReader(store, array);
  const found: (number | undefined)[] = [];
  for (let t = 0; t < 4; t++) for (let x = 0; x < 2; x++) found.push((await reader.readChunk([t, x]))?.[0]);
  return found;
}

test("chunks come in any order, the newest of each counts, and those that did not come are missing", async () => {
  const store = new LocalStore(join(root, "order"));
  const shard = new ShardWriter(await store.beginMultipart(key), 8);
  await Promise.all([7, 0, 3].map((number) => shard.writeChunk(number, chunkOf(number))));
  await shard.writeChunk(3, new Uint8Array(4).fill(99));
  assert.equal(await store.get(key), undefined, "nothing is visible before it is complete");
  const object = await shard.complete();
  assert.equal(object.bytes, 4 * 4 + 8 * 16 + 4);
  assert.deepEqual(await readAll(store), [1, undefined, undefined, 99, undefined, undefined, undefined, 8]);
});

test("another process goes on from the state of an unfinished shard", async () => {
  // A target that keeps its bytes in a file of its own, as a recording does.
  const bytes: number[] = [];
  const target: MultipartWrite = {
    write: async (piece) => {
      bytes.push(...piece);
    },
    complete: async () => ({ key, bytes: bytes.length }),
    abort: async () => undefined,
  };
  const first = new ShardWriter(target, 8);
  await first.writeChunk(5, chunkOf(5));
  await first.writeChunk(1, chunkOf(1));
  const state = JSON.parse(JSON.stringify(first.state())) as ShardState;
  assert.deepEqual(state, {
    bytes: 8,
    places: [
      [5, 0, 4],
      [1, 4, 4],
    ],
  });
  await first.writeChunk(2, chunkOf(2)); // After the state: it is cut off.
  bytes.length = state.bytes;
  const second = new ShardWriter(target, 8, state);
  await second.writeChunk(0, chunkOf(0));
  await second.complete();
  const store = new LocalStore(join(root, "resumed"));
  await store.put(key, [Uint8Array.from(bytes)]);
  assert.deepEqual(await readAll(store), [1, 2, undefined, undefined, undefined, 6, undefined, undefined]);
});

test("after a failed write nothing more is written, and an abort leaves nothing", async () => {
  const folder = join(root, "failed");
  const store = new LocalStore(folder);
  const target = await store.beginMultipart(key);
  let writes = 0;
  const failing: MultipartWrite = {
    write: async (bytes) => {
      if (++writes === 2) throw new Error("the disk is gone");
      await target.write(bytes);
    },
    complete: () => target.complete(),
    abort: () => target.abort(),
  };
  const shard = new ShardWriter(failing, 8);
  await shard.writeChunk(0, chunkOf(0));
  await assert.rejects(shard.writeChunk(1, chunkOf(1)), /the disk is gone/);
  await assert.rejects(shard.writeChunk(2, chunkOf(2)), /the disk is gone/);
  await assert.rejects(shard.complete(), /the disk is gone/);
  assert.equal(writes, 2);
  await shard.abort();
  const left = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  assert.deepEqual(left, []);
});

test("a shard that was cut or changed is found out, with its place", async () => {
  const folder = join(root, "damaged");
  const store = new LocalStore(folder);
  const shard = new ShardWriter(await store.beginMultipart(key), 8);
  for (let number = 0; number < 8; number++) await shard.writeChunk(number, chunkOf(number));
  await shard.complete();
  const path = join(folder, key);
  const good = readFileSync(path);
  const changes: readonly Uint8Array[] = [
    good.subarray(0, good.byteLength - 1),
    good.subarray(0, 10),
    new Uint8Array(0),
    good.map((byte, at) => (at === 40 ? byte ^ 1 : byte)),
    // An index that is whole and points behind the end.
    Buffer.concat([good.subarray(0, 32), encodeShardIndex([[0, 1000, 4]], 8)]),
  ];
  for (const bytes of changes) {
    writeFileSync(path, bytes);
    await assert.rejects(new ArrayReader(store, array).readChunk([0, 0]), (error: Error) => {
      assert.match(error.message, /a\/c\/0\/0 is damaged, or not of its array/);
      return true;
    });
  }
});
