import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { type ArrayOptions, type ZarrFormat, ZarrWriter } from "../../src/formats/zarr/index.ts";
import { type ExpectedArray, sha256, writeSampleStore } from "../zarr/sample-store.ts";
import {
  python,
  readZarrWithPython,
  type SeenArray,
  type SeenStore,
  withoutZarrReader,
  zarrReaders,
} from "./zarr-readers.ts";

const root = mkdtempSync(join(tmpdir(), "daq-zarr-interop-"));
after(() => rmSync(root, { recursive: true, force: true }));

/** zarr-python 2 knows version 2; tensorstore knows both. */
const isOldZarr = zarrReaders.zarr?.startsWith("2.") === true;

describe("every dtype with every codec", { skip: Object.keys(zarrReaders).length === 0 }, () => {
  const expected = new Map<ZarrFormat, ReadonlyMap<string, ExpectedArray>>();
  let seen: { readonly [path: string]: SeenStore };
  const pathOf = (format: ZarrFormat): string => join(root, `samples-${format}.zarr`);

  before(async () => {
    for (const format of [2, 3] as const)
      expected.set(format, await writeSampleStore(pathOf(format), format));
    seen = readZarrWithPython([pathOf(2), pathOf(3)]).stores;
  });

  function check(
    format: ZarrFormat,
    library: string,
    fieldsOf: (array: ExpectedArray) => Partial<SeenArray>,
  ) {
    const found = seen[pathOf(format)]![library]!;
    for (const [name, array] of expected.get(format)!) {
      const { dtype, shape, sha256 } = array;
      const fields = { dtype, shape, sha256, ...fieldsOf(array) };
      const those = Object.fromEntries(
        Object.keys(fields).map((key) => [key, found[name]?.[key as keyof SeenArray]]),
      );
      assert.deepEqual({ name, ...those }, { name, ...fields });
    }
  }

  for (const format of [2, 3] as const) {
    const tooNew = format === 3 && isOldZarr ? "zarr-python 2 does not know version 3" : false;
    test(`zarr-python reads version ${format}`, { skip: tooNew || withoutZarrReader("zarr") }, () =>
      check(format, "zarr", ({ dimensions, fill }) => ({ dimensions, fill })),
    );
    test(
      `xarray shows version ${format} with its dimensions`,
      { skip: tooNew || withoutZarrReader("xarray") },
      () => check(format, "xarray", ({ dimensions }) => ({ dimensions, units: "µV", coordinate: false })),
    );
    test(`tensorstore reads version ${format}`, { skip: withoutZarrReader("tensorstore") }, () =>
      check(format, "tensorstore", ({ dimensions, fill, dtype }) => ({
        fill,
        dimensions: format === 3 ? dimensions : null,
        dtype,
      })),
    );
  }
});

const scan = {
  name: "frames",
  shape: [4, 3, 8, 8],
  chunks: [4, 1, 8, 8],
  dimensions: ["wavelength", "position", "y", "x"],
  dtype: "uint16",
  unit: "counts",
} as const satisfies ArrayOptions;

async function writeScan(path: string, zarrFormat: ZarrFormat, positions: number): Promise<Uint16Array> {
  const values = new Uint16Array(4 * 3 * 64);
  await using writer = await ZarrWriter.create(path, { zarrFormat });
  await writer.createArray(scan);
  await writer.createCoordinate({
    name: "wavelength",
    values: Float64Array.of(700, 710, 720, 730),
    unit: "nm",
  });
  for (let wavelength = 0; wavelength < 4; wavelength++)
    for (let position = 0; position < positions; position++) {
      const from = (wavelength * 3 + position) * 64;
      // Zeros are values like any other.
      const frame = values.subarray(from, from + 64).map((_unused, pixel) => pixel * wavelength);
      values.set(frame, from);
      await writer.writeRegion("frames", [wavelength, position, 0, 0], [1, 1, 8, 8], frame);
    }
  return values;
}

test("xarray masks nothing of a scan that is complete, and knows its coordinates", {
  skip: withoutZarrReader("xarray"),
}, async () => {
  const formats = isOldZarr ? ([2] as const) : ([2, 3] as const);
  for (const format of formats) {
    const path = join(root, `complete-${format}.zarr`);
    const values = await writeScan(path, format, 3);
    const seen = readZarrWithPython([path]).stores[path]!.xarray!;
    for (const name of ["frames", "frames (masked)"])
      assert.deepEqual(seen[name], {
        dtype: "uint16",
        shape: scan.shape,
        sha256: sha256(values),
        dimensions: scan.dimensions,
        coordinate: false,
        units: "counts",
      });
    assert.equal(seen.wavelength?.coordinate, true);
    assert.equal(seen.wavelength?.units, "nm");
    assert.equal(seen.wavelength?.sha256, sha256(Float64Array.of(700, 710, 720, 730)));
  }
});

test("what of a scan was not written is the fill value for every reader", {
  skip: Object.keys(zarrReaders).length === 0,
}, async () => {
  for (const format of [2, 3] as const) {
    const path = join(root, `partial-${format}.zarr`);
    const values = await writeScan(path, format, 2);
    const seen = readZarrWithPython([path]).stores[path]!;
    for (const [library, arrays] of Object.entries(seen))
      assert.equal(arrays.frames?.sha256, sha256(values), `${library}, version ${format}`);
  }
});

test("the guide's Python shows the example's scan with named dimensions", {
  skip: withoutZarrReader("xarray"),
}, () => {
  const folder = mkdtempSync(join(root, "example-"));
  const example = resolve(import.meta.dirname, "../../examples/storage/zarr_nested_scan.ts");
  execFileSync(
    process.execPath,
    ["--conditions=daq-source", example, "experiment.zarr", ...(isOldZarr ? ["--zarr-format", "2"] : [])],
    { cwd: folder },
  );
  const program = `
import xarray as xr
ds = xr.open_zarr("experiment.zarr")
# Dimensions automatically recognized
print(ds.camera_frames)  # Access as named dimensions
print(ds.camera_frames.sel(wavelength=880, position=250).values[128, 91])
`;
  const output = execFileSync(python, ["-c", program], { cwd: folder, encoding: "utf8" });
  assert.match(output, /camera_frames' \(wavelength: 10, position: 5, y: 256, x: 256\)/);
  assert.match(output, /\* wavelength +\(wavelength\) float64/);
  assert.match(output, /\* position +\(position\) float64/);
  assert.match(output, /dtype=uint16/);
  assert.ok(Number(output.trim().split("\n").at(-1)) > 3900, output);
});
