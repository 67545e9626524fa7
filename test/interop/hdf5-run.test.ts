import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { compressions, pluginFor } from "../../src/formats/hdf5/compression.ts";
import { streamLayouts } from "../../src/formats/hdf5/stream-layout.ts";
import {
  readHdf5WithPython,
  type SeenFile,
  withoutProgram,
  withoutReaders,
  type XarrayGroup,
} from "./hdf5-readers.ts";
import { type Digest, type SampleOptions, sampleStreams, writeSamples } from "./hdf5-samples.ts";

/** 397 records are four chunks of which the last is not full; 0 and 1 are what readers stumble over. */
const samples: Readonly<Record<string, SampleOptions>> = {
  ...Object.fromEntries(
    compressions.map((compression) => [compression, { compression, records: 397, chunkRows: 100 }]),
  ),
  "gzip-off": { compression: "gzip", compressionLevel: 0, records: 397, chunkRows: 100 },
  "gzip-9": { compression: "gzip", compressionLevel: 9, records: 397 },
  "gzip-live": { compression: "gzip", live: true, records: 397, chunkRows: 100 },
  "none-live": { compression: "none", live: true, records: 397, chunkRows: 100 },
  "blosc-live": { compression: "blosc-zstd", live: true, records: 397, chunkRows: 100 },
  "gzip-chunks-of-one": { compression: "gzip", records: 97, chunkRows: 1 },
  "none-empty": { compression: "none", records: 0 },
  "gzip-empty": { compression: "gzip", records: 0 },
  "live-empty": { compression: "gzip", live: true, records: 0 },
  "none-single": { compression: "none", records: 1 },
  "gzip-single": { compression: "gzip", records: 1 },
  "live-single": { compression: "gzip", live: true, records: 1 },
  "gzip-full": { compression: "gzip", records: 400, chunkRows: 100 },
  "gzip-left": { compression: "gzip", records: 397, chunkRows: 100, isLeft: true },
  "none-left": { compression: "none", records: 397, chunkRows: 100, isLeft: true },
  "live-left": { compression: "gzip", live: true, records: 397, chunkRows: 100, isLeft: true },
};

const plain = Object.keys(samples).filter((name) => pluginFor(samples[name]!.compression) === undefined);

function assertDatasets(
  found: SeenFile["h5py"],
  expected: ReadonlyMap<string, Digest>,
  isReadable: (path: string, filters: readonly number[]) => boolean,
  where: string,
): void {
  assert.equal(found.error, undefined, where);
  assert.deepEqual(Object.keys(found).toSorted(), [...expected.keys()].toSorted(), where);
  for (const [path, digest] of expected) {
    const seen = found[path] as Digest | { filters: number[] };
    if ("filters" in seen) assert.ok(!isReadable(path, seen.filters), `${where} ${path}`);
    else assert.deepEqual(seen, digest, `${where} ${path}`);
  }
}

