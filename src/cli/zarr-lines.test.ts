import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pythonLines } from "./python-lines.ts";

const folder = mkdtempSync(join(tmpdir(), "daq-zarr-lines-"));
after(() => rmSync(folder, { recursive: true }));

function hierarchy(name: string, nodes: readonly (readonly [path: string, text: string])[]): string {
  const root = join(folder, name);
  for (const [path, text] of nodes) {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const group = JSON.stringify({ zarr_format: 3, node_type: "group" });
const array = JSON.stringify({ zarr_format: 3, node_type: "array" });

test("a run of several streams gets a line of Python for each, and none for its losses", () => {
  const path = hierarchy("two.Zarr", [
    ["zarr.json", group],
    ["camera0/zarr.json", group],
    ["losses/zarr.json", group],
    ["power 0/zarr.json", group],
  ]);
  const needs = "  # zarr-python 3; before it: zarr_format = 2";
  assert.deepEqual(pythonLines([path]), [
    "import xarray as xr",
    `camera0_zarr = xr.open_zarr("${path}", group="camera0")${needs}`,
    `power_0_zarr = xr.open_zarr("${path}", group="power 0")${needs}`,
  ]);
});

test("the only stream of a run is opened at the root; version 2 needs no newer reader", () => {
  const three = hierarchy("one.zarr", [
    ["zarr.json", group],
    ["power/zarr.json", array],
  ]);
  assert.match(pythonLines([three])[1]!, /^dataset = xr\.open_zarr\("[^"]*one\.zarr"\) {2}# zarr-python 3/);
  const two = hierarchy("old.zarr", [
    [".zgroup", "{}"],
    ["camera0/.zgroup", "{}"],
  ]);
  assert.deepEqual(pythonLines([two]).slice(1), [`camera0_zarr = xr.open_zarr("${two}", group="camera0")`]);
});

test("metadata that is damaged leaves the line for the root", () => {
  const path = hierarchy("bad.zarr", [["camera0/zarr.json", "{"]]);
  assert.deepEqual(pythonLines([path]).slice(1), [`dataset = xr.open_zarr("${path}")`]);
});
