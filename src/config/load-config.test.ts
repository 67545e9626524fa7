import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { driverNames, loadDriver } from "../devices/registry.ts";
import { formatNames } from "../formats/registry.ts";
import { DaqError } from "../model/errors.ts";
import { originText } from "../toml/origin.ts";
import { describeConfig } from "./describe-config.ts";
import { deviceSettings } from "./device-settings.ts";
import { loadText, threeFormats, twoFormats } from "./fake-catalogs.test.ts";
import { formatOptionsFor } from "./format-options.ts";
import { loadConfig } from "./load-config.ts";

const guideImaging = `[storage]
format = "hdf5"
compression = "gzip"     # 9 for maximum compression
output_path = "experiment_data.h5"
`;

const guideWriter = `[storage]
# Output file
output_path = "experiment_data.h5"

# Compression algorithm: none, gzip(0-9), lz4
compression = "gzip"
compression_level = 5  # 0=off, 9=maximum

# Chunking strategy (None uses defaults)
chunk_size = 1024  # samples per chunk

# Buffer flushing
flush_interval_ms = 1000  # Write to disk every 1 second

[ring_buffer]
size_mb = 500
`;

const architecture = (overflow: string): string => `[experiment]
name = "wavelength_scan"           # any further key goes into every file as metadata
instrument = "Prime BSI Camera"

[storage]
format = "hdf5"                    # or a list: ["hdf5", "arrow"]; "both" = hdf5 + arrow
output_path = "data/{experiment}_{date}_{time}_v{version}.h5"   # local path or s3://, az://, gs://
compression = "gzip"               # what each format supports; an unsupported pair is an error that lists the choices
compression_level = 5
chunk_size = 1024                  # records per chunk; omitted: chosen from the stream's shape
flush_interval_ms = 1000           # a checkpoint at least this often
durability = "process"             # or "power"

[ring_buffer]
size_mb = 500
path = "/dev/shm/daq_ring"
overflow = "${overflow}"        # "block" | "resize"
max_size_mb = 2000                 # for resize
${overflow === "resize" ? 'resize_then = "block"\n' : ""}block_timeout_ms = 10000           # for block

[[devices]]
id = "camera0"
driver = "sim.camera"              # driver-specific keys follow
width = 640
height = 480
rate_hz = 30
`;

async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof DaqError, String(error));
    assert.equal(error.code, "config");
    return error.message;
  }
  assert.fail("expected the configuration to be refused");
}

test("the guide's imaging example is a valid configuration once hdf5 exists", async () => {
  const { config } = await loadText(guideImaging);
  assert.deepEqual(config.storage, {
    formats: ["hdf5"],
    outputPath: "experiment_data.h5",
    compression: "gzip",
    flushIntervalMs: 1000,
    durability: "process",
  });
  assert.deepEqual(config.devices, []);
});

test("the guide's writer example takes its format from the extension of output_path", async () => {
  const { config, origins } = await loadText(guideWriter);
  assert.deepEqual(config.storage, {
    formats: ["hdf5"],
    outputPath: "experiment_data.h5",
    compression: "gzip",
    compressionLevel: 5,
    chunkSize: 1024,
    flushIntervalMs: 1000,
    durability: "process",
  });
  assert.equal(config.ringBuffer.sizeMb, 500);
  assert.equal(originText(origins["storage.format"]!), "daq.toml:3");
});

test("while hdf5 does not exist, the guide's examples are refused with the formats that do", async () => {
  assert.equal(
    await failure(loadText(guideImaging, { formats: twoFormats })),
    'daq.toml:2: [storage] format: there is no format "hdf5"; available formats: arrow, csv',
  );
  assert.equal(
    await failure(loadText(guideWriter, { formats: twoFormats })),
    "daq.toml:3: [storage] output_path: no format writes .h5 files; available formats: arrow, csv",
  );
  assert.equal(
    await failure(loadText('[storage]\nformat = "both"\n', { formats: twoFormats })),
    'daq.toml:2: [storage] format: "both" is hdf5 and arrow, and the format "hdf5" is not available; ' +
      "available formats: arrow, csv",
  );
});

