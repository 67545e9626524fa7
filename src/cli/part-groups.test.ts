import assert from "node:assert/strict";
import { test } from "node:test";
import { partGroups } from "./part-groups.ts";

test("the parts of a stream are one pattern; a file on its own, also one that looks like a part, stays", () => {
  assert.deepEqual(
    partGroups([
      "data/scan_v1_0001.camera0.parquet",
      "data/scan_v1_0001.power0.parquet",
      "data/scan_v1_0002.camera0.parquet",
      "data/scan_v1_0002.power0.parquet",
      "data/lamp_2026.csv.gz",
      "odd[1]/scan_0001.arrow",
      "odd[1]/scan_0002.arrow",
    ]),
    [
      { path: "data/scan_v1_*.camera0.parquet", isPattern: true },
      { path: "data/scan_v1_*.power0.parquet", isPattern: true },
      { path: "data/lamp_2026.csv.gz", isPattern: false },
      { path: "odd[1]/scan_0001.arrow", isPattern: false },
      { path: "odd[1]/scan_0002.arrow", isPattern: false },
    ],
  );
});
