import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import type { OpenSink } from "../../bytes/byte-sink.ts";
import { openFileSink } from "../../bytes/file-sink.ts";
import { DaqError } from "../../model/errors.ts";
import { listedObjects } from "../../testing/store-contract/listed-objects.ts";
import { storeContract } from "../../testing/store-contract.ts";
import { LocalStore } from "./local-store.ts";
import { isLeftOver, temporaryName } from "./temporary-name.ts";

const folder = mkdtempSync(join(tmpdir(), "daq-local-store-"));
after(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
const freshFolder = (): string => join(folder, `store-${count++}`, "that does", "not exist");

storeContract({ name: "a folder", open: async () => new LocalStore(freshFolder()) });
storeContract({
  name: "a folder, flushed",
  open: async () => new LocalStore(freshFolder(), { durability: "power" }),
  manyObjects: 60,
});

function filesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
}

describe("a folder as a store", () => {
  test("a put that fails in the middle leaves the old object, and no file of its own", async () => {
    const openSink: OpenSink = async (path, options) => {
      const sink = await openFileSink(path, options);
      const writeAll = async (pieces: readonly Uint8Array[]): Promise<void> => {
        await sink.write(pieces[0]!.subarray(0, 5));
        throw new DaqError("disk-full", "The disk is full.");
      };
      return Object.assign(Object.create(sink) as typeof sink, {
        writeAll,
        close: () => sink.close(),
      });
    };
    const root = freshFolder();
    await new LocalStore(root).put("object", [Buffer.from("older")]);
    const failing = new LocalStore(root, { openSink });
    const isFull = (error: unknown): boolean => error instanceof DaqError && error.code === "disk-full";
    await assert.rejects(failing.put("object", [Buffer.from("newer one")]), isFull);
    await assert.rejects(failing.putIfAbsent("other", [Buffer.from("newer one")]), isFull);
    const writer = await failing.beginMultipart("third");
    await assert.rejects(writer.write(Buffer.from("newer one")), isFull);
    await writer.abort();
    assert.deepEqual(filesBelow(root), ["object"]);
    assert.equal(Buffer.from((await failing.get("object"))!).toString(), "older");
  });

  test("objects that are under way have no name that a list shows", async () => {
    const store = new LocalStore(freshFolder());
    const writer = await store.beginMultipart("a/object");
    await writer.write(Buffer.from("half"));
    assert.equal(filesBelow(store.url).length, 1);
    assert.deepEqual(await listedObjects(store), []);
    await writer.complete();
    assert.deepEqual(filesBelow(store.url), ["object"]);
  });

  test("makes its folders again when somebody removed them", async () => {
    const store = new LocalStore(freshFolder());
    await store.put("a/b/one", [Buffer.from("1")]);
    rmSync(store.url, { recursive: true });
    await store.put("a/b/two", [Buffer.from("2")]);
    assert.deepEqual(await listedObjects(store), [{ key: "a/b/two", bytes: 1 }]);
  });

  test("says that a name is an object, or holds others", async () => {
    const store = new LocalStore(freshFolder());
    await store.put("a/b", [Buffer.from("1")]);
    const says = (words: RegExp) => (error: unknown) =>
      error instanceof DaqError && words.test(error.message);
    await assert.rejects(store.put("a", [Buffer.from("2")]), says(/objects below that name/));
    await assert.rejects(store.putIfAbsent("a", [Buffer.from("2")]).then(assert.ok), says(/objects below/));
    await assert.rejects(
      store.put("a/b/c", [Buffer.from("2")]),
      says(/is an object itself|file is in the way/),
    );
    await store.delete("a"); // No object.
    assert.deepEqual(filesBelow(store.url), ["b"]);
  });

  test("refuses names that are too long for a folder, and those of unfinished objects", async () => {
    const store = new LocalStore(freshFolder());
    await assert.rejects(store.put(`a/${"é".repeat(128)}`, []), /more than 255 bytes/);
    await store.put(`a/${"é".repeat(127)}`, []);
    await assert.rejects(store.put(temporaryName(), []), /only unfinished objects have/);
  });

  test("removes what a killed writer left, and nothing of one that lives", async () => {
    const store = new LocalStore(freshFolder());
    await store.put("a/object", [Buffer.from("1")]);
    const writer = await store.beginMultipart("a/under way");
    const program = `
      import { LocalStore } from ${JSON.stringify(new URL("./local-store.ts", import.meta.url).href)};
      const writer = await new LocalStore(${JSON.stringify(store.url)}).beginMultipart("a/killed");
      await writer.write(Buffer.from("half"));
      process.kill(process.pid, "SIGKILL");`;
    const { signal } = spawnSync(process.execPath, ["--input-type=module", "-e", program]);
    assert.equal(signal, "SIGKILL");
    assert.equal(filesBelow(store.url).length, 3);
    assert.equal(await store.removeTemporaries(), 1);
    assert.equal(await store.removeTemporaries(), 0);
    await writer.complete();
    assert.deepEqual(filesBelow(store.url).sort(), ["object", "under way"]);
    assert.equal(await new LocalStore(freshFolder()).removeTemporaries(), 0);
  });

  test("another machine's unfinished object is left over after a day, or for whoever is alone", async () => {
    const store = new LocalStore(freshFolder());
    await store.put("object", [Buffer.from("1")]);
    const path = join(store.url, ".daq-000000-1-0123456789-0.tmp");
    writeFileSync(path, "half");
    assert.equal(await store.removeTemporaries(), 0);
    const dayAgo = Date.now() / 1000 - 25 * 3600;
    utimesSync(path, dayAgo, dayAgo);
    assert.equal(await store.removeTemporaries(), 1);
    writeFileSync(path, "half");
    assert.equal(await store.removeTemporaries({ everyones: true }), 1);
    assert.deepEqual(filesBelow(store.url), ["object"]);
  });

  test("this process's own unfinished objects are never left over", () => {
    assert.equal(isLeftOver(temporaryName(), 0, Date.now()), false);
    assert.equal(isLeftOver("object", 0, Date.now()), false);
  });
});

test("an object whose folder is renamed while it is written is put into a new one of that name", async () => {
  const root = freshFolder();
  const place = join(root, "array");
  let isRenamed = false;
  const openSink: OpenSink = async (path, options) => {
    const sink = await openFileSink(path, options);
    const close = sink.close.bind(sink);
    sink.close = async () => {
      await close();
      if (isRenamed) return;
      isRenamed = true;
      renameSync(place, join(root, "moved"));
    };
    return sink;
  };
  const store = new LocalStore(root, { openSink });
  await store.put("array/zarr.json", [Buffer.from("whole")]);
  assert.ok(isRenamed);
  assert.equal(Buffer.from((await store.get("array/zarr.json"))!).toString(), "whole");
  // Where no folder can be made either, the error is told.
  rmSync(root, { recursive: true });
  writeFileSync(root, "in the way");
  await assert.rejects(store.put("array/zarr.json", [Buffer.from("whole")]), { code: "path" });
});
