import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { readJsonlDocuments } from "./read-jsonl-documents.ts";

/** Files that this process has open below a folder. */
function openBelow(folder: string): string[] {
  return readdirSync("/proc/self/fd").flatMap((number) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${number}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return [];
    }
  });
}

const isLinux = process.platform === "linux";

test("whoever wants only the first documents leaves no file open", {
  skip: isLinux ? false : "it is Linux that tells which files are open",
}, async (t) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "daq-jsonl-")));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "run.jsonl");
  writeFileSync(path, '{"name":"start","doc":{"uid":"r","time":1}}\n'.repeat(100_000));
  for await (const { name } of readJsonlDocuments(path)) {
    assert.equal(name, "start");
    assert.deepEqual(openBelow(folder), [path]);
    break;
  }
  for (let tries = 0; tries < 100 && openBelow(folder).length > 0; tries++) await setTimeout(10);
  assert.deepEqual(openBelow(folder), []);
});
