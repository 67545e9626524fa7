import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ScanFolder } from "../faults/resumed-scan.ts";

/** Which Python has the readers: `PYTHON`, or the one on the PATH. */
const python = process.env.PYTHON ?? "python3";

type Scan = {
  readonly coordinates: readonly string[];
  readonly variables: {
    readonly [name: string]: { readonly dims: readonly string[]; readonly shape: readonly number[] };
  };
};

/** What stock readers see, and what depends on the moment left out. */
function seenIn({ path }: ScanFolder): { readonly [kind: string]: Scan } | undefined {
  const files = [
    ["hdf5-scan", join(path, "scan.h5")],
    ["zarr-scan", join(path, "scan.zarr")],
  ];
  try {
    const text = execFileSync(python, [join(import.meta.dirname, "plan_run.py"), ...files.flat()], {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    });
    const seen = JSON.parse(text) as { readonly [what: string]: Scan };
    return Object.fromEntries(
      Object.entries(seen).map(([what, { coordinates, variables }]) => [
        what.split(" ")[0]!,
        {
          coordinates,
          variables: Object.fromEntries(
            Object.entries(variables).filter(([name]) => !/(^|_)time(_ns)?$/.test(name)),
          ),
        },
      ]),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return undefined;
  }
}

describe("a grid scan that was killed and taken up again, for stock readers", () => {
  const [whole, resumed] = [new ScanFolder(["hdf5", "zarr"]), new ScanFolder(["hdf5", "zarr"])];

  before(async () => {
    const { code, error } = await whole.run();
    assert.equal(code, 0, error);
    await resumed.killAt(31, { withRecorder: true });
    const again = await resumed.resume();
    assert.equal(again.code, 0, again.error);
  });
  after(() => {
    whole.remove();
    resumed.remove();
  });

  for (const kind of ["hdf5-scan", "zarr-scan"])
    test(`${kind}: xarray sees the same arrays, coordinates and frames as of one that never was`, (t) => {
      const expected = seenIn(whole)?.[kind];
      if (expected === undefined) return t.skip(`${python} cannot read ${kind}; set PYTHON to one that can`);
      assert.deepEqual(seenIn(resumed)?.[kind], expected);
      assert.deepEqual(expected.variables.cam?.dims.slice(0, 2), ["laser", "stage"]);
      assert.deepEqual(expected.variables.meter?.shape, [6, 10]);
      assert.ok(expected.coordinates.includes("laser") && expected.coordinates.includes("stage"));
    });
});
