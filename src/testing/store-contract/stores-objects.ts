import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { RunningCrc32c } from "../../bytes/running-crc32c.ts";
import { DaqError } from "../../model/errors.ts";
import type { Checksum, Store } from "../../stores/contract.ts";
import { listedObjects } from "./listed-objects.ts";
import { sampleBytes } from "./sample-bytes.ts";

const oddKeys = [
  "plain",
  "deep/er/and/deeper",
  "with space",
  "plus+and&and=and@and:",
  "percent%20%",
  "hash#question?mark",
  "é and e\u0301",
  "日本/µm²/🔬",
  "quote'\"<tag>",
  "c/0/0/.hidden",
  "~tilde!(brackets)*,;$",
];

function hexOf(bytes: Uint8Array, algorithm: Checksum["algorithm"]): string {
  if (algorithm === "md5") return createHash("md5").update(bytes).digest("hex");
  const sum = new RunningCrc32c();
  sum.update(bytes);
  return sum.hex;
}

/** Puts, reads, ranges, overwrites, deletes, odd keys. */
export function storesObjects(open: () => Promise<Store>): void {
  test("gives back what was put, from one piece, from several, and nothing for what is not there", async () => {
    const store = await open();
    await store.put("a/one", [sampleBytes(10_000)]);
    await store.put("a/several", [sampleBytes(3), new Uint8Array(0), sampleBytes(70_000, 2)]);
    assert.deepEqual(Buffer.from((await store.get("a/one"))!), Buffer.from(sampleBytes(10_000)));
    assert.deepEqual(
      Buffer.from((await store.get("a/several"))!),
      Buffer.concat([sampleBytes(3), sampleBytes(70_000, 2)]),
    );
    assert.deepEqual(await store.stat("a/one"), { key: "a/one", bytes: 10_000 });
    for (const key of ["a/two", "a", "b", "a/one/more"]) {
      assert.equal(await store.get(key), undefined, key);
      assert.equal(await store.getRange(key, 0, 5), undefined, key);
      assert.equal(await store.getRange(key, -5, 2), undefined, key);
      assert.equal(await store.stat(key), undefined, key);
    }
    await store.close();
    await store.close();
  });

  test("puts bytes that several threads share", async () => {
    const store = await open();
    const shared = new Uint8Array(new SharedArrayBuffer(1000), 10, 500);
    shared.set(sampleBytes(500));
    await store.put("shared", [shared]);
    await store.put("twice", [shared, shared]);
    assert.deepEqual(Buffer.from((await store.get("shared"))!), Buffer.from(sampleBytes(500)));
    assert.equal((await store.stat("twice"))?.bytes, 1000);
    await store.close();
  });

  test("holds objects without a byte", async () => {
    const store = await open();
    await store.put("empty", []);
    assert.deepEqual(await store.stat("empty"), { key: "empty", bytes: 0 });
    assert.equal((await store.get("empty"))?.byteLength, 0);
    assert.equal((await store.getRange("empty", 0, 10))?.byteLength, 0);
    assert.equal((await store.getRange("empty", -10, 10))?.byteLength, 0);
    await store.close();
  });

  test("reads ranges, from the end too, and no further than the object goes", async () => {
    const store = await open();
    const bytes = sampleBytes(1000);
    await store.put("object", [bytes]);
    const expected: [number, number, Uint8Array][] = [
      [0, 10, bytes.subarray(0, 10)],
      [990, 10, bytes.subarray(990)],
      [990, 100, bytes.subarray(990)],
      [1000, 10, bytes.subarray(1000)],
      [5000, 10, bytes.subarray(1000)],
      [3, 0, bytes.subarray(3, 3)],
      [-10, 10, bytes.subarray(990)],
      [-10, 3, bytes.subarray(990, 993)],
      [-10, 50, bytes.subarray(990)],
      [-2000, 10, bytes.subarray(0, 10)],
      [-2000, 5000, bytes],
      [0, Number.MAX_SAFE_INTEGER, bytes],
    ];
    for (const [offset, length, part] of expected)
      assert.deepEqual(
        Buffer.from((await store.getRange("object", offset, length))!),
        Buffer.from(part),
        `${length} bytes from ${offset} on`,
      );
    await assert.rejects(store.getRange("object", 1.5, 10), DaqError);
    await assert.rejects(store.getRange("object", 0, -1), DaqError);
    await store.close();
  });

  test("overwrites with something longer and something shorter", async () => {
    const store = await open();
    for (const length of [100, 5000, 1]) {
      await store.put("object", [sampleBytes(length, length)]);
      assert.deepEqual(Buffer.from((await store.get("object"))!), Buffer.from(sampleBytes(length, length)));
    }
    await store.close();
  });

  test("an object that is overwritten all the time is whole whenever it is read", async () => {
    const store = await open();
    const states = [sampleBytes(300_000, 1), sampleBytes(200_000, 2)].map((bytes) => Buffer.from(bytes));
    await store.put("object", [states[0]!]);
    let isWriting = true;
    const writing = (async () => {
      for (let turn = 1; turn <= 12; turn++) await store.put("object", [states[turn % 2]!]);
      isWriting = false;
    })();
    while (isWriting) {
      const seen = Buffer.from((await store.get("object"))!);
      assert.ok(
        states.some((state) => state.equals(seen)),
        `${seen.byteLength} bytes of neither`,
      );
    }
    await writing;
    await store.close();
  });

  test("deletes, also what is not there", async () => {
    const store = await open();
    await store.put("a/object", [sampleBytes(5)]);
    await store.delete("a/object");
    assert.equal(await store.get("a/object"), undefined);
    await store.delete("a/object");
    await store.delete("never/was");
    await store.put("a/object", [sampleBytes(6)]);
    assert.equal((await store.stat("a/object"))?.bytes, 6);
    await store.close();
  });

  test("takes keys with spaces, signs and letters of any script", async () => {
    const store = await open();
    for (const [index, key] of oddKeys.entries()) await store.put(key, [sampleBytes(index + 1)]);
    for (const [index, key] of oddKeys.entries()) {
      assert.equal((await store.get(key))?.byteLength, index + 1, key);
      assert.equal((await store.getRange(key, -1, 1))?.[0], sampleBytes(index + 1).at(-1), key);
    }
    const listed = await listedObjects(store);
    assert.deepEqual(listed.map(({ key }) => key).sort(), [...oddKeys].sort());
    for (const key of oddKeys) await store.delete(key);
    assert.deepEqual(await listedObjects(store), []);
    await store.close();
  });

  test("refuses keys that leave the store or name nothing, and says which", async () => {
    const store = await open();
    for (const key of [
      "",
      "/a",
      "a/",
      "a//b",
      "..",
      "../a",
      "a/../b",
      "./a",
      "a\0b",
      "\ud800",
      "é".repeat(600),
    ]) {
      const isNamed = (error: unknown): boolean =>
        error instanceof DaqError && error.code === "path" && error.message.includes(store.url);
      await assert.rejects(store.put(key, [sampleBytes(1)]), isNamed, key);
      await assert.rejects(store.get(key), isNamed, key);
      await assert.rejects(store.delete(key), isNamed, key);
    }
    assert.deepEqual(await listedObjects(store), []);
    await store.close();
  });

  test("where it has a checksum, that is the one of the content", async () => {
    const store = await open();
    for (const length of [0, 9, 100_000]) {
      await store.put("object", [sampleBytes(length)]);
      const checksum = await store.checksum?.("object");
      if (checksum !== undefined)
        assert.equal(checksum.hex, hexOf(sampleBytes(length), checksum.algorithm), `${length} bytes`);
    }
    assert.equal(await store.checksum?.("never was"), undefined);
    await store.close();
  });
}
