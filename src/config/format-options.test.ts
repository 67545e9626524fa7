import assert from "node:assert/strict";
import { test } from "node:test";
import type { DaqError } from "../model/errors.ts";
import type { StorageConfig } from "./config.ts";
import { describeConfig } from "./describe-config.ts";
import { loadText, threeFormats, twoFormats } from "./fake-catalogs.test.ts";
import { compressionNotices, formatOptionsFor } from "./format-options.ts";
import type { LoadConfigOptions } from "./load-config.ts";

async function optionsOf(text: string, layers: Partial<LoadConfigOptions> = {}) {
  const { config } = await loadText(text, layers);
  const formats = await Promise.all(["hdf5", "arrow", "csv"].map(threeFormats.load));
  return Object.fromEntries(
    formats.map((format) => {
      const { durability: _, ...options } = formatOptionsFor(config.storage, format);
      return [format.name, options];
    }),
  );
}

async function problemOf(text: string, layers: Partial<LoadConfigOptions> = {}): Promise<string> {
  const error: unknown = await loadText(text, layers).then(
    () => assert.fail("expected the configuration to be refused"),
    (reason: unknown) => reason,
  );
  return (error as DaqError).message;
}

async function noticesOf(storage: StorageConfig): Promise<string[]> {
  return compressionNotices(storage, await Promise.all(storage.formats.map(threeFormats.load)));
}

test("a codec is for each format that has it, and the others take their default and say so", async () => {
  const text = '[storage]\nformat = ["hdf5", "arrow"]\ncompression = "gzip"\ncompression_level = 5\n';
  const options = await optionsOf(text);
  assert.deepEqual(options.hdf5, { compression: "gzip", compressionLevel: 5 });
  assert.deepEqual(options.arrow, { compression: "none" });
  assert.deepEqual(await noticesOf((await loadText(text)).config.storage), [
    'arrow has no "gzip" and is written with "none"; [storage.arrow] compression can be none, lz4, zstd.',
  ]);
});

test('"both" with the guide\'s codec is hdf5 with it beside arrow without', async () => {
  const options = await optionsOf('[storage]\nformat = "both"\ncompression = "gzip"\n');
  assert.deepEqual(options.hdf5, { compression: "gzip" });
  assert.deepEqual(options.arrow, { compression: "none" });
});

test("a format's own table goes before [storage]", async () => {
  const text = `[storage]
format = ["csv", "arrow"]
chunk_size = 1024
compression = "gzip"
compression_level = 3
[storage.arrow]
compression = "zstd"
chunk_size = 64
[storage.csv]
compression_level = 9
`;
  const options = await optionsOf(text);
  assert.deepEqual(options.arrow, { compression: "zstd", chunkRows: 64 });
  assert.deepEqual(options.csv, { compression: "gzip", compressionLevel: 9, chunkRows: 1024 });
  assert.deepEqual(await noticesOf((await loadText(text)).config.storage), []);
});

test("csv with gzip can stand beside arrow without compression", async () => {
  const options = await optionsOf(
    '[storage]\nformat = ["arrow", "csv"]\n[storage.csv]\ncompression = "gzip"\n',
  );
  assert.deepEqual(options.arrow, { compression: "none" });
  assert.deepEqual(options.csv, { compression: "gzip" });
});

test("a level of 0 is off for all formats, but for one that names its own codec", async () => {
  const options = await optionsOf(
    '[storage]\nformat = ["hdf5", "arrow", "csv"]\ncompression = "gzip"\ncompression_level = 0\n' +
      '[storage.csv]\ncompression = "gzip"\n',
  );
  assert.deepEqual(options, {
    hdf5: { compression: "none" },
    arrow: { compression: "none" },
    csv: { compression: "gzip" },
  });
});

test("a variable and a flag set the key of one format, and the later layer wins", async () => {
  const text = '[storage]\nformat = ["arrow", "csv"]\n[storage.csv]\ncompression = "none"\n';
  const env = { DAQ_STORAGE_CSV_COMPRESSION: "gzip", DAQ_STORAGE_CSV_COMPRESSION_LEVEL: "2" };
  assert.deepEqual((await optionsOf(text, { env })).csv, { compression: "gzip", compressionLevel: 2 });
  const flags = { "storage.csv.compression_level": "7" };
  assert.deepEqual((await optionsOf(text, { env, flags })).csv, { compression: "gzip", compressionLevel: 7 });
});

