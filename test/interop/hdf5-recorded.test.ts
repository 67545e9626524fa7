import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { loadDriver } from "../../src/devices/registry.ts";
import { openHdf5 } from "../../src/formats/hdf5/open-hdf5.ts";
import type { Metadata } from "../../src/model/metadata.ts";
import { runSource } from "../../src/testing/run-source.ts";
import { DaqRecord } from "../system/daq-record.ts";
import { readHdf5WithPython, withoutProgram, withoutReaders, type XarrayGroup } from "./hdf5-readers.ts";
import { asStored, type Digest, sha256 } from "./hdf5-samples.ts";
import { withoutLibrary } from "./stock-readers.ts";

const records = 500;
const python = process.env.PYTHON ?? "python3";

/** Frames with drops, a meter with missing answers, and a converter of several channels. */
const devices: Record<string, { readonly driver: string; readonly settings: Metadata }> = {
  power_meter: {
    driver: "sim.power_meter",
    settings: { rate_hz: 1000, miss_every: 3, noise: 0.5, seed: 12 },
  },
  camera0: {
    driver: "sim.camera",
    settings: { width: 32, height: 24, rate_hz: 1000, bit_depth: 12, drop_every: 7, paced: false, seed: 11 },
  },
  adc0: {
    driver: "sim.adc",
    settings: { channels: ["signal", "reference"], sample_rate_hz: 44_100, seed: 13 },
  },
};

/** The codecs that some Python of a laboratory reads without further ado. */
const recordings: Readonly<
  Record<string, { readonly devices: readonly string[]; readonly storage: string }>
> = {
  none: { devices: Object.keys(devices), storage: 'compression = "none"' },
  gzip: { devices: Object.keys(devices), storage: 'compression = "gzip"\ncompression_level = 6' },
  "gzip-small-chunks": {
    devices: Object.keys(devices),
    storage: 'compression = "gzip"\nchunk_size = 7\nflush_interval_ms = 20',
  },
  "gzip-without-shuffle": { devices: Object.keys(devices), storage: 'compression = "gzip-without-shuffle"' },
  "blosc-zstd": { devices: Object.keys(devices), storage: 'compression = "blosc-zstd"' },
  data: { devices: ["power_meter", "camera0"], storage: 'durability = "power"' },
};