test("the architecture's configuration with a ring that grows is valid in every key", async () => {
  const { config } = await loadText(architecture("resize"));
  assert.deepEqual(config, {
    experiment: { name: "wavelength_scan", instrument: "Prime BSI Camera" },
    storage: {
      formats: ["hdf5"],
      outputPath: "data/{experiment}_{date}_{time}_v{version}.h5",
      compression: "gzip",
      compressionLevel: 5,
      chunkSize: 1024,
      flushIntervalMs: 1000,
      durability: "process",
    },
    ringBuffer: {
      sizeMb: 500,
      path: "/dev/shm/daq_ring",
      overflow: "resize",
      maxSizeMb: 2000,
      resizeThen: "block",
      blockTimeoutMs: 10_000,
    },
    devices: [
      {
        id: "camera0",
        driver: "sim.camera",
        formats: ["hdf5"],
        settings: { width: 640, height: 480, rate_hz: 30 },
        place: "daq.toml:22",
      },
    ],
  });
});

test("the architecture's listing of all keys is valid, whichever overflow mode it chooses", async () => {
  for (const mode of ["discard-oldest", "block", "resize"]) {
    const { config } = await loadText(architecture(mode));
    assert.equal(config.ringBuffer.overflow, mode);
  }
});

test("without a file a simulated camera and a power meter are recorded", async () => {
  const { config, origins, path } = await loadText(undefined);
  assert.equal(path, undefined);
  assert.deepEqual(config.devices, [
    {
      id: "camera0",
      driver: "sim.camera",
      formats: ["arrow"],
      settings: { width: 640, height: 480, rate_hz: 30 },
    },
    {
      id: "power0",
      driver: "sim.power_meter",
      formats: ["arrow", "csv"],
      settings: { rate_hz: 100, inverted: false },
    },
  ]);
  assert.deepEqual(config.experiment, { name: "experiment" });
  assert.equal(config.storage.outputPath, "data/{experiment}_{date}_{time}_v{version}.{ext}");
  assert.deepEqual(config.ringBuffer, {
    sizeMb: 64,
    overflow: "discard-oldest",
    maxSizeMb: 256,
    resizeThen: "discard-oldest",
    blockTimeoutMs: 10_000,
  });
  assert.ok(Object.values(origins).every((origin) => origin.kind === "default"));
});

test("the built-in configuration is valid for the formats and drivers that exist", async () => {
  const { config } = await loadConfig({ env: {}, flags: {} });
  assert.deepEqual(
    config.devices.map(({ id, settings }) => [id, settings.rate_hz]),
    [
      ["camera0", 30],
      ["power0", 100],
    ],
  );
});

test("no driver that exists has a key of its own called like one that every device has", async () => {
  for (const name of driverNames) {
    const { settings } = await loadDriver(name);
    for (const { key } of deviceSettings)
      assert.ok(!settings.some((setting) => setting.key === key), `${name}: ${key}`);
  }
});

