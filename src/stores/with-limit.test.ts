import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { CloudStore } from "./cloud-store.ts";
import { withLimit } from "./with-limit.ts";

test("no more calls than allowed are under way, and each gets its turn in order, also after a failure", async () => {
  let underWay = 0;
  let most = 0;
  const order: string[] = [];
  const store = {
    get: async (key: string) => {
      most = Math.max(most, ++underWay);
      order.push(key);
      await setImmediate();
      underWay--;
      if (key === "3") throw new Error("no");
      return undefined;
    },
  } as Partial<CloudStore> as CloudStore;
  const limited = withLimit(store, 4);
  const keys = Array.from({ length: 20 }, (_, index) => String(index));
  const results = await Promise.allSettled(keys.map((key) => limited.get(key)));
  assert.equal(most, 4);
  assert.deepEqual(order, keys);
  assert.deepEqual(
    results.flatMap(({ status }, index) => (status === "rejected" ? [index] : [])),
    [3],
  );
});