describe("the sample streams in foreign readers of HDF5", { skip: withoutReaders("h5py") }, () => {
  let folder: string;
  let seen: ReturnType<typeof readHdf5WithPython>;
  const expected = new Map<string, Map<string, Digest>>();
  const pathOf = (name: string) => join(folder, `${name}.h5`);
  const seenOf = (name: string) => seen.files[pathOf(name)]!;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "daq-hdf5-run-"));
    for (const [name, options] of Object.entries(samples))
      expected.set(name, await writeSamples(pathOf(name), options));
    seen = readHdf5WithPython(Object.keys(samples).map(pathOf));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test("h5py reads every value of every stream to the bit; where it lacks a filter, still the times and sequence numbers", () => {
    for (const name of Object.keys(samples))
      assertDatasets(
        seenOf(name).h5py,
        expected.get(name)!,
        (path, filters) => /\/(timestamps|sequence|[yx])$/.test(path) || filters.length === 0,
        name,
      );
  });

  test("PyTables reads every value but those of scales, of Blosc too", {
    skip: withoutReaders("tables"),
  }, () => {
    const scales = new Set(
      streamLayouts(sampleStreams, undefined).flatMap(({ group, timestamps, scales }) =>
        [timestamps, ...scales.map((scale) => scale.name)].map((scale) => `/entry/${group}/${scale}`),
      ),
    );
    for (const name of Object.keys(samples)) {
      const columns = new Map([...expected.get(name)!].filter(([path]) => !scales.has(path)));
      assertDatasets(seenOf(name).tables!, columns, (_, ids) => ids.includes(32001), name);
    }
  });

  test("netCDF-C reads every value, of Blosc and Zstandard too", { skip: withoutReaders("netCDF4") }, () => {
    for (const name of Object.keys(samples))
      assertDatasets(
        seenOf(name).netCDF4!,
        expected.get(name)!,
        (_, ids) => ids.every((id) => seen.extra.netCDF4!.includes(id)),
        name,
      );
  });

  test("every chunk of every codec decodes with imagecodecs to the same values", {
    skip: withoutReaders("imagecodecs"),
  }, () => {
    for (const name of Object.keys(samples))
      assertDatasets(seenOf(name).imagecodecs!, expected.get(name)!, () => true, name);
  });

  test("h5dump prints all of it without a word of complaint", { skip: withoutProgram("h5dump") }, () => {
    for (const name of Object.keys(samples)) {
      const options = plain.includes(name) ? [] : ["--properties", "--header"];
      const { status, stderr } = spawnSync("h5dump", [...options, pathOf(name)], {
        encoding: "utf8",
        maxBuffer: 2 ** 28,
      });
      assert.deepEqual({ status, stderr }, { status: 0, stderr: "" }, name);
    }
  });

  test("Octave loads every value of every stream to the bit", {
    skip: withoutProgram("octave"),
    timeout: 120_000,
  }, () => {
    // Dimensions are reversed and columns come first, so that the bytes have the order that they have in the file.
    const program = `function text = digest(value)
        text = hash("sha256", char(typecast(value(:)', "uint8")));
      end
      function show(prefix, x)
        for [value, name] = x
          if isstruct(value)
            show([prefix "/" name], value);
          elseif isnumeric(value)
            printf("%s/%s %s %s\\n", prefix, name, digest(value), digest(single(value)));
          end
        end
      end
      ${plain.map((name) => `show("${name}", load(${JSON.stringify(pathOf(name))}));`).join("\n")}`;
    const { status, stdout } = spawnSync("octave", ["--no-gui", "--norc", "--eval", program], {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    });
    assert.equal(status, 0);
    const found = new Map(
      stdout.split("\n").map((line): [string, { own: string; single: string }] => {
        const [path, own, single] = line.split(" ");
        return [path!, { own: own!, single: single! }];
      }),
    );
    for (const name of plain)
      for (const [path, { sha256, dtype }] of expected.get(name)!) {
        const parts = path.split("/").map((part) => Buffer.from(part).toString("latin1"));
        const shown = `${name}${parts.map((part) => part.replaceAll(/[^A-Za-z0-9_]/g, "_")).join("/")}`;
        // Octave makes doubles of all floats.
        assert.equal(found.get(shown)?.[dtype === "float32" ? "single" : "own"], sha256, shown);
      }
  });

  test("xarray shows each stream with named dimensions, coordinates and times", {
    skip: withoutReaders("xarray", "h5netcdf"),
  }, () => {
    for (const name of plain) {
      const groups = seenOf(name).xarray!;
      assert.equal(groups.error, undefined, name);
      const { records, chunkRows } = samples[name]!;
      for (const layout of streamLayouts(sampleStreams, chunkRows)) {
        const where = `/entry/${layout.group}`;
        const group = groups[where] as XarrayGroup;
        const sizes = Object.fromEntries(layout.scales.map((scale) => [scale.name, scale.extent]));
        assert.deepEqual(group.sizes, { ...sizes, [layout.timestamps]: records }, `${name} ${where}`);
        assert.deepEqual(
          group.coordinates,
          [layout.timestamps, ...layout.scales.map((scale) => scale.name)].toSorted(),
        );
        assert.equal(group.times?.dtype, "datetime64[ns]", `${name} ${where}`);
        assert.equal(group.times?.sha256, expected.get(name)!.get(`${where}/${layout.timestamps}`)!.sha256);
        for (const { name: column, scales, validityName } of layout.columns) {
          const { dimensions, ...digest } = group.variables[column]!;
          assert.deepEqual(dimensions, [layout.timestamps, ...scales], `${name} ${where}/${column}`);
          assert.deepEqual(
            digest,
            expected.get(name)!.get(`${where}/${column}`),
            `${name} ${where}/${column}`,
          );
          if (validityName !== undefined)
            assert.deepEqual(group.variables[validityName]!.dimensions, [layout.timestamps]);
        }
      }
    }
  });

  test("a viewer that follows the NeXus attributes finds a plot, its axes and its unit", () => {
    for (const [name, { records }] of Object.entries(samples))
      assert.deepEqual(
        seenOf(name).plot,
        {
          classes: ["NXroot", "NXentry", "NXdata"],
          group: "/entry/every-type",
          signal: `/entry/every-type/${sampleStreams[0]!.columns[0]!.name}`,
          shape: [records],
          axes: ["timestamps"],
          lengths: [[records]],
          units: "",
        },
        name,
      );
  });

  test("every key of [experiment] is at the root and in /entry/experiment, in its type", () => {
    for (const name of Object.keys(samples)) {
      const { "/": root, "/entry/experiment": experiment } = seenOf(name).attributes;
      const { NX_class, ...values } = experiment!;
      assert.equal(NX_class, "NXcollection");
      assert.deepEqual(values, {
        name: "wavelength_scan",
        sample: "GaAs, wafer 7 – “left” half",
        attempts: 3,
        threshold: 0.1,
        // Python's integers are exact; JSON in JavaScript is not.
        seed: 9007199254740992,
        dry_run: false,
        positions: [1, 2.5, -3e-9],
        optics: '{"slit_um":50,"filters":["ND2","BG39"]}',
      });
      for (const [key, value] of Object.entries(values)) assert.deepEqual(root![key], value, key);
      assert.equal(root!.experiment, "wavelength_scan");
    }
  });
});
