import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import type { Metadata } from "../../model/metadata.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { targetIn, temporaryFolder } from "../../testing/format-contract/recording.ts";
import { SampleBatches } from "../../testing/format-contract/sample-batches.ts";
import { gauges, ledgerOf, sampleRun } from "../../testing/format-contract/sample-streams.ts";
import type { FormatOptions, WriterTarget } from "../contract.ts";
import { hdf5Format } from "./format.ts";
import { type OpenHdf5, openHdf5 } from "./open-hdf5.ts";

const gzip: FormatOptions = { compression: "gzip", durability: "process" };

/** A closed file with this metadata and these streams of three records, for `look`. */
async function withFile(
  {
    experiment = {},
    streams = [gauges],
    devices = sampleRun.devices,
  }: Partial<typeof sampleRun> & {
    readonly streams?: readonly StreamSchema[];
  },
  look: (file: OpenHdf5) => void,
): Promise<void> {
  await using folder = await temporaryFolder();
  const target: WriterTarget = {
    ...targetIn(folder.path, hdf5Format, streams, gzip),
    run: { info: { ...sampleRun, experiment, devices }, streams },
  };
  const writer = await hdf5Format.create(target);
  for (const stream of streams) await writer.append(new SampleBatches(stream).next(3));
  await writer.close(ledgerOf(streams.map((schema) => ({ schema, stored: 3, ranges: [] }))));
  const file = await openHdf5(target.path);
  try {
    look(file);
  } finally {
    file.close();
  }
}

const rootValue = (file: OpenHdf5, key: string) => file.root.attrs[key]!.value;
const ownValue = (file: OpenHdf5, key: string) => file.group("/entry/experiment")!.attrs[key]!.value;

/** Refused before anything is made: the same can be tried again when it is corrected. */
async function refuses(
  change: (target: WriterTarget) => WriterTarget,
  expected: { code: string; message: RegExp; hint?: RegExp },
): Promise<void> {
  await using folder = await temporaryFolder();
  const target = change(targetIn(folder.path, hdf5Format, [gauges], gzip));
  await assert.rejects(hdf5Format.create(target), expected);
  assert.deepEqual(await readdir(folder.path), []);
}

test("metadata comes back in its types: not-a-number, infinities, other alphabets, nothing at all", async () => {
  const experiment: Metadata = {
    nan: Number.NaN,
    plus: Number.POSITIVE_INFINITY,
    minus: Number.NEGATIVE_INFINITY,
    zero: -0,
    empty: "",
    none: [],
    nested: { deep: { er: [1, { x: "Ω" }] } },
    mixed: [1, "a"],
    "日本 語/key.with-all": "μ𝛺\n\t",
    text: "x\0y",
    floats: [Number.NaN, 1, Number.POSITIVE_INFINITY],
    largest: 2n ** 64n - 1n,
    larger: 2n ** 64n,
  };
  await withFile({ experiment }, (file) => {
    for (const value of [rootValue, ownValue]) {
      assert.ok(Object.is(value(file, "nan"), Number.NaN));
      assert.equal(value(file, "plus"), Number.POSITIVE_INFINITY);
      assert.equal(value(file, "minus"), Number.NEGATIVE_INFINITY);
      assert.ok(Object.is(value(file, "zero"), -0));
      assert.equal(value(file, "empty"), "");
      assert.equal(value(file, "none"), "[]");
      assert.equal(value(file, "nested"), '{"deep":{"er":[1,{"x":"Ω"}]}}');
      assert.equal(value(file, "mixed"), '[1,"a"]');
      assert.equal(value(file, "日本 語/key.with-all"), "μ𝛺\n\t");
      assert.equal(value(file, "text"), '"x\\u0000y"');
      assert.deepEqual([...(value(file, "floats") as Float64Array)], experiment.floats);
      assert.equal(value(file, "largest"), 2n ** 64n - 1n);
      assert.equal(value(file, "larger"), String(2n ** 64n));
    }
  });
});

test("a text of 64 KiB and more is a dataset that knows its key; what is just below the limit an attribute", async () => {
  const experiment = { log: "µ".repeat(40_000), short: "n".repeat(32_000), list: new Array(9000).fill(1.5) };
  await withFile({ experiment }, (file) => {
    assert.equal(rootValue(file, "short"), experiment.short);
    assert.equal(file.root.attrs.log, undefined);
    const texts = ["text_1", "text_2"].map((name) => file.dataset(`/entry/experiment/${name}`)!);
    assert.deepEqual(
      texts.map((text) => text.attrs.name!.value),
      ["log", "list"],
    );
    assert.equal(texts[0]!.value, experiment.log);
    assert.deepEqual(JSON.parse(texts[1]!.value as string), experiment.list);
  });
});

test("hundreds of keys, each with its value", async () => {
  const experiment = Object.fromEntries(
    Array.from({ length: 900 }, (_, index) => [`key ${index}`, `${"v".repeat(index % 400)}${index}`]),
  );
  await withFile({ experiment }, (file) => {
    for (const { attrs } of [file.root, file.group("/entry/experiment")!]) {
      const found = attrs; // The library reads all of them each time.
      for (const [key, value] of Object.entries(experiment)) assert.equal(found[key]!.value, value);
    }
  });
});

