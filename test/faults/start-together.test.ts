import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { spawnDaq, temporaryFolder } from "../../src/cli/captured-terminal.test.ts";
import { readRunIndex } from "../../src/recorder/run-index.ts";

test("runs of one name that start at the same moment each take a number of their own", async (t) => {
  const cwd = temporaryFolder(t);
  const count = 5;
  const runs = Array.from({ length: count }, () =>
    spawnDaq(["record", "--frames", "20", "--ring-mb", "4", "--output", "data/x_v{version}.{ext}"], { cwd }),
  );
  for (const { code, error } of await Promise.all(runs.map(({ done }) => done))) assert.equal(code, 0, error);
  const indexes = readdirSync(join(cwd, "data")).filter((name) => name.endsWith(".run.json"));
  assert.deepEqual(
    indexes.sort(),
    Array.from({ length: count }, (_, index) => `x_v${index + 1}.run.json`),
  );
  const uids = await Promise.all(
    indexes.map(async (name) => {
      const { run, outputs } = await readRunIndex(join(cwd, "data", name));
      for (const { ledger } of outputs)
        for (const account of ledger.accounts) assert.deepEqual([account.stored, account.lost], [20, 0]);
      return run.info.uid;
    }),
  );
  assert.equal(new Set(uids).size, count);
  assert.ok(!readdirSync(join(cwd, "data")).some((name) => /journal|ballast/.test(name)));
});
