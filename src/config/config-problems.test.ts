import assert from "node:assert/strict";
import { test } from "node:test";
import { DaqError } from "../model/errors.ts";
import type { ConfigProblem } from "../toml/problems.ts";
import { loadText, twoFormats } from "./fake-catalogs.test.ts";
import type { LoadConfigOptions } from "./load-config.ts";

async function refusal(text: string, options?: Partial<LoadConfigOptions>): Promise<DaqError> {
  try {
    await loadText(text, options);
  } catch (error) {
    if (error instanceof DaqError && error.code === "config") return error;
    throw error;
  }
  return assert.fail(`expected this to be refused:\n${text}`);
}

async function problemsOf(text: string, options?: Partial<LoadConfigOptions>): Promise<string[]> {
  return (await refusal(text, options)).message.split("\n");
}

const camera = '[[devices]]\nid = "camera0"\ndriver = "sim.camera"\n';

/** Behaviour, file, problem. Every problem is the only one of its file. */
const oneProblem: readonly [string, string, string][] = [
  [
    "a misspelt key is named with the nearest one",
    '[experiment]\nname = "x"\n\n[storage]\ncompresion = "gzip"\n',
    'daq.toml:5: [storage] compresion: unknown key; did you mean "compression"?',
  ],
  [
    "a key that is like none is answered with the list of keys",
    "[ring_buffer]\nbanana = 1\n",
    'daq.toml:2: [ring_buffer] banana: unknown key; choose from: "size_mb", "path", "overflow", "max_size_mb", ' +
      '"resize_then", "block_timeout_ms"',
  ],
  [
    "a string where a duration is expected",
    '[storage]\nflush_interval_ms = "1s"\n',
    "daq.toml:2: [storage] flush_interval_ms: expected a whole number of milliseconds from 1 to 3600000, " +
      'found the string "1s"',
  ],
  [
    "a fraction where a whole number is expected",
    "[storage]\nchunk_size = 10.5\n",
    "daq.toml:2: [storage] chunk_size: expected a whole number from 1 to 2147483647, found 10.5",
  ],
  [
    "a whole number beyond what a number holds exactly",
    "[storage]\ncompression_level = 9007199254740993\n",
    "daq.toml:2: [storage] compression_level: expected a whole number, at least 0, found 9007199254740993",
  ],
  [
    "a number where a string is expected",
    "[storage]\ncompression = 5\n",
    "daq.toml:2: [storage] compression: expected a string, found 5",
  ],
  [
    "a date where a string is expected",
    "[storage]\noutput_path = 1979-05-27\n",
    "daq.toml:2: [storage] output_path: expected a string, found the date or time 1979-05-27",
  ],
  [
    "a list in which one item, on its own line, is no string",
    '[storage]\nformat = [\n  "arrow",\n  5,\n]\n',
    "daq.toml:4: [storage] format: expected a string or a list of strings, found 5",
  ],
  [
    "a table where a number is expected",
    "[ring_buffer]\nsize_mb.a = 5\n",
    "daq.toml:2: [ring_buffer] size_mb: expected a number of MiB (1,048,576 bytes) from 1 to 1048576, found a table",
  ],
  [
    "a size below the smallest",
    "[ring_buffer]\nsize_mb = 0.5\n",
    "daq.toml:2: [ring_buffer] size_mb: expected a number of MiB (1,048,576 bytes) from 1 to 1048576, found 0.5",
  ],
  [
    "a number that is not finite",
    "[storage]\nmax_write_mb_per_s = inf\n",
    "daq.toml:2: [storage] max_write_mb_per_s: expected a number of MB/s, at least 0.01, found inf",
  ],
  [
    "a misspelt choice is named with the choices and the nearest one",
    '[storage]\ndurability = "procces"\n',
    'daq.toml:2: [storage] durability: expected one of "process", "power", found "procces"; did you mean "process"?',
  ],
  [
    "a choice that is like none",
    '[ring_buffer]\noverflow = "explode"\n',
    'daq.toml:2: [ring_buffer] overflow: expected one of "discard-oldest", "block", "resize", found "explode"',
  ],
  [
    "a misspelt table",
    '[storge]\nformat = "csv"\n',
    "daq.toml:1: [storge]: unknown table; did you mean [storage]? the tables are [experiment], [storage], " +
      "[ring_buffer], [[devices]]",
  ],
  [
    "a key above the first table that belongs into one",
    'format = "csv"\n',
    "daq.toml:1: format: this key stands outside of a table; write it below [storage]",
  ],
  [
    "an unknown key above the first table",
    "\n\nfrobnicate = 1\n",
    'daq.toml:3: "frobnicate": unknown key; the tables are [experiment], [storage], [ring_buffer], [[devices]]',
  ],
  [
    "a table that is a value",
    'storage = "csv"\n',
    'daq.toml:1: [storage]: expected a table, found the string "csv"; write [storage] once',
  ],
  [
    "a table that is a list of tables",
    '[[storage]]\nformat = "csv"\n',
    "daq.toml:1: [storage]: expected a table, found a list; write [storage] once",
  ],
  [
    "devices in single brackets",
    '[devices]\nid = "camera0"\n',
    "daq.toml:1: devices: expected a list of tables, found a table; write [[devices]] with two brackets, " +
      "once for each device",
  ],
  [
    "a device that is no table",
    `devices = [{ id = "a", driver = "sim.camera" },\n  3]\n`,
    "daq.toml:2: devices: expected a list of tables, found the whole number 3 in it",
  ],
  [
    "a device without an id",
    '\n[[devices]]\ndriver = "sim.camera"\n',
    'daq.toml:2: [[devices]] number 1 id: missing; this key is required, for example id = "camera0"',
  ],
  [
    "a device without a driver",
    '[[devices]]\nid = "a"\n',
    'daq.toml:1: [[devices]] "a" driver: missing; this key is required, for example driver = "sim.camera"',
  ],
  [
    "an id that no file name can hold",
    '[[devices]]\nid = "../a"\ndriver = "sim.camera"\n',
    'daq.toml:2: [[devices]] "../a" id: expected 1 to 100 letters, digits, "_", "-" or single ".", found "../a"',
  ],
  [
    "an id that is used twice",
    `${camera}\n${camera}`,
    'daq.toml:5: [[devices]] "camera0": this id is used twice, first in daq.toml:1; give each device an id of its own',
  ],
  [
    "a misspelt driver",
    '[[devices]]\nid = "a"\ndriver = "sim.camra"\n',
    'daq.toml:3: [[devices]] "a" driver: there is no driver "sim.camra"; did you mean "sim.camera"?',
  ],
  [
    "a driver that is like none",
    '[[devices]]\nid = "a"\ndriver = "x"\n',
    'daq.toml:3: [[devices]] "a" driver: there is no driver "x"; choose from: "sim.camera", "sim.power_meter", ' +
      '"listener"',
  ],
  [
    "a misspelt key of a driver",
    `${camera}widht = 3\n`,
    'daq.toml:4: [[devices]] "camera0" widht: unknown key; did you mean "width"?',
  ],
  [
    "a wrong type in a driver's key",
    `${camera}rate_hz = true\n`,
    'daq.toml:4: [[devices]] "camera0" rate_hz: expected a number of Hz, found true',
  ],
  [
    "a driver's key out of range",
    `${camera}width = 0\n`,
    'daq.toml:4: [[devices]] "camera0" width: expected a whole number of pixels from 1 to 16384, found 0',
  ],
  [
    "a driver's required key that is missing",
    '\n\n[[devices]]\nid = "a"\ndriver = "listener"\n',
    'daq.toml:3: [[devices]] "a" port: missing; this key is required, for example port = 5025',
  ],
  [
    "what a driver's own check refuses",
    '[[devices]]\nid = "a"\ndriver = "listener"\nport = 13\n',
    'daq.toml:4: [[devices]] "a" port: port 13 is cursed',
  ],
  [
    "a list of numbers with one out of range",
    '[[devices]]\nid = "a"\ndriver = "listener"\nport = 1\nshape = [4,\n 0]\n',
    'daq.toml:6: [[devices]] "a" shape: expected a list of whole numbers, at least 1, found 0',
  ],
  [
    "a single string where a list of strings is expected",
    '[[devices]]\nid = "a"\ndriver = "listener"\nport = 1\nlabels = "x"\n',
    'daq.toml:5: [[devices]] "a" labels: expected a list of strings, found the string "x"',
  ],
  [
    "a value of any type that no file can hold",
    '[[devices]]\nid = "a"\ndriver = "listener"\nport = 1\nextra = [1, [nan]]\n',
    'daq.toml:5: [[devices]] "a" extra: nan cannot be stored in every format; leave the key out, ' +
      "or write it as a string",
  ],
  [
    "a format that does not exist, with the nearest",
    '[storage]\nformat = "arow"\n',
    'daq.toml:2: [storage] format: there is no format "arow"; did you mean "arrow"? ' +
      "available formats: hdf5, arrow, csv",
  ],
  [
    "an unknown format of a device",
    `${camera}format = ["csv", "xls"]\n`,
    'daq.toml:4: [[devices]] "camera0" format: there is no format "xls"; available formats: hdf5, arrow, csv',
  ],
  [
    "a format that is named twice",
    '[storage]\nformat = ["both", "arrow"]\n',
    'daq.toml:2: [storage] format: "arrow" is named twice',
  ],
  [
    "an empty list of formats",
    "[storage]\nformat = []\n",
    "daq.toml:2: [storage] format: expected at least one format; available formats: hdf5, arrow, csv",
  ],
  [
    "a codec that the format does not have",
    '[storage]\nformat = "arrow"\ncompression = "gzip"\n',
    'daq.toml:3: [storage] compression: arrow has no "gzip"; it has: none, lz4, zstd',
  ],
  [
    "a misspelt codec",
    '[storage]\nformat = "csv"\ncompression = "gzp"\n',
    'daq.toml:3: [storage] compression: csv has no "gzp"; it has: none, gzip; did you mean "gzip"?',
  ],
  [
    "a level over the codec's range",
    '[storage]\nformat = "csv"\ncompression = "gzip"\ncompression_level = 10\n',
    'daq.toml:4: [storage] compression_level: expected 0 (off) to 9 for "gzip" in csv, found 10',
  ],
  [
    "a level for a codec that takes none",
    '[storage]\nformat = "arrow"\ncompression = "lz4"\ncompression_level = 1\n',
    'daq.toml:4: [storage] compression_level: "lz4" of arrow takes no level (with a level: zstd 0 to 22); ' +
      "leave the level out, or 0 for off",
  ],
  [
    "a level without a codec where the default takes none",
    '[storage]\nformat = "csv"\ncompression_level = 1\n',
    'daq.toml:3: [storage] compression_level: "none" of csv takes no level (with a level: gzip 0 to 9); ' +
      "leave the level out, or 0 for off",
  ],
  [
    "a negative level",
    '[storage]\nformat = "csv"\ncompression_level = -1\n',
    "daq.toml:3: [storage] compression_level: expected a whole number, at least 0, found -1",
  ],
  [
    "an extension of another format",
    '[storage]\nformat = "arrow"\noutput_path = "x.csv"\n',
    "daq.toml:3: [storage] output_path: .csv is not an extension of arrow; expected .arrow, or {ext}",
  ],
  [
    "a placeholder that does not exist",
    '[storage]\noutput_path = "data/{experment}.arrow"\n',
    "daq.toml:2: [storage] output_path: unknown placeholder {experment}; did you mean {experiment}?",
  ],
  [
    "a store that does not exist",
    '[storage]\noutput_path = "S3://bucket/x.arrow"\n',
    "daq.toml:2: [storage] output_path: did you mean s3://bucket/x.arrow?",
  ],
  [
    "a credential",
    '[storage]\nsecret_access_key = "abc"\n',
    "daq.toml:2: [storage] secret_access_key: credentials do not belong into a configuration, which is copied into files and shown to people; set them in the environment or where the store's own tools look for them (docs/cloud.md)",
  ],
  [
    "a folder as output path",
    '[storage]\noutput_path = "data/"\n',
    "daq.toml:2: [storage] output_path: this is a folder; expected the path of a file",
  ],
  [
    "a largest size below the size",
    '[ring_buffer]\nsize_mb = 500\noverflow = "resize"\nmax_size_mb = 100\n',
    "daq.toml:4: [ring_buffer] max_size_mb: expected at least size_mb (500), found 100",
  ],
  [
    "a ring path that is a folder",
    '[ring_buffer]\npath = "/dev/shm/"\n',
    'daq.toml:2: [ring_buffer] path: expected the path of a file, for example "/dev/shm/daq_ring"',
  ],
  [
    "an experiment's name that is no string",
    "[experiment]\nname = 5\n",
    "daq.toml:2: [experiment] name: expected a string, found 5",
  ],
  [
    "an empty experiment's name",
    '[experiment]\nname = " "\n',
    "daq.toml:2: [experiment] name: expected a name with at least one character",
  ],
  [
    "metadata that is not a number",
    "[experiment]\na = 1\nb = [\n 1.0,\n nan,\n]\n",
    "daq.toml:5: [experiment] b: nan cannot be stored in every format; leave the key out, or write it as a string",
  ],
  [
    "metadata beyond 64 bits",
    "[experiment]\nserial = 9223372036854775808\n",
    "daq.toml:2: [experiment] serial: the whole number 9223372036854775808 does not fit into 64 bits; " +
      "write it as a string",
  ],
  [
    "metadata with a null character",
    '[experiment]\nnote = "a\\u0000b"\n',
    "daq.toml:2: [experiment] note: a string must not contain the character U+0000",
  ],
  [
    "a null character in a setting",
    '[ring_buffer]\npath = "a\\u0000b"\n',
    "daq.toml:2: [ring_buffer] path: a string must not contain the character U+0000",
  ],
  [
    "metadata without a name",
    '[experiment]\n"" = 1\n',
    "daq.toml:2: [experiment]: a key must have at least one character",
  ],
  [
    "metadata nested beyond what readers can follow",
    `[experiment]\ndeep = ${"[".repeat(40)}${"]".repeat(40)}\n`,
    "daq.toml:2: [experiment] deep: nested more than 32 levels deep",
  ],
];

