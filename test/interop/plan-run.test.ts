import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { spawnDaq } from "../../src/cli/captured-terminal.test.ts";
import { loadFormat } from "../../src/formats/registry.ts";

/** Which Python has the readers: `PYTHON`, or the one on the PATH. */
const python = process.env.PYTHON ?? "python3";
const plan = resolve(import.meta.dirname, "../../examples/plans/wavelength-scan.ts");
const wavelengths = Array.from({ length: 30 }, (_, index) => 700 + 10 * index);

type Variable = {
  readonly dims: readonly string[];
  readonly shape: readonly number[];
  readonly units: string | null;
  readonly values?: readonly number[];
  readonly sha256?: string;
};
type Scan = {
  readonly coordinates: readonly string[];
  readonly variables: { readonly [name: string]: Variable };
};
type Table = {
  readonly columns: { readonly [name: string]: readonly (number | null)[] };
  readonly units: { readonly [name: string]: string };
  readonly rows: number;
};
type Hdf5 = {
  readonly frames: { readonly [stream: string]: string };
  readonly ending: { readonly exitStatus: string };
  readonly start: string;
  readonly attributes: { readonly [name: string]: string };
};

describe("the wavelength scan of the guide, as it comes out of `daq run`", () => {
  let folder: string;
  let seen: { readonly [what: string]: unknown } = {};
  /** Of all frames, one after the other. */
  let framesDigest = "";
  const path = (ending: string) => join(folder, `wavelength_scan${ending}`);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "daq-plan-"));
    const { code, error } = await spawnDaq([
      "run",
      plan,
      "--output",
      join(folder, "{experiment}.{ext}"),
      "--format",
      "hdf5,arrow,parquet,zarr,csv",
      "--set",
      "storage.zarr.zarr_format=2",
      "--set",
      "devices.prime_bsi.width=64",
      "--set",
      "devices.prime_bsi.height=48",
      "--set",
      'devices.prime_bsi.format=["hdf5", "arrow", "parquet", "zarr"]',
    ]).done;
    assert.equal(code, 0, error);
    const hash = createHash("sha256");
    for await (const batch of (await loadFormat("arrow")).read(path(".prime_bsi.arrow"), "prime_bsi"))
      hash.update(batch.columns[0]!.bytes);
    framesDigest = hash.digest("hex");
    const files = [
      ["hdf5", path(".h5")],
      ["hdf5-scan", path(".h5")],
      ["zarr-scan", path(".zarr")],
      ["arrow", path(".primary.arrow")],
      ["parquet", path(".primary.parquet")],
    ];
    try {
      const args = [join(import.meta.dirname, "plan_run.py"), ...files.flat()];
      seen = JSON.parse(execFileSync(python, args, { encoding: "utf8", maxBuffer: 2 ** 28 }));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const of = <Answer>(kind: string, ending: string) => seen[`${kind} ${path(ending)}`] as Answer | undefined;
  const missing = (kind: string) => `${python} cannot read ${kind}; set PYTHON to one that can`;

  for (const [kind, ending] of [
    ["arrow", ".primary.arrow"],
    ["parquet", ".primary.parquet"],
  ] as const)
    test(`${kind}: pyarrow sees set points, read-backs and powers, with units`, (t) => {
      const table = of<Table>(kind, ending);
      if (table === undefined) return t.skip(missing(kind));
      assert.equal(table.rows, 30);
      assert.deepEqual(table.columns.maitai_setpoint, wavelengths);
      for (const [index, readBack] of table.columns.maitai!.entries())
        assert.ok(Math.abs(readBack! - wavelengths[index]!) < 0.2);
      assert.ok(table.columns.power0!.every((power) => power! > 100));
      assert.deepEqual([table.units.maitai, table.units.power0], ["nm", "mW"]);
    });

  test("HDF5: h5py sees every frame, the plan, and how it ended", (t) => {
    const file = of<Hdf5>("hdf5", ".h5");
    if (file === undefined) return t.skip(missing("hdf5"));
    assert.equal(file.frames.prime_bsi, framesDigest);
    assert.deepEqual([file.start, file.ending.exitStatus], ["wavelength_scan", "success"]);
    assert.equal(file.attributes.sample, "GaAs");
  });

  for (const [kind, ending] of [
    ["hdf5-scan", ".h5"],
    ["zarr-scan", ".zarr"],
  ] as const)
    test(`${kind}: xarray opens it with the wavelengths as coordinate, frames included`, (t) => {
      const scan = of<Scan>(kind, ending);
      if (scan === undefined) return t.skip(missing(kind));
      assert.ok(scan.coordinates.includes("maitai"));
      const { maitai, maitai_setpoint: setPoint, power0, prime_bsi: frames } = scan.variables;
      assert.deepEqual(maitai!.values, wavelengths);
      assert.equal(maitai!.units, "nm");
      assert.deepEqual(setPoint!.values, wavelengths);
      assert.deepEqual([power0!.dims, power0!.units], [["maitai"], "mW"]);
      assert.deepEqual(
        [frames!.dims, frames!.shape],
        [
          ["maitai", "y", "x"],
          [30, 48, 64],
        ],
      );
      assert.equal(frames!.sha256, framesDigest);
    });

  test("CSV has the rows, without frames, as the configuration says", () => {
    const [header, first] = readFileSync(path(".primary.csv"), "utf8").split("\n");
    const names = header!.split(",");
    assert.equal(first!.split(",")[names.indexOf("maitai_setpoint")], "700");
    assert.equal(first!.split(",")[names.indexOf("prime_bsi_frame")], "0");
  });
});

describe("a scan whose camera loses every seventh frame", () => {
  test("has each frame that is there at its point, and none for those that were lost", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "daq-plan-"));
    try {
      const overrides = [
        "storage.zarr.zarr_format=2",
        "devices.prime_bsi.width=64",
        "devices.prime_bsi.drop_every=7",
      ];
      const { code, error } = await spawnDaq([
        "run",
        plan,
        "--output",
        join(folder, "run.{ext}"),
        "--format",
        "hdf5,zarr",
        ...overrides.flatMap((override) => ["--set", override]),
      ]).done;
      assert.equal(code, 3, error);
      const files = ["hdf5-lost", join(folder, "run.h5"), "zarr-lost", join(folder, "run.zarr")];
      const args = [join(import.meta.dirname, "plan_run.py"), ...files];
      let answers: readonly unknown[];
      try {
        answers = Object.values(JSON.parse(execFileSync(python, args, { encoding: "utf8" })));
      } catch (problem) {
        if ((problem as NodeJS.ErrnoException).code !== "ENOENT") throw problem;
        answers = [];
      }
      if (answers.length === 0) return t.skip(`${python} has no xarray; set PYTHON to one that has`);
      for (const answer of answers) assert.deepEqual(answer, { right: true, missing: 4, hidden: true });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
