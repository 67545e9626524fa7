import assert from "node:assert/strict";
import { mkdtempSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { FileWatch } from "./file-watch.ts";

function openFile(t: TestContext): { readonly path: string; readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), "daq-watch-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "a.arrow");
  openSync(path, "w");
  return { path, folder };
}

test("a file that was renamed is noticed once, with its new name, and is fine when it is back", async (t) => {
  const { path, folder } = openFile(t);
  const watch = await FileWatch.over([path]);
  assert.deepEqual(await watch.look({ atOnce: true }), []);
  const moved = join(folder, "b.arrow");
  renameSync(path, moved);
  assert.deepEqual(await watch.look({ atOnce: true }), [{ path, movedTo: moved }]);
  assert.deepEqual(await watch.look({ atOnce: true }), [], "it was said before");
  assert.equal(watch.missing.length, 1);
  renameSync(moved, path);
  await watch.look({ atOnce: true });
  assert.deepEqual(watch.missing, []);
});

test("a file that was deleted is noticed, also when another one has its name", async (t) => {
  const { path } = openFile(t);
  const watch = await FileWatch.over([path]);
  rmSync(path);
  assert.deepEqual(await watch.look({ atOnce: true }), [{ path }]);
  writeFileSync(path, "somebody else's");
  await watch.look({ atOnce: true });
  assert.deepEqual(watch.missing, [{ path }]);
});

test("looks once a second at most, unless it has to know", async (t) => {
  const { path } = openFile(t);
  let nowMs = 0;
  const watch = await FileWatch.over([path], () => nowMs);
  rmSync(path);
  nowMs = 900;
  assert.deepEqual(await watch.look(), []);
  nowMs = 1000;
  assert.deepEqual(await watch.look(), [{ path }]);
});