for (const [behaviour, text, expected] of oneProblem)
  test(`refuses ${behaviour}`, async () => assert.deepEqual(await problemsOf(text), [expected]));

test("all problems of a file are listed at once, from top to bottom", async () => {
  const text = `[storage]
format = "xls"
flush_interval_ms = 0

[[devices]]
id = "a"
driver = "sim.camera"
widht = 1
height = "tall"

[ring_buffer]
size = 3
`;
  const options = { env: { DAQ_RING_BUFFER_SIZE: "3" }, flags: { "storage.fromat": "csv" } };
  assert.deepEqual(await problemsOf(text, options), [
    'daq.toml:2: [storage] format: there is no format "xls"; available formats: hdf5, arrow, csv',
    "daq.toml:3: [storage] flush_interval_ms: expected a whole number of milliseconds from 1 to 3600000, found 0",
    'daq.toml:8: [[devices]] "a" widht: unknown key; did you mean "width"?',
    'daq.toml:9: [[devices]] "a" height: expected a whole number of pixels from 1 to 16384, found the string "tall"',
    'daq.toml:12: [ring_buffer] size: unknown key; did you mean "size_mb"?',
    "DAQ_RING_BUFFER_SIZE: unknown variable; did you mean DAQ_RING_BUFFER_SIZE_MB?",
    '--fromat: [storage] fromat: unknown key; did you mean "format"?',
  ]);
});

