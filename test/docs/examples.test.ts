import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "./markdown.ts";

test("the imaging example runs; a second time it says that its file is there, and leaves no ring", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "daq-imaging-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const program = join(root, "examples/storage/hdf5_imaging.ts");
  const run = () => {
    const ended = spawnSync(
      process.execPath,
      ["--conditions=daq-source", program, join(folder, "imaging.h5")],
      {
        cwd: root,
        encoding: "utf8",
      },
    );
    const rings = readdirSync("/dev/shm").filter((name) => name === `daq-imaging-${ended.pid}`);
    return { ...ended, rings };
  };
  const first = run();
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stdout, /camera: produced 25 = stored 25 \+ lost 0/);
  const second = run();
  assert.equal(second.status, 1);
  assert.match(second.stderr, /imaging\.h5 exists already/);
  assert.doesNotMatch(second.stderr, /\n\s+at /, "no stack trace");
  assert.deepEqual([...first.rings, ...second.rings], []);
});