test("the example of docs/configuration.md is valid, and the page names the formats that exist", async () => {
  const page = await readFile(new URL("../../docs/configuration.md", import.meta.url), "utf8");
  const example = /```toml\n(.*?)```/s.exec(page)?.[1];
  assert.ok(example !== undefined);
  const { config } = await loadConfig({ text: example, env: {}, flags: {} });
  assert.equal(config.devices.length, 1);
  assert.ok(page.includes(`This version writes: ${formatNames.map((name) => `\`${name}\``).join(", ")}.`));
});

test("an empty file is a configuration of defaults without devices", async () => {
  const { config } = await loadText("");
  assert.deepEqual(config.storage.formats, ["arrow"]);
  assert.deepEqual(config.devices, []);
});

test("flags override the environment, which overrides the file, which overrides the defaults", async () => {
  const text =
    '[storage]\nformat = "hdf5"\nflush_interval_ms = 10\nchunk_size = 1\n[ring_buffer]\nsize_mb = 2\n';
  const { config, origins } = await loadText(text, {
    env: { DAQ_STORAGE_FLUSH_INTERVAL_MS: "20", DAQ_STORAGE_CHUNK_SIZE: "2", HOME: "/home/a", DAQ_LOG: "x" },
    flags: { "storage.chunk_size": "3", "experiment.name": "scan", "storage.durability": undefined },
  });
  assert.equal(config.storage.durability, "process");
  assert.deepEqual(config.storage.formats, ["hdf5"]);
  assert.equal(config.storage.flushIntervalMs, 20);
  assert.equal(config.storage.chunkSize, 3);
  const shown = (key: string): string => originText(origins[key]!);
  assert.equal(shown("storage.durability"), "default");
  assert.equal(shown("storage.format"), "daq.toml:2");
  assert.equal(shown("ring_buffer.size_mb"), "daq.toml:6");
  assert.equal(shown("storage.flush_interval_ms"), "env DAQ_STORAGE_FLUSH_INTERVAL_MS");
  assert.equal(shown("storage.chunk_size"), "flag --chunk-size");
  assert.equal(shown("experiment.name"), "flag --name");
});

test("environment and flags are read as what their setting is", async () => {
  const { config } = await loadText('[[devices]]\nid = "cam.left"\ndriver = "sim.camera"\n', {
    env: {
      DAQ_STORAGE_FORMAT: "arrow, csv",
      DAQ_STORAGE_OUTPUT_PATH: "out/{experiment}",
      DAQ_RING_BUFFER_SIZE_MB: "1.5",
      DAQ_EXPERIMENT_NAME: "1.10",
      DAQ_EXPERIMENT_SAMPLE: "1.10",
      DAQ_EXPERIMENT_TEMPERATURE: "293.15",
    },
    flags: {
      "storage.max_write_mb_per_s": 80,
      "devices.cam.left.width": "320",
      "devices.cam.left.format": ["csv"],
    },
  });
  assert.deepEqual(config.storage.formats, ["arrow", "csv"]);
  assert.equal(config.storage.outputPath, "out/{experiment}");
  assert.equal(config.storage.maxWriteMbPerS, 80);
  assert.equal(config.ringBuffer.sizeMb, 1.5);
  assert.deepEqual(config.experiment, { name: "1.10", sample: "1.10", temperature: 293.15 });
  assert.equal(config.devices[0]!.settings.width, 320);
  assert.deepEqual(config.devices[0]!.formats, ["csv"]);
});

test("a flag keeps the spelling that the command line gives it", async () => {
  const flags = { "storage.output_path": "" };
  const message = await failure(loadText("", { flags, flagNames: { "storage.output_path": "--output" } }));
  assert.equal(message, "--output: [storage] output_path: expected the path of a file");
});

test("experiment metadata keeps types, order, exact integers and dates", async () => {
  const { config } = await loadText(`[experiment]
name = "x"
big = 9007199254740993
smallest = -9223372036854775808
small = 42
ratio = 0.5
started = 1979-05-27 07:32:00z
day = 1979-05-27
ok = true
list = [1, [2.5, "a"]]
sample = { id = 7, __proto__ = "kept" }
sample_holder.axis.x = 1
`);
  const { experiment } = config;
  assert.deepEqual(Object.keys(experiment).slice(0, 3), ["name", "big", "smallest"]);
  assert.equal(experiment.big, 9_007_199_254_740_993n);
  assert.equal(experiment.smallest, -(2n ** 63n));
  assert.equal(experiment.small, 42);
  assert.equal(experiment.ratio, 0.5);
  assert.equal(experiment.started, "1979-05-27T07:32:00Z");
  assert.equal(experiment.day, "1979-05-27");
  assert.equal(experiment.ok, true);
  assert.deepEqual(experiment.list, [1, [2.5, "a"]]);
  assert.deepEqual(Object.entries(experiment.sample as object), [
    ["id", 7],
    ["__proto__", "kept"],
  ]);
  assert.deepEqual(experiment.sample_holder, { axis: { x: 1 } });
});

test("both stands for hdf5 and arrow", async () => {
  const { config } = await loadText('storage = { format = "both", output_path = "data.h5" }\n');
  assert.deepEqual(config.storage.formats, ["hdf5", "arrow"]);
});

test("a device's own formats replace those of storage", async () => {
  const { config, origins } = await loadText(`[storage]
format = "hdf5"
[[devices]]
id = "a"
driver = "sim.camera"
[[devices]]
id = "b"
driver = "sim.power_meter"
format = "csv"
`);
  assert.deepEqual(
    config.devices.map((device) => device.formats),
    [["hdf5"], ["csv"]],
  );
  assert.equal(originText(origins["devices.a.format"]!), "daq.toml:2");
  assert.equal(originText(origins["devices.b.format"]!), "daq.toml:9");
});

test("a level of 0 is off for every format and codec", async () => {
  const { config } = await loadText(
    '[storage]\nformat = "both"\ncompression_level = 0\noutput_path = "x.h5"\n',
  );
  const hdf5 = await threeFormats.load("hdf5");
  assert.deepEqual(formatOptionsFor(config.storage, hdf5), { compression: "none", durability: "process" });
  const { config: lz4 } = await loadText(
    '[storage]\nformat = "arrow"\ncompression = "lz4"\ncompression_level = 0\n',
  );
  assert.equal(lz4.storage.compressionLevel, 0);
});

test("the largest value of a range is in it", async () => {
  const { config } = await loadText(
    '[storage]\nformat = "csv"\ncompression = "gzip"\ncompression_level = 9\nflush_interval_ms = 3600000\n',
  );
  assert.equal(config.storage.compressionLevel, 9);
  assert.equal(config.storage.flushIntervalMs, 3_600_000);
});

test("without a codec, a level is for the formats whose own default takes one", async () => {
  const { config } = await loadText(
    '[storage]\nformat = "both"\ncompression_level = 7\noutput_path = "x.h5"\n',
  );
  assert.deepEqual(formatOptionsFor(config.storage, await threeFormats.load("hdf5")), {
    compression: "gzip",
    compressionLevel: 7,
    durability: "process",
  });
  assert.deepEqual(formatOptionsFor(config.storage, await threeFormats.load("arrow")), {
    compression: "none",
    durability: "process",
  });
});

test("a format from a flag overrides the extension and the mode-bound keys of the file", async () => {
  const { config } = await loadText('[storage]\nformat = "hdf5"\noutput_path = "x.h5"\n', {
    flags: { "storage.format": "csv" },
  });
  assert.deepEqual(config.storage.formats, ["csv"]);
  const growing = '[ring_buffer]\noverflow = "resize"\nmax_size_mb = 2000\n';
  const { config: blocking } = await loadText(growing, { env: { DAQ_RING_BUFFER_OVERFLOW: "block" } });
  assert.equal(blocking.ringBuffer.overflow, "block");
});

test("reads the file at the path, with and without a byte order mark", async () => {
  const folder = await mkdtemp(join(tmpdir(), "daq-config-"));
  try {
    const path = join(folder, "daq.toml");
    await writeFile(path, '\uFEFF[experiment]\nname = "Größe"\n');
    const { config, path: loadedFrom } = await loadConfig({ path, env: {}, flags: {} });
    assert.equal(config.experiment.name, "Größe");
    assert.equal(loadedFrom, path);
    await writeFile(path, "\uFEFF\uFEFF[experiment]\n");
    assert.match(
      await failure(loadConfig({ path, env: {}, flags: {} })),
      /:1: not valid TOML: unexpected character/,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a float whose value is whole is known to be one, and is shown as it was written", async () => {
  const loaded = await loadText(
    '[experiment]\nname = "f"\ngain = 2.0\ncount = 2\nsteps = [1, 2.0]\nhalf = 0.5\n[storage]\nformat = "csv"\n',
  );
  assert.deepEqual(loaded.config.floats, ["gain", "steps"]);
  assert.equal(loaded.config.experiment.gain, 2);
  const shown = Object.fromEntries(describeConfig(loaded).map(({ key, value }) => [key, value]));
  assert.equal(shown["experiment.gain"], "2.0");
  assert.equal(shown["experiment.steps"], "[1.0, 2.0]");
  assert.equal(shown["experiment.count"], "2");
  const { config } = await loadText('[experiment]\ncount = 2\n[storage]\nformat = "csv"\n');
  assert.equal(config.floats, undefined);
});