test("a problem carries its file, line and column for programs", async () => {
  const error = await refusal('[storage]\n  format = [\n    "arrow", 5]\n');
  const [problem] = error.cause as readonly ConfigProblem[];
  assert.deepEqual(problem, {
    origin: { kind: "file", path: "daq.toml", line: 3, column: 14 },
    subject: "[storage] format",
    message: "expected a string or a list of strings, found 5",
  });
  assert.equal(error.hint, "Correct it and start again; nothing was started.");
});

test("a variable with a wrong value is named, with the key that it stands for", async () => {
  const env = { DAQ_RING_BUFFER_SIZE_MB: "lots", DAQ_STORAGE_FORMAT: "hdf5" };
  assert.deepEqual(await problemsOf("", { env, formats: twoFormats }), [
    "DAQ_RING_BUFFER_SIZE_MB: [ring_buffer] size_mb: expected a number of MiB (1,048,576 bytes) from 1 to 1048576, " +
      'found the string "lots"',
    'DAQ_STORAGE_FORMAT: [storage] format: there is no format "hdf5"; available formats: arrow, csv',
  ]);
});

test("a flag for a table that does not exist is a problem", async () => {
  assert.deepEqual(await problemsOf("", { flags: { "storge.format": "csv" } }), [
    "--format: storge.format: unknown setting; did you mean storage.format?",
  ]);
});

