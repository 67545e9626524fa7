import assert from "node:assert/strict";
import { after, test } from "node:test";
import { decodeBytes, type EncodeStep } from "../../../bytes/compress/codec.ts";
import { WorkerPool } from "../../../bytes/pool/worker-pool.ts";
import { ChunkOutput } from "./chunk-output.ts";

const pool = await WorkerPool.start({ workers: 2 });
after(() => pool.close());

const steps: readonly EncodeStep[] = [{ codec: "zstd", level: 1 }];

test("chunks are put encoded, a bounded number at a time, and may be used again when write resolves", async () => {
  const output = new ChunkOutput(pool, steps, { inFlight: 3 });
  const found = new Map<number, number>();
  let running = 0;
  let most = 0;
  const chunk = new Uint8Array(5000);
  for (let number = 0; number < 40; number++) {
    chunk.fill(number);
    await output.write(chunk, async (encoded) => {
      most = Math.max(most, ++running);
      assert.ok(encoded.byteLength < 100);
      await new Promise((resolve) => setTimeout(resolve, 2));
      found.set(number, decodeBytes(encoded, steps, 5000)[4999]!);
      running--;
    });
  }
  await output.settled();
  assert.equal(found.size, 40);
  for (const [number, value] of found) assert.equal(value, number);
  assert.ok(most > 1 && most <= 3, `${most} at a time`);
});

test("a chunk without a codec is put from the caller's memory when it is asked to", async () => {
  const chunk = new Uint8Array(10);
  await new ChunkOutput(pool, [], { direct: true }).write(chunk, async (bytes) => assert.equal(bytes, chunk));
  const copied = new ChunkOutput(pool, []);
  await copied.write(chunk, async (bytes) => assert.notEqual(bytes.buffer, chunk.buffer));
  await copied.settled();
});

test("a failed put rejects later writes and settled, also when many wait for room", async () => {
  for (const each of [steps, []]) {
    const output = new ChunkOutput(pool, each, { inFlight: 1 });
    const put = async (): Promise<void> => {
      throw new Error("no room");
    };
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => output.write(new Uint8Array(100), put)));
    assert.equal(outcomes[0]!.status, "fulfilled");
    assert.deepEqual(
      outcomes.slice(1).map(({ status }) => status),
      ["rejected", "rejected", "rejected"],
    );
    await assert.rejects(output.settled(), /no room/);
    await assert.rejects(output.write(new Uint8Array(1), put), /no room/);
  }
  // Everything that was taken from the pool was given back.
  const block = pool.tryTake(90 << 20);
  assert.ok(block);
  pool.give(block);
});
