import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { spawnDaq } from "../../src/cli/captured-terminal.test.ts";
import { points, ScanFolder } from "../faults/resumed-scan.ts";

/** Which Python has the readers: `PYTHON`, or the one on the PATH. */
const python = process.env.PYTHON ?? "python3";

type Values = readonly (number | null)[] | readonly Values[];
type Arrays = {
  readonly [name: string]: {
    readonly dims: readonly string[];
    readonly shape: readonly number[];
    readonly dtype: string;
    readonly attributes: { readonly [name: string]: string };
    readonly sha256: string;
    readonly values?: Values;
  };
};

function read<Answer>(script: string, args: readonly string[]): { readonly [what: string]: Answer } {
  try {
    const options = { encoding: "utf8", maxBuffer: 2 ** 28 } as const;
    return JSON.parse(execFileSync(python, [join(import.meta.dirname, script), ...args], options));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return {};
  }
}

async function convert(from: string, to: string, expected: number): Promise<string> {
  const { code, error } = await spawnDaq(["convert", from, to]).done;
  assert.equal(code, expected, error);
  return to;
}

/** The numbers of an array of two dimensions, one after the other. */
function flat(arrays: Arrays, name: string): readonly (number | null)[] {
  return (arrays[name]!.values as readonly (readonly (number | null)[])[]).flat();
}

describe("a grid scan that is converted, for stock readers", () => {
  const whole = new ScanFolder(["hdf5"]);
  const killed = new ScanFolder(["hdf5"]);
  const at = ({ path }: ScanFolder, name: string) => join(path, name);
  let seen: { readonly [path: string]: Arrays } = {};

  before(async () => {
    const { code, error } = await whole.run();
    assert.equal(code, 0, error);
    const zarr = await convert(at(whole, "scan.h5"), at(whole, "over.zarr"), 0);
    const back = await convert(zarr, at(whole, "back.h5"), 0);
    await killed.killAt(31, { withRecorder: true });
    const recovered = await spawnDaq(["recover", killed.index]).done;
    assert.equal(recovered.code, 0, recovered.error);
    const mended = await convert(killed.index, at(killed, "mended.h5"), 0);
    const mendedZarr = await convert(killed.index, at(killed, "mended.zarr"), 0);
    seen = read<Arrays>("scan_arrays.py", [at(whole, "scan.h5"), zarr, back, mended, mendedZarr]);
  });
  after(() => {
    whole.remove();
    killed.remove();
  });

  test("HDF5 to Zarr to HDF5: h5py sees the arrays that the recorder wrote, frames included", (t) => {
    const expected = seen[at(whole, "scan.h5")];
    if (expected === undefined) return t.skip(`${python} has no h5py; set PYTHON to one that has`);
    assert.deepEqual(seen[at(whole, "back.h5")], expected);
    assert.deepEqual(
      [expected.cam!.dims.slice(0, 2), expected.cam!.shape],
      [
        ["laser", "stage"],
        [6, 10, 16, 24],
      ],
    );
    assert.equal(expected.meter!.attributes.units, "mW");
  });

  test("Zarr: TensorStore sees the same values, dimensions and units", (t) => {
    const [expected, zarr] = [seen[at(whole, "scan.h5")], seen[at(whole, "over.zarr")]];
    if (expected === undefined || zarr === undefined)
      return t.skip(`${python} has not both h5py and TensorStore; set PYTHON to one that has`);
    for (const [name, { dims, shape, dtype, attributes, sha256 }] of Object.entries(zarr)) {
      const { units } = attributes;
      const own: Arrays[string] = expected[name]!;
      assert.deepEqual(
        { name, dims, shape, dtype, units, sha256 },
        {
          name,
          dims: own.dims,
          shape: own.shape,
          dtype: own.dtype,
          units: own.attributes.units,
          sha256: own.sha256,
        },
      );
    }
    // HDF5 has scales for the dimensions of frames besides.
    assert.deepEqual(
      Object.keys(zarr).toSorted(),
      Object.keys(expected)
        .filter((name) => name !== "x" && name !== "y")
        .toSorted(),
    );
  });

  test("xarray sees the same coordinates before and after", (t) => {
    const files = ["scan.h5", "back.h5"].map((name) => at(whole, name));
    const answers = read(
      "plan_run.py",
      files.flatMap((path) => ["hdf5-scan", path]),
    );
    const [before, now] = files.map((path) => answers[`hdf5-scan ${path}`]);
    if (before === undefined)
      return t.skip(`${python} has no xarray with h5netcdf; set PYTHON to one that has`);
    assert.deepEqual(now, before);
  });

  test("one that was killed and recovered gets its arrays, without a value where it did not come", async (t) => {
    const [expected, mended] = [seen[at(whole, "scan.h5")], seen[at(killed, "mended.h5")]];
    if (expected === undefined || mended === undefined)
      return t.skip(`${python} has no h5py; set PYTHON to one that has`);
    const rows = (await killed.values())["hdf5 primary seq_num"]!.length;
    assert.ok(rows > 15 && rows < points, `${rows} rows`);
    const meter = flat(mended, "meter");
    assert.equal(meter.filter((value) => value !== null).length, rows);
    // It snakes: what is there is in the first lines of the grid.
    for (const [point, value] of meter.entries())
      if (value !== null) assert.equal(value, flat(expected, "meter")[point]);
    assert.deepEqual(mended.laser, expected.laser);
    assert.deepEqual(mended.stage, expected.stage);
    assert.deepEqual(mended.cam!.shape, expected.cam!.shape);
    const zarr = seen[at(killed, "mended.zarr")];
    if (zarr !== undefined)
      for (const name of ["meter", "cam", "cam_frame", "time"])
        assert.equal(zarr[name]!.sha256, mended[name]!.sha256, name);
  });

  test("the documents of the run stand beside the result", () => {
    assert.deepEqual(readFileSync(at(killed, "mended.documents.jsonl")), readFileSync(killed.documents));
  });
});