test("an id that is used twice is found although one of the devices is wrong otherwise", async () => {
  assert.deepEqual(await problemsOf(`${camera}${camera}width = -1\n`), [
    'daq.toml:4: [[devices]] "camera0": this id is used twice, first in daq.toml:1; give each device an id of its own',
    'daq.toml:7: [[devices]] "camera0" width: expected a whole number of pixels from 1 to 16384, found -1',
  ]);
});

test("a flag for a device that does not exist is a problem", async () => {
  const message = await problemsOf(camera, { flags: { "devices.camera1.width": "3" } });
  assert.deepEqual(message, ['--width: there is no device "camera1"; did you mean "camera0"?']);
});

test("a wrong value does not start a second complaint about what depends on it", async () => {
  const text = '[ring_buffer]\nsize_mb = "big"\noverflow = "resise"\nmax_size_mb = 3\n';
  assert.equal((await problemsOf(text)).length, 2);
});

test("a misspelt key does not start a complaint about the default that would stand in for it", async () => {
  assert.deepEqual(await problemsOf('[storage]\nfromat = "csv"\ncompression = "gzip"\n'), [
    'daq.toml:2: [storage] fromat: unknown key; did you mean "format"?',
  ]);
});

test("a message never repeats a name or a value of any length", async () => {
  const long = "x".repeat(50_000);
  const { message } = await refusal(`[storage]\n${long} = 1\nformat = "${long}"\ndurability = "${long}"\n`);
  assert.ok(message.length < 1500, `${message.length} characters`);
});

test("a codec that no format in use has is refused with what each has, a device's own format included", async () => {
  assert.deepEqual(
    await problemsOf(`[storage]\nformat = "arrow"\ncompression = "blosc"\n${camera}format = "csv"\n`),
    [
      'daq.toml:3: [storage] compression: arrow has no "blosc"; it has: none, lz4, zstd',
      'daq.toml:3: [storage] compression: csv has no "blosc"; it has: none, gzip',
    ],
  );
});
