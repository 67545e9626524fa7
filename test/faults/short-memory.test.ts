import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { shellWord } from "../../src/model/shell-word.ts";

const daq = resolve(import.meta.dirname, "../../bin/daq.js");

test("a recorder that cannot have its memory is an error that says so, and its name can be freed", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "daq-memory-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const shell = (limit: string, ...args: string[]) =>
    spawnSync("sh", ["-c", `${limit}; exec ${[process.execPath, daq, ...args].map(shellWord).join(" ")}`], {
      encoding: "utf8",
    });
  const index = join(folder, "run.run.json");
  const { status, stderr } = shell(
    "ulimit -v 4000000",
    "record",
    "-n",
    "3",
    "--output",
    join(folder, "run.h5"),
  );
  assert.equal(status, 1, stderr);
  assert.match(stderr, /The recorder cannot start|The system refused/);
  assert.match(stderr, /ulimit -v/);
  assert.doesNotMatch(stderr, /ring still holds|ring holds/);
  if (readdirSync(folder).length === 0) return;
  const recovered = shell("true", "recover", join(folder, "run.journal.jsonl"));
  assert.equal(recovered.status, 0, recovered.stderr);
  assert.ok(stderr.includes(`daq recover ${index}`), stderr);
  assert.deepEqual(readdirSync(folder), []);
});
