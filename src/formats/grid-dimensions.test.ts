import assert from "node:assert/strict";
import { test } from "node:test";
import type { Grid } from "../model/grid.ts";
import { FrameDimensions } from "./grid-dimensions.ts";

const grid: Grid = {
  axes: [
    { name: "y", places: [0, 1] },
    { name: "z", places: [0, 1] },
  ],
  quantities: [{ name: "x", dtype: "float64", values: [0, 0, 0, 0] }],
  frames: [{ stream: "cam", numbers: [0, 1, 2, 3] }],
};

test("a dimension of frames keeps its name unless an axis or an array of the scan has it", () => {
  const names = new FrameDimensions(grid);
  assert.deepEqual(
    ["y", "x", "colour"].map((dimension) => names.nameOf("cam", dimension, 3)),
    ["cam_y", "cam_x", "colour"],
  );
});

test("cameras share a dimension of one length, and not one of another", () => {
  const names = new FrameDimensions({ ...grid, axes: [{ name: "z", places: [0, 1] }], quantities: [] });
  assert.equal(names.nameOf("cam", "y", 48), "y");
  assert.equal(names.nameOf("side", "y", 48), "y");
  assert.equal(names.nameOf("top", "y", 20), "top_y");
  assert.equal(names.nameOf("top", "y", 10), "top_y_2");
});
