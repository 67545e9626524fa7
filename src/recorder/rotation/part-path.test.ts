import assert from "node:assert/strict";
import { test } from "node:test";
import { partOfFile, partPath } from "./part-path.ts";

const csv = { extensions: [".csv", ".csv.gz"] };
const parquet = { extensions: [".parquet"] };

test("the number stands before the extension, whatever else has a dot", () => {
  assert.equal(partPath(parquet, "data/scan.v1.parquet", 1), "data/scan.v1_0001.parquet");
  assert.equal(partPath(csv, "scan.csv.gz", 12_345), "scan_12345.csv.gz");
});

test("a file of a part is known by its name, with what stands beside it, and no file of another output is", () => {
  const of = (file: string) => partOfFile(parquet, "data/scan.parquet", file);
  assert.equal(of("data/scan_0002.camera0.parquet"), 2);
  assert.equal(of("scan_0002.parquet.tail0"), 2);
  assert.equal(partOfFile(csv, "data/scan.csv", "scan_0010.csv-metadata.json"), 10);
  for (const file of [
    "scan_0002.csv",
    "other/scan_0002.parquet",
    "scan_02.parquet",
    "scan.parquet",
    "scan_v2_0001.parquet",
  ])
    assert.equal(of(file), undefined, file);
});
