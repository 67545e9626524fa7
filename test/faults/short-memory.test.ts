import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { shellWord } from "../../src/model/shell-word.ts";

const daq = resolve(import.meta.dirname, "../../bin/daq.js");

// A little more or less address space is missing at another place each time.
const limits = [3_700_000, 3_900_000, 4_100_000, 4_300_000];

test("a recorder that cannot have its memory is an error that says so, and its name can be freed", (t) => {
  let told = 0;
  for (const limit of limits) {
    const folder = mkdtempSync(join(tmpdir(), "daq-memory-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const shell = (prefix: string, ...args: string[]) =>
      spawnSync(
        "sh",
        ["-c", `${prefix}; exec ${[process.execPath, daq, ...args].map(shellWord).join(" ")}`],
        {
          encoding: "utf8",
        },
      );
    const index = join(folder, "run.run.json");
    const output = join(folder, "run.h5");
    const { status, signal, stderr } = shell(`ulimit -v ${limit}`, "record", "-n", "3", "--output", output);
    // Where the thread that Node starts for itself is what finds no room, Node ends the process without a word.
    if (signal === "SIGABRT" && stderr === "") continue;
    told++;
    assert.equal(status, 1, stderr);
    assert.match(stderr, /The recorder cannot start|The system refused|into memory failed/);
    assert.match(stderr, /ulimit -v/);
    assert.doesNotMatch(stderr, /ring still holds|ring holds/);
    if (readdirSync(folder).length === 0) continue;
    const recovered = shell("true", "recover", join(folder, "run.journal.jsonl"));
    assert.equal(recovered.status, 0, recovered.stderr);
    assert.ok(stderr.includes(`daq recover ${index}`), stderr);
    assert.deepEqual(readdirSync(folder), []);
  }
  assert.ok(told >= limits.length - 1, `${told} of ${limits.length} said what they lack`);
});
