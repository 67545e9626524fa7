import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DaqError } from "../model/errors.ts";
import { makeFolder } from "./planned-files.ts";

const isPathError = (error: unknown) => error instanceof DaqError && error.code === "path";

test("makes a folder with all that lead to it, and takes one that is there", async () => {
  const folder = await mkdtemp(join(tmpdir(), "daq-folders-"));
  try {
    await makeFolder(join(folder, "a/b/c"));
    await makeFolder(join(folder, "a/b/c"));
    assert.ok(existsSync(join(folder, "a/b/c")));
    await writeFile(join(folder, "file"), "");
    await assert.rejects(makeFolder(join(folder, "file")), isPathError);
    await assert.rejects(makeFolder(join(folder, "file/below")), isPathError);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("says no where the system makes no folders, instead of trying for ever", async (t) => {
  if (!existsSync("/proc/self")) return t.skip("there is no /proc here");
  await assert.rejects(makeFolder("/proc/nope/below"), isPathError);
});
