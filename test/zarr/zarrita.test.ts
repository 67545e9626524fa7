import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import * as zarrita from "zarrita";
import { LocalStore } from "../../src/stores/local/local-store.ts";
import { writeSampleStore } from "./sample-store.ts";
import { asSeen, checkWithZarrita } from "./zarrita-store.ts";

const root = mkdtempSync(join(tmpdir(), "daq-zarrita-"));
after(() => rmSync(root, { recursive: true, force: true }));

for (const zarrFormat of [2, 3] as const)
  test(`zarrita reads every dtype with every codec of version ${zarrFormat}, and the fill value`, async () => {
    const path = join(root, `v${zarrFormat}.zarr`);
    const expected = await writeSampleStore(path, zarrFormat);
    assert.equal(expected.size, zarrFormat === 3 ? 140 : 70);
    await checkWithZarrita(new LocalStore(path), zarrFormat, expected);
  });

test("zarrita finds the nodes in what was consolidated", async () => {
  for (const zarrFormat of [2, 3] as const) {
    const path = join(root, `v${zarrFormat}.zarr`);
    const store = await zarrita.withConsolidatedMetadata(asSeen(new LocalStore(path)), {
      format: `v${zarrFormat}`,
    });
    const arrays = store.contents().filter(({ kind }) => kind === "array");
    assert.equal(arrays.length, zarrFormat === 3 ? 140 : 70);
  }
});
