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

test("a text may have Unicode's own line ends, and the last line none at all", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "daq-jsonl-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "run.jsonl");
  const note = "before\u2028between\u2029\u0085after";
  writeFileSync(
    path,
    `{"name":"start","doc":{"uid":"r","time":1,"note":"${note}"}}\r\n{"name":"stop","doc":{"uid":"s","time":2,"run_start":"r","exit_status":"success"}}`,
  );
  const seen = [];
  for await (const { name, doc } of readJsonlDocuments(path))
    seen.push([name, (doc as { note?: string }).note]);
  assert.deepEqual(seen, [
    ["start", note],
    ["stop", undefined],
  ]);
});