test("a flag for all formats replaces what the file says for one, the level beside it included", async () => {
  const text =
    '[storage]\nformat = ["arrow", "csv"]\n[storage.csv]\ncompression = "gzip"\ncompression_level = 9\nchunk_size = 8\n';
  const { csv } = await optionsOf(text, { flags: { "storage.compression": "none" } });
  assert.deepEqual(csv, { compression: "none", chunkRows: 8 });
  const own = { "storage.compression": "none", "storage.csv.compression": "gzip" };
  assert.deepEqual((await optionsOf(text, { flags: own })).csv, { compression: "gzip", chunkRows: 8 });
});

test("shows what a format has of its own, with the place", async () => {
  const loaded = await loadText('[storage]\nformat = "csv"\n[storage.csv]\ncompression = "gzip"\n', {
    env: { DAQ_STORAGE_CSV_CHUNK_SIZE: "16" },
  });
  const rows = describeConfig(loaded).filter(({ key }) => key.startsWith("storage.csv."));
  assert.deepEqual(
    rows.map(({ key, value, origin }) => [key, value, origin]),
    [
      ["storage.csv.compression", '"gzip"', "daq.toml:4"],
      ["storage.csv.compression_level", "", "default"],
      ["storage.csv.chunk_size", "16", "env DAQ_STORAGE_CSV_CHUNK_SIZE"],
    ],
  );
  assert.ok(rows.every(({ doc }) => doc !== ""));
});

test("what is wrong with a format's own keys is named with its place and the nearest spelling", async () => {
  const cases: [text: string, message: string][] = [
    [
      '[storage]\nformat = "csv"\n[storage.csv]\ncompression = "gzp"\n',
      'daq.toml:4: [storage.csv] compression: csv has no "gzp"; it has: none, gzip; did you mean "gzip"?',
    ],
    [
      '[storage.arrow]\ncompression = "gzip"\n',
      'daq.toml:2: [storage.arrow] compression: arrow has no "gzip"; it has: none, lz4, zstd',
    ],
    [
      '[storage.csv]\ncompression = "gzip"\ncompression_level = 10\n',
      'daq.toml:3: [storage.csv] compression_level: expected 0 (off) to 9 for "gzip" in csv, found 10',
    ],
    [
      "[storage.arrow]\ncompression_level = 4\n",
      'daq.toml:2: [storage.arrow] compression_level: "none" of arrow takes no level (with a level: zstd 0 to 22); ' +
        "leave the level out, or 0 for off",
    ],
    [
      '[storage.csv]\ncompresion = "gzip"\n',
      'daq.toml:2: [storage.csv] compresion: unknown key; did you mean "compression"?',
    ],
    [
      '[storage.cvs]\ncompression = "gzip"\n',
      "daq.toml:1: [storage.cvs]: there is no format of this name; did you mean [storage.csv]? " +
        "available formats: hdf5, arrow, csv",
    ],
    [
      '[storage]\ncsv = "gzip"\n',
      "daq.toml:2: [storage.csv]: expected a table with compression, compression_level or chunk_size, " +
        'found the string "gzip"',
    ],
  ];
  for (const [text, message] of cases) assert.equal(await problemOf(text), message);
  assert.equal(
    await problemOf("[storage.hdf5]\ncompression_level = 4\n", { formats: twoFormats }),
    "daq.toml:1: [storage.hdf5]: there is no format of this name; available formats: arrow, csv",
  );
  assert.equal(
    await problemOf("", { env: { DAQ_STORAGE_CSV_COMPRESION: "gzip" } }),
    "DAQ_STORAGE_CSV_COMPRESION: unknown variable; did you mean DAQ_STORAGE_CSV_COMPRESSION?",
  );
  assert.equal(
    await problemOf("", { flags: { "storage.csv.compresion": "gzip" }, flagNames: {} }),
    '--compresion: [storage.csv] compresion: unknown key; did you mean "compression"?',
  );
});