test("keys that mean something to readers do not change what the file is", async () => {
  const experiment = {
    NX_class: "NXinvented",
    default: "nowhere",
    signal: "nothing",
    axes: "none",
    CLASS: "DIMENSION_SCALE",
    NAME: "x",
    DIMENSION_LIST: "y",
    REFERENCE_LIST: "z",
    _NCProperties: "version=9",
    complete: true,
    units: "furlong",
  };
  const stream: StreamSchema = {
    ...gauges,
    metadata: { NX_class: "NXwrong", signal: "wrong", axes: "wrong", kind: "wrong", gain: 7 },
  };
  await withFile({ experiment, streams: [stream] }, (file) => {
    assert.deepEqual([rootValue(file, "NX_class"), rootValue(file, "default")], ["NXroot", "entry"]);
    assert.equal(rootValue(file, "experiment.NX_class"), "NXinvented");
    assert.equal(rootValue(file, "experiment.default"), "nowhere");
    assert.equal(file.root.attrs._NCProperties, undefined);
    assert.equal(rootValue(file, "units"), "furlong");
    const collection = file.group("/entry/experiment")!;
    assert.equal(collection.attrs.NX_class!.value, "NXcollection");
    assert.equal(collection.attrs["experiment.NX_class"]!.value, "NXinvented");
    assert.equal(collection.attrs.default!.value, "nowhere");
    const data = file.group("/entry/lab_2.gauges")!;
    assert.deepEqual([data.attrs.NX_class!.value, data.attrs.signal!.value], ["NXdata", "power"]);
    assert.deepEqual([data.attrs.kind!.value, data.attrs.gain!.value], ["table", 7n]);
  });
});

test("a device whose settings are called like the words of its group keeps the words", async () => {
  const devices = [
    { id: "a", driver: "sim.gauges", settings: { driver: "mine", NX_class: "x", port: "COM1" } },
    { id: "a", driver: "sim.other", settings: {} },
  ];
  await withFile({ devices }, (file) => {
    const device = file.group("/entry/instrument/a")!;
    assert.equal(device.attrs.driver!.value, "sim.gauges");
    assert.equal(device.attrs.NX_class!.value, "NXcollection");
    assert.equal(device.attrs.port!.value, "COM1");
  });
});

test("refuses a key that no attribute can have, and leaves no file behind", async () => {
  for (const key of ["", "a\0b", "k".repeat(70_000)])
    await refuses(
      (target) => ({
        ...target,
        run: { ...target.run, info: { ...sampleRun, experiment: { [key]: 1 } } },
      }),
      { code: "format", message: /HDF5 cannot hold the attribute/ },
    );
});

test("refuses a device whose id is a path, and leaves no file behind", async () => {
  for (const id of ["../outside", "a/b", "..", ""])
    await refuses(
      (target) => ({
        ...target,
        run: { ...target.run, info: { ...sampleRun, devices: [{ id, driver: "d", settings: {} }] } },
      }),
      { code: "format", message: /./ },
    );
});

test("refuses columns that are paths, with the stream's name, and leaves no file behind", async () => {
  for (const name of ["a/b", "/", "..", ".", "x\0"])
    await refuses(
      (target) => ({
        ...target,
        run: {
          ...target.run,
          streams: [{ ...gauges, columns: [{ name, dtype: "int8", shape: [], dims: [] }] }],
        },
      }),
      { code: "format", message: /lab_2\.gauges|column/ },
    );
});

test("refuses a codec that HDF5 has not, and a level that the codec has not, before any file is made", async () => {
  for (const [options, message] of [
    [{ compression: "snappy" }, /not written with compression "snappy"/],
    [{ compression: "gzip", compressionLevel: 10 }, /level 10 is not a whole number from 0 to 9/],
    [{ compression: "zstd", compressionLevel: -1 }, /level -1 is not a whole number from 0 to 22/],
    [{ compression: "none", compressionLevel: 4 }, /"none" has no level; 4 was given/],
  ] as const)
    await refuses((target) => ({ ...target, options: { ...options, durability: "process" } }), {
      code: "format",
      message,
    });
});

test("a folder that is not there, and one that is a file, are named", async () => {
  await using folder = await temporaryFolder();
  const target = targetIn(folder.path, hdf5Format, [gauges], gzip);
  await assert.rejects(hdf5Format.create({ ...target, path: `${folder.path}/no/run.h5` }), {
    code: "path",
    message: /no\/run\.h5/,
  });
  const writer = await hdf5Format.create(target);
  await writer[Symbol.asyncDispose]();
  await assert.rejects(hdf5Format.create({ ...target, path: `${target.path}/run.h5` }), {
    code: "path",
    message: /run\.h5\/run\.h5/,
  });
});

test("a file whose words about the run are damaged is refused by name, and nothing else is thrown", async () => {
  await using folder = await temporaryFolder();
  const target = targetIn(folder.path, hdf5Format, [gauges], { ...gzip, compression: "none" });
  const writer = await hdf5Format.create(target);
  await writer.append(new SampleBatches(gauges).next(3));
  await writer.close(ledgerOf([{ schema: gauges, stored: 3, ranges: [] }]));
  const bytes = await readFile(target.path);
  for (const words of ['"streams":[', '"wavelength_scan"']) {
    const at = bytes.indexOf(words);
    assert.ok(at > 0, words);
    const damaged = Buffer.from(bytes);
    damaged[at] = 0x7b;
    await writeFile(target.path, damaged);
    await assert.rejects(hdf5Format.inspect(target.path), {
      code: "format",
      message: /\/entry\/daq\/\w+ is damaged: it is not whole JSON/,
    });
  }
});
