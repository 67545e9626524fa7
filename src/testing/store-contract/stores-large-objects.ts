import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { RunningCrc32c } from "../../bytes/running-crc32c.ts";
import { DaqError } from "../../model/errors.ts";
import type { Store } from "../../stores/contract.ts";
import { listedObjects } from "./listed-objects.ts";
import { sampleBytes } from "./sample-bytes.ts";

async function isListed(store: Store): Promise<boolean> {
  const listed = await listedObjects(store);
  return listed.length > 0;
}

/** Objects written in parts. */
export function storesLargeObjects(open: () => Promise<Store>): void {
  test("an object written in parts is not there until it is complete, then it is whole", async () => {
    const store = await open();
    const piece = sampleBytes(1_300_000);
    const writer = await store.beginMultipart("large/object");
    const expected = createHash("md5");
    const crc32c = new RunningCrc32c();
    let bytes = 0;
    // 18 MB: three parts of a cloud, the last one odd.
    for (let index = 0; index < 14; index++) {
      const borrowed = piece.slice(index);
      expected.update(borrowed);
      crc32c.update(borrowed);
      bytes += borrowed.byteLength;
      await writer.write(borrowed);
      borrowed.fill(0); // The writer's by now.
    }
    assert.equal(await store.stat("large/object"), undefined);
    assert.equal(await isListed(store), false);
    assert.deepEqual(await writer.complete(), { key: "large/object", bytes });
    assert.deepEqual(await store.stat("large/object"), { key: "large/object", bytes });
    const md5 = expected.digest("hex");
    const stored = (await store.get("large/object"))!;
    assert.equal(createHash("md5").update(stored).digest("hex"), md5);
    assert.deepEqual(
      Buffer.from((await store.getRange("large/object", (8 << 20) - 5, 10))!),
      Buffer.from(stored.subarray((8 << 20) - 5, (8 << 20) + 5)),
    );
    const checksum = await store.checksum?.("large/object");
    if (checksum !== undefined)
      assert.equal(checksum.hex, checksum.algorithm === "md5" ? md5 : crc32c.hex, checksum.algorithm);
    await writer.abort(); // Nothing to take back.
    assert.equal((await store.stat("large/object"))?.bytes, bytes);
    await assert.rejects(writer.write(piece), DaqError);
    await store.close();
  });

  test("an object written in parts may be small, or empty, and replaces an older one", async () => {
    const store = await open();
    for (const length of [3000, 0]) {
      const writer = await store.beginMultipart("object");
      if (length > 0) await writer.write(sampleBytes(length));
      assert.deepEqual(await writer.complete(), { key: "object", bytes: length });
      assert.equal((await store.get("object"))?.byteLength, length);
    }
    await store.close();
  });

  test("giving up leaves nothing, and what was there before", async () => {
    const store = await open();
    await store.put("before", [sampleBytes(7)]);
    for (const length of [0, 100, 9 << 20]) {
      const writer = await store.beginMultipart("before");
      await writer.write(sampleBytes(length));
      await writer.abort();
      await writer.abort();
      await assert.rejects(writer.complete(), DaqError);
      assert.equal((await store.stat("before"))?.bytes, 7, `${length} bytes`);
    }
    await store.delete("before");
    assert.equal(await isListed(store), false);
    await store.close();
  });

  test("several objects are written in parts at once", async () => {
    const store = await open();
    const lengths = [9 << 20, 5000, (8 << 20) + 1];
    await Promise.all(
      lengths.map(async (length, index) => {
        const writer = await store.beginMultipart(`object-${index}`);
        const bytes = sampleBytes(length, index + 1);
        for (let done = 0; done < length; done += 1 << 20)
          await writer.write(bytes.subarray(done, done + (1 << 20)));
        await writer.complete();
      }),
    );
    for (const [index, length] of lengths.entries())
      assert.ok(
        Buffer.from(sampleBytes(length, index + 1)).equals((await store.get(`object-${index}`))!),
        `object ${index}`,
      );
    await store.close();
  });
}
