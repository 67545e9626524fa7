import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Batch } from "../../model/batch.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { LocalStore } from "../../stores/local/local-store.ts";
import { targetIn, temporaryFolder } from "../../testing/format-contract/recording.ts";
import { SampleBatches } from "../../testing/format-contract/sample-batches.ts";
import { gauges, ledgerOf, sampleRun } from "../../testing/format-contract/sample-streams.ts";
import type { WriterState } from "../contract.ts";
import { zarrFormat } from "./format.ts";
import { ArrayReader } from "./hierarchy/array-reader.ts";
import { readNode } from "./hierarchy/read-node.ts";
import { ZarrWriter } from "./zarr-writer.ts";

const plain = { compression: "none", durability: "process" } as const;
const [height, width] = [512, 512];
const pixels = height * width;
const camera: StreamSchema = {
  name: "camera0",
  kind: "array",
  columns: [{ name: "frame", dtype: "uint16", shape: [height, width], dims: ["y", "x"] }],
  source: "test",
  clock: "system",
};

/** Bytes that no codec makes smaller. */
function frame(number: number): Batch {
  const values = new Uint16Array(pixels);
  let state = number + 1;
  for (let at = 0; at < pixels; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[at] = state >>> 16;
  }
  return {
    stream: camera,
    count: 1,
    timestampsNs: BigInt64Array.of(BigInt(number)),
    sequences: BigInt64Array.of(BigInt(number)),
    columns: [{ bytes: new Uint8Array(values.buffer) }],
  };
}

async function framesIn(path: string): Promise<number> {
  const store = new LocalStore(path);
  const node = await readNode(store, "frame");
  assert.ok(node?.kind === "array");
  const count = node.array.spec.shape[0]!;
  const reader = new ArrayReader(store, node.array);
  for (let number = 0; number < count; number++)
    assert.deepEqual(
      await reader.readRegion([number, 0, 0], [1, height, width]),
      new Uint16Array(frame(number).columns[0]!.bytes.buffer),
      `frame ${number}`,
    );
  return count;
}

test("what was made for a run is removed for that run only, and nothing that is anybody else's", async () => {
  await using folder = await temporaryFolder();
  const target = targetIn(folder.path, zarrFormat, [gauges], plain);
  const writer = await zarrFormat.create(target);
  await writer[Symbol.asyncDispose]();
  await zarrFormat.discard!(target.path, "another run");
  assert.ok(existsSync(target.path));
  await zarrFormat.discard!(target.path, sampleRun.uid);
  assert.equal(existsSync(target.path), false);
  await zarrFormat.discard!(target.path, sampleRun.uid);

  const theirs = join(folder.path, "theirs.zarr");
  await mkdir(theirs);
  await writeFile(join(theirs, "notes"), "somebody's only copy");
  await zarrFormat.discard!(theirs, sampleRun.uid);
  assert.deepEqual(await readdir(theirs), ["notes"]);
  const file = join(folder.path, "file.zarr");
  await writeFile(file, "somebody's only copy");
  await zarrFormat.discard!(file, sampleRun.uid);
  assert.ok(existsSync(file));
});

test("an unfinished folder says how many records its checkpoint has, and has no file of it left when it is closed", async () => {
  await using folder = await temporaryFolder();
  const target = targetIn(folder.path, zarrFormat, [gauges], plain);
  const writer = await zarrFormat.create(target);
  await writer.append(new SampleBatches(gauges).next(50));
  await writer.checkpoint();
  const { state, streams } = await zarrFormat.inspect(target.path);
  assert.deepEqual([state, streams[0]?.records], ["unfinished", 50]);
  await writer.close(ledgerOf([{ schema: gauges, stored: 50, ranges: [] }]));
  const names = await readdir(target.path, { recursive: true });
  assert.deepEqual(
    names.filter((name) => name.split("/").some((part) => part.startsWith("."))),
    [],
  );
});

test("a hierarchy of another program is described array by array, and recover leaves it alone", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "scan.zarr");
  const writer = await ZarrWriter.create(path);
  await writer.createArray({
    name: "images/raw",
    shape: [4, 2, 3],
    chunks: [1, 2, 3],
    dimensions: ["position", "y", "x"],
    dtype: "uint16",
    unit: "counts",
  });
  for (let position = 0; position < 4; position++)
    await writer.writeChunk("images/raw", [position, 0, 0], new Uint16Array(6));
  await writer.close();
  const { state, streams, notes, run } = await zarrFormat.inspect(path);
  assert.deepEqual([state, run, streams.length], ["complete", undefined, 1]);
  assert.equal(streams[0]?.records, 4);
  assert.deepEqual(streams[0]?.schema.columns, [
    { name: "images/raw", dtype: "uint16", shape: [2, 3], dims: ["y", "x"], unit: "counts" },
  ]);
  assert.match(notes.join(), /Not a recorded run/);
  const recovered = await zarrFormat.recover(path);
  assert.deepEqual([recovered.changed, recovered.isForeign], [false, true]);
});

test("memory that is overwritten while it is read is taken back, frame by frame, also at the edges of shards", async () => {
  await using folder = await temporaryFolder();
  const target = targetIn(folder.path, zarrFormat, [camera], { ...plain, zarr: { shardChunks: 4 } });
  const writer = await zarrFormat.create(target);
  for (let number = 0; number < 9; number++) {
    const torn = await writer.appendShared!(frame(number + 100), () => false);
    assert.equal(torn, false);
    assert.equal(await writer.appendShared!(frame(number), () => true), true);
    if (number % 3 === 0) await writer.checkpoint();
  }
  await writer.close(ledgerOf([{ schema: camera, stored: 9, ranges: [] }]));
  assert.equal(await framesIn(target.path), 9);
});

for (const shardChunks of [1, 64])
  test(`a disk that gets full in the middle of a chunk is a named error; what is whole reads, and the rest is there when there is room (${shardChunks} chunks a shard)`, async (context) => {
    const disk = await mkdtemp(join(tmpdir(), "daq-zarr-disk-"));
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${5 * 512 + 256 + 300}k`, "tmpfs", disk], {
        stdio: "ignore",
      });
    } catch {
      await rm(disk, { recursive: true });
      return context.skip("mounting a small tmpfs needs root");
    }
    context.after(async () => {
      execFileSync("umount", [disk]);
      await rm(disk, { recursive: true });
    });
    const target = targetIn(disk, zarrFormat, [camera], { ...plain, zarr: { shardChunks } });
    const writer = await zarrFormat.create(target);
    let state: WriterState | undefined;
    let stored = 0;
    const fill = async () => {
      for (; ; stored++) {
        await writer.append(frame(stored));
        state = await writer.checkpoint();
      }
    };
    await assert.rejects(fill(), (error: Error & { code: string }) => {
      assert.equal(error.code, "disk-full", String(error.stack));
      assert.ok(error.message.includes(target.path), error.message);
      return true;
    });
    assert.ok(stored >= 3 && stored <= 5, `${stored} frames`);
    await assert.rejects(writer.checkpoint(), { code: "disk-full" });
    await writer[Symbol.asyncDispose]();
    assert.equal(await framesIn(target.path), shardChunks === 1 ? stored : 0);

    // The recorder goes back to the last checkpoint and closes the folder there, on the full disk.
    const again = await zarrFormat.resume(target, JSON.parse(JSON.stringify(state)) as WriterState);
    await again.close(ledgerOf([{ schema: camera, stored, ranges: [] }]));
    assert.equal(await framesIn(target.path), stored);
    assert.equal((await zarrFormat.inspect(target.path)).state, "complete");
  });
