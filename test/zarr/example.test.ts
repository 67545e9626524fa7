import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { ArrayReader } from "../../src/formats/zarr/hierarchy/array-reader.ts";
import { readNode } from "../../src/formats/zarr/hierarchy/read-node.ts";
import { LocalStore } from "../../src/stores/local/local-store.ts";

const root = mkdtempSync(join(tmpdir(), "daq-zarr-example-"));
after(() => rmSync(root, { recursive: true, force: true }));

const example = resolve(import.meta.dirname, "../../examples/storage/zarr_nested_scan.ts");

test("the example writes a whole scan with its coordinates, in the version that was asked for", async () => {
  for (const [format, args] of [
    [3, []],
    [2, ["--zarr-format", "2"]],
  ] as const) {
    const path = join(root, `${format}.zarr`);
    execFileSync(process.execPath, ["--conditions=daq-source", example, path, ...args]);
    const store = new LocalStore(path);
    const node = await readNode(store, "camera_frames");
    assert.ok(node?.kind === "array");
    assert.equal(node.format, format);
    const { dimensions, shape, chunkShape, attributes = {} } = node.array.spec;
    assert.deepEqual(dimensions, ["wavelength", "position", "y", "x"]);
    assert.deepEqual(shape, [10, 5, 256, 256]);
    assert.deepEqual(chunkShape, [10, 1, 256, 256]);
    assert.equal(JSON.parse(String(attributes.daq_ledger)).missing, 0);
    const reader = new ArrayReader(store, node.array);
    // The spot, at the last wavelength, at the second position.
    const [brightest] = await reader.readRegion([9, 1, 128, 91], [1, 1, 1, 1]);
    const [dark] = await reader.readRegion([0, 1, 0, 255], [1, 1, 1, 1]);
    assert.ok(Number(brightest) > 3900 && dark === 100, `${brightest} ${dark}`);
  }
});
