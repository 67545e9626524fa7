import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { sampleBytes } from "../testing/store-contract/sample-bytes.ts";
import type { CloudStore } from "./cloud-store.ts";
import { PartWriter } from "./part-writer.ts";

const partBytes = 8 << 20;

/** A cloud in memory that takes a moment for each part, and remembers what happened. */
function slowCloud({ partsAtOnce = true, failingPart = 0 } = {}) {
  const events: string[] = [];
  const parts = new Map<number, Buffer>();
  let underWay = 0;
  const seen = { most: 0 };
  const cloud = {
    url: "s3://b",
    partsAtOnce,
    put: async (_key: string, pieces: readonly Uint8Array[]) => {
      events.push(`put ${Buffer.concat(pieces).byteLength}`);
    },
    beginParts: async () => {
      events.push("begin");
      return {
        putPart: async (number: number, bytes: Uint8Array) => {
          seen.most = Math.max(seen.most, ++underWay);
          await sleep(5);
          underWay--;
          if (number === failingPart) throw new Error("the line is down");
          parts.set(number, Buffer.from(bytes));
        },
        complete: async () => {
          assert.equal(underWay, 0, "completed while parts were under way");
          events.push("complete");
        },
        abort: async () => {
          assert.equal(underWay, 0, "given up while parts were under way");
          events.push("abort");
        },
      };
    },
  } as Partial<CloudStore> as CloudStore;
  return { cloud, events, parts, seen };
}

const piece = sampleBytes(partBytes);

describe("an object in parts", () => {
  test("parts are of one size, and several, but not too many, are under way", async () => {
    const { cloud, events, parts, seen } = slowCloud();
    const writer = new PartWriter(cloud, "k", "token");
    for (let count = 0; count < 12; count++) await writer.write(piece.subarray(0, partBytes - 1));
    assert.equal((await writer.complete()).bytes, 12 * (partBytes - 1));
    const whole = Buffer.concat([...parts].sort(([left], [right]) => left - right).map(([, bytes]) => bytes));
    assert.ok(whole.equals(Buffer.concat(Array(12).fill(piece.subarray(0, partBytes - 1)))));
    assert.deepEqual(
      [...new Set([...parts.values()].map((bytes) => bytes.byteLength))],
      [partBytes, partBytes - 12],
    );
    assert.equal(seen.most, 4); // 32 MiB
    assert.deepEqual(events, ["begin", "complete"]);
  });

  test("a cloud that takes one part after the other gets them so, in order", async () => {
    const { cloud, parts, seen } = slowCloud({ partsAtOnce: false });
    const writer = new PartWriter(cloud, "k", "token");
    for (let count = 0; count < 3; count++) await writer.write(piece);
    await writer.complete();
    assert.equal(seen.most, 1);
    assert.deepEqual([...parts.keys()], [1, 2, 3]);
  });

  test("an object smaller than a part is put as one", async () => {
    const { cloud, events } = slowCloud();
    const writer = new PartWriter(cloud, "k", "token");
    await writer.write(piece.subarray(0, 1000));
    await writer.write(piece.subarray(0, 100_000));
    await writer.complete();
    assert.deepEqual(events, ["put 101000"]);
  });

  test("a part that was not stored fails the object, and giving up waits for the others", async () => {
    const { cloud, events } = slowCloud({ failingPart: 2 });
    const writer = new PartWriter(cloud, "k", "token");
    const writing = (async () => {
      for (let count = 0; count < 20; count++) await writer.write(piece);
    })();
    await assert.rejects(writing, /the line is down/);
    await assert.rejects(writer.complete(), /the line is down/);
    await writer.abort();
    await writer.abort();
    await setImmediate();
    assert.deepEqual(events, ["begin", "abort"]);
  });
});
