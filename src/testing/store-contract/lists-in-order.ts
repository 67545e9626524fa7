import assert from "node:assert/strict";
import { test } from "node:test";
import type { Store } from "../../stores/contract.ts";
import { compareKeys } from "../../stores/object-key.ts";
import { listedObjects } from "./listed-objects.ts";
import { sampleBytes } from "./sample-bytes.ts";

async function keysOf(store: Store, prefix: string): Promise<string[]> {
  const listed = await listedObjects(store, prefix);
  return listed.map(({ key }) => key);
}

/** Lists: prefixes, order, more objects than one answer holds. */
export function listsInOrder(open: () => Promise<Store>, manyObjects: number): void {
  test("lists what begins with a prefix, wherever that ends in a name", async () => {
    const store = await open();
    const keys = ["run", "run-2/a", "run/a", "run/a b", "run/b/c", "run0", "rum"].filter(
      (key) => key !== "run",
    );
    for (const key of keys) await store.put(key, [sampleBytes(key.length)]);
    assert.deepEqual(await keysOf(store, ""), keys.toSorted(compareKeys));
    assert.deepEqual(await keysOf(store, "run/"), ["run/a", "run/a b", "run/b/c"]);
    assert.deepEqual(await keysOf(store, "run"), ["run-2/a", "run/a", "run/a b", "run/b/c", "run0"]);
    assert.deepEqual(await keysOf(store, "run/a"), ["run/a", "run/a b"]);
    assert.deepEqual(await keysOf(store, "run/b/c"), ["run/b/c"]);
    assert.deepEqual(await keysOf(store, "run/b/c/"), []);
    assert.deepEqual(await keysOf(store, "nothing/"), []);
    for await (const object of store.list("")) assert.equal(object.bytes, object.key.length);
    await store.close();
  });

  test("lists more objects than one answer holds, each once and in the order of their keys", async () => {
    const store = await open();
    const keys = Array.from({ length: manyObjects }, (_, index) => `many/${index % 7}/${index}`);
    const rest = keys.values();
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (const key of rest) await store.put(key, [sampleBytes(1)]);
      }),
    );
    assert.deepEqual(await keysOf(store, "many/"), keys.toSorted(compareKeys));
    await store.close();
  });
}
