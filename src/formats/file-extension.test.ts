import assert from "node:assert/strict";
import { test } from "node:test";
import { extensionIn } from "./file-extension.ts";
import { formatOfPath } from "./registry.ts";

test("an extension is known in capitals, and stays as it was written", () => {
  assert.equal(extensionIn("a/RUN.H5", [".hdf5", ".h5"]), ".H5");
  assert.equal(extensionIn("a/run.Csv.GZ", [".csv", ".gz", ".csv.gz"]), ".Csv.GZ");
  assert.equal(extensionIn("a/run.txt", [".csv"]), undefined);
});

test("the format of a file is known by its extension, in capitals too", async () => {
  for (const [path, format] of [
    ["a.H5", "hdf5"],
    ["a.NXS", "hdf5"],
    ["a.ARROW", "arrow"],
    ["a.CSV", "csv"],
    ["a.CSV.GZ", "csv"],
  ])
    assert.equal((await formatOfPath(path!)).name, format);
});