describe("recorded runs in foreign readers of HDF5", { skip: withoutReaders("h5py") }, () => {
  let folder: string;
  let seen: ReturnType<typeof readHdf5WithPython>;
  /** Made again from driver, settings and seed, without ring, recorder or file; by stream and dataset. */
  const regenerated = new Map<string, Map<string, Digest>>();
  const pathOf = (name: string) => join(folder, `${name}.h5`);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "daq-hdf5-recorded-"));
    for (const [name, { devices: ids, storage }] of Object.entries(recordings)) {
      const config = join(folder, `${name}.toml`);
      writeFileSync(config, configText(ids, join(folder, `${name}.{ext}`), storage));
      const run = new DaqRecord([config, "--frames", `${records}`]);
      // 3: the camera drops frames, and says so.
      assert.deepEqual(await run.ended, { code: 3, signal: null }, run.stderr);
    }
    for (const [id, { driver, settings }] of Object.entries(devices)) {
      const { stream } = await runSource(await loadDriver(driver), { settings, recordLimit: records });
      const digests = new Map<string, Digest>();
      const sequence = new Uint8Array(BigInt64Array.from(stream.sequences, BigInt).buffer);
      digests.set("sequence", { dtype: "int64", shape: [stream.sequences.length], sha256: sha256(sequence) });
      for (const column of stream.schema.columns) {
        const { buffer, byteOffset, byteLength } = stream.values(column.name);
        const validity = column.nullable === true ? stream.validity(column.name) : undefined;
        const bytes = asStored(column, {
          bytes: new Uint8Array(buffer, byteOffset, byteLength),
          ...(validity === undefined ? {} : { validity }),
        });
        const shape = [stream.sequences.length, ...column.shape];
        digests.set(column.name, { dtype: column.dtype, shape, sha256: sha256(bytes) });
        if (validity !== undefined)
          digests.set(`${column.name}_valid`, {
            dtype: "uint8",
            shape: [shape[0]!],
            sha256: sha256(validity),
          });
      }
      regenerated.set(id, digests);
    }
    seen = readHdf5WithPython(Object.keys(recordings).map(pathOf));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const [view, needs] of [
    ["h5py", ["h5py"]],
    ["tables", ["tables"]],
    ["netCDF4", ["netCDF4"]],
    ["imagecodecs", ["imagecodecs"]],
  ] as const)
    test(`${view} reads what the devices made`, { skip: withoutReaders(...needs) }, () => {
      for (const [name, { devices: ids }] of Object.entries(recordings)) {
        const found = seen.files[pathOf(name)]![view]!;
        assert.equal(found.error, undefined, name);
        let compared = 0;
        for (const id of ids)
          for (const [dataset, digest] of regenerated.get(id)!) {
            const shown = found[`/entry/${id}/${dataset}`] as Digest | { filters: number[] };
            if ("filters" in shown)
              assert.ok(
                shown.filters.every((filter) => !seen.extra[view]!.includes(filter)),
                `${name} ${id}/${dataset}`,
              );
            else {
              assert.deepEqual(shown, digest, `${name} ${id}/${dataset}`);
              compared++;
            }
          }
        assert.ok(compared >= ids.length, `${name}: only ${compared} datasets were compared`);
      }
    });

  test("xarray shows the one time series of a run at the root, and every stream in its group", {
    skip: withoutReaders("xarray", "h5netcdf"),
  }, () => {
    const { xarray } = seen.files[pathOf("data")]!;
    assert.equal(xarray!.error, undefined);
    const root = xarray!["/"] as XarrayGroup;
    assert.deepEqual(root.sizes, { timestamps: records });
    assert.deepEqual(root.coordinates, ["timestamps"]);
    assert.equal(root.times!.dtype, "datetime64[ns]");
    assert.deepEqual(Object.keys(root.variables).toSorted(), [
      "power",
      "power_meter",
      "power_valid",
      "sequence",
    ]);
    const camera = xarray!["/entry/camera0"] as XarrayGroup;
    assert.deepEqual(camera.variables.frame!.dimensions, ["timestamps", "y", "x"]);
    assert.deepEqual(camera.coordinates, ["timestamps", "x", "y"]);
  });

  test("the default plot of a run with a camera is what its first device shows, with its unit", () => {
    const { plot } = seen.files[pathOf("data")]!;
    assert.deepEqual(plot.classes, ["NXroot", "NXentry", "NXdata"]);
    assert.deepEqual([plot.group, plot.signal], ["/entry/power_meter", "/entry/power_meter/power"]);
    assert.deepEqual([plot.shape, plot.axes, plot.lengths], [[records], ["timestamps"], [[records]]]);
    assert.equal(plot.units, "mW");
  });

  test("h5dump prints all of it without a word of complaint", { skip: withoutProgram("h5dump") }, () => {
    for (const name of Object.keys(recordings).filter((name) => !name.startsWith("blosc"))) {
      const { status, stderr } = spawnSync("h5dump", [pathOf(name)], {
        encoding: "utf8",
        maxBuffer: 2 ** 28,
      });
      assert.deepEqual({ status, stderr }, { status: 0, stderr: "" }, name);
    }
  });

  test("Octave loads the tree, with dimensions in its own order", {
    skip: withoutProgram("octave"),
    timeout: 120_000,
  }, async () => {
    const file = await openHdf5(pathOf("data"));
    const frames = file.dataset("/entry/camera0/frame")!;
    const [count] = frames.shape!;
    const pixels = frames.value as Uint16Array;
    const times = file.dataset("/timestamps")!.value as BigInt64Array;
    const power = file.dataset("/power_meter")!.value as Float64Array;
    file.close();
    const said = execFileSync(
      "octave",
      [
        "--no-gui",
        "--norc",
        "--eval",
        `x = load(${JSON.stringify(pathOf("data"))});
         frame = x.entry.camera0.frame;
         printf("%s %s\\n", class(frame), mat2str(size(frame)));
         printf("%d ", sum(double(frame(:))), frame(1, 1, 1), frame(3, 2, 1), frame(32, 24, ${count})); printf("\\n");
         printf("%s %d %d\\n", class(x.timestamps), x.timestamps(1), x.timestamps(end));
         printf("%.17g ", x.power_meter(2), x.power_meter(end - 1)); printf("%d\\n", sum(isnan(x.power_meter)));
         printf("%s\\n", x.entry.start_time);`,
      ],
      { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
    );
    const frameAt = (frame: number, y: number, x: number) => pixels[(frame * 24 + y) * 32 + x];
    assert.deepEqual(said.trimEnd().split(/ *\n/).slice(0, 3), [
      `uint16 [32 24 ${count}]`,
      `${pixels.reduce((sum, value) => sum + value, 0)} ${frameAt(0, 0, 0)} ${frameAt(0, 1, 2)} ${frameAt(count! - 1, 23, 31)}`,
      `int64 ${times[0]} ${times.at(-1)}`,
    ]);
    const [second, beforeLast, missing] = said.split("\n")[3]!.split(" ").map(Number);
    assert.deepEqual(
      [second, beforeLast, missing],
      [power[1], power.at(-2), power.filter((value) => Number.isNaN(value)).length],
    );
    assert.match(said.split("\n")[4]!, /^20\d\d-\d\d-\d\dT[\d:.]+Z$/);
  });

  test("the guide's export to CSV runs as it stands, and loses nothing", {
    skip: withoutLibrary("pandas"),
  }, async () => {
    execFileSync(python, [resolve(import.meta.dirname, "../../examples/storage/csv_export.py")], {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
    });
    const [header, ...rows] = readFileSync(join(folder, "data.csv"), "utf8").trimEnd().split("\n");
    assert.equal(header, "timestamp,power_mW");
    const file = await openHdf5(pathOf("data"));
    const times = file.dataset("/timestamps")!.value as BigInt64Array;
    const power = file.dataset("/power_meter")!.value as Float64Array;
    file.close();
    assert.equal(rows.length, records);
    for (const [at, row] of rows.entries()) {
      const [time, milliwatts] = row.split(",");
      assert.equal(BigInt(time!), times[at]);
      assert.equal(milliwatts === "" ? Number.NaN : Number(milliwatts), power[at]! * 1000);
    }
  });
});

function configText(ids: readonly string[], output: string, storage: string): string {
  const list = ids.flatMap((id) => [
    "[[devices]]",
    `id = "${id}"`,
    `driver = "${devices[id]!.driver}"`,
    ...Object.entries(devices[id]!.settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
  ]);
  return ["[storage]", 'format = "hdf5"', `output_path = ${JSON.stringify(output)}`, storage, ...list].join(
    "\n",
  );
}
