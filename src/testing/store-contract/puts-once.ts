import assert from "node:assert/strict";
import { test } from "node:test";
import type { Store } from "../../stores/contract.ts";
import { listedObjects } from "./listed-objects.ts";
import { sampleBytes } from "./sample-bytes.ts";

/** `putIfAbsent`, alone and against others. */
export function putsOnce(open: () => Promise<Store>): void {
  test("puts where nothing is, and leaves what is there", async () => {
    const store = await open();
    assert.equal(await store.putIfAbsent("a/object", [sampleBytes(10)]), true);
    assert.equal(await store.putIfAbsent("a/object", [sampleBytes(20)]), false);
    assert.equal((await store.stat("a/object"))?.bytes, 10);
    await store.delete("a/object");
    assert.equal(await store.putIfAbsent("a/object", [sampleBytes(30)]), true);
    assert.deepEqual(
      (await listedObjects(store)).map(({ key }) => key),
      ["a/object"],
    );
    await store.close();
  });

  test("of many who put at once exactly one gets true, and its object is there", async () => {
    const store = await open();
    for (const round of [1, 2, 3]) {
      const key = `object-${round}`;
      const won = await Promise.all(
        Array.from({ length: 12 }, (_, index) => store.putIfAbsent(key, [sampleBytes(1000 + index)])),
      );
      assert.equal(won.filter(Boolean).length, 1, `round ${round}: ${won}`);
      assert.equal((await store.stat(key))?.bytes, 1000 + won.indexOf(true));
    }
    await store.close();
  });
}
