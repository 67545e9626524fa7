import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openFileSink } from "../../src/bytes/file-sink.ts";
import { hdf5Format } from "../../src/formats/hdf5/format.ts";
import { gauges, ledgerOf, sampleRun } from "../../src/testing/format-contract/sample-streams.ts";

const python = process.env.PYTHON ?? "python3";

const countAttributes = `
import h5py, json, sys
seen = {}
def look(name, item): seen[name] = [len(item.attrs), len(list(item.attrs))]
with h5py.File(sys.argv[1], "r") as f:
    look("/", f)
    f.visititems(look)
print(json.dumps(seen))
`;

type Counts = { readonly [path: string]: readonly [counted: number, listed: number] };

test("the library counts as many attributes as there are, and a repacked file keeps them", async (t) => {
  if (spawnSync(python, ["-c", "import h5py"]).status !== 0)
    return t.skip(`${python} with h5py is not here (PYTHON names another one)`);
  const folder = await mkdtemp(join(tmpdir(), "daq-hdf5-attributes-"));
  try {
    const path = join(folder, "run.h5");
    const writer = await hdf5Format.create({
      path,
      run: { info: sampleRun, streams: [gauges] },
      options: { compression: "gzip", durability: "process" },
      openSink: openFileSink,
    });
    await writer.close(ledgerOf([{ schema: gauges, stored: 0, ranges: [] }]));
    const countsOf = (file: string) =>
      JSON.parse(execFileSync(python, ["-c", countAttributes, file], { encoding: "utf8" })) as Counts;
    const counts = countsOf(path);
    for (const [name, [counted, listed]] of Object.entries(counts)) assert.equal(counted, listed, name);
    assert.ok(counts["/"]![0] > 5);
    const repacked = join(folder, "repacked.h5");
    if (spawnSync("h5repack", [path, repacked]).status === 0 && existsSync(repacked))
      assert.deepEqual(countsOf(repacked), counts);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
