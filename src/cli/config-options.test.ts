import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { DaqError } from "../model/errors.ts";
import { temporaryFolder } from "./captured-terminal.test.ts";
import { configCommand } from "./commands/config.ts";
import { configOptions, loadConfigFrom } from "./config-options.ts";
import { parseArguments } from "./parse-arguments.ts";

function load(...args: string[]) {
  return loadConfigFrom(
    parseArguments({ ...configCommand, operandCount: [0, 1], options: configOptions }, args),
  );
}

test("the first operand is the file, and options override it", async (t) => {
  const path = join(temporaryFolder(t), "daq.toml");
  writeFileSync(
    path,
    '[storage]\nformat = "arrow"\nchunk_size = 8\n[[devices]]\nid = "a"\ndriver = "sim.power_meter"\n',
  );
  const {
    config,
    origins,
    path: shown,
  } = await load(
    path,
    "--format",
    "csv,arrow",
    "--name",
    "scan 1",
    "--ring-mb",
    "2.5",
    "--set",
    "devices.a.rate_hz=7",
    "-o",
    "x_v{version}.csv",
  );
  assert.equal(shown, path);
  assert.deepEqual(config.storage.formats, ["csv", "arrow"]);
  assert.equal(config.storage.chunkSize, 8);
  assert.equal(config.storage.outputPath, "x_v{version}.csv");
  assert.equal(config.experiment.name, "scan 1");
  assert.equal(config.ringBuffer.sizeMb, 2.5);
  assert.equal(config.devices[0]!.settings.rate_hz, 7);
  assert.deepEqual(origins["storage.format"], { kind: "flag", flag: "--format" });
  assert.deepEqual(origins["devices.a.rate_hz"], { kind: "flag", flag: "--set" });
});

test("a value may hold an equals sign", async () => {
  const { config } = await load("--set", "experiment.note=a=b");
  assert.equal(config.experiment.note, "a=b");
});

test("every option sets the key that it stands for", async () => {
  const { config, origins } = await load(
    ...["--format", "arrow", "--set", "devices.power0.format=arrow", "--output", "a/b_v{version}.arrow"],
    ...[
      "--compression",
      "zstd",
      "--compression-level",
      "3",
      "--overflow",
      "block",
      "--ring-mb",
      "8",
      "--name",
      "x",
    ],
  );
  const { storage, ringBuffer, experiment } = config;
  assert.deepEqual(storage.formats, ["arrow"]);
  assert.deepEqual(
    [storage.compression, storage.compressionLevel, storage.outputPath],
    ["zstd", 3, "a/b_v{version}.arrow"],
  );
  assert.deepEqual([ringBuffer.overflow, ringBuffer.sizeMb, experiment.name], ["block", 8, "x"]);
  assert.deepEqual(origins["storage.output_path"], { kind: "flag", flag: "--output" });
});

test("--set without a key or a value, and two values for one key, are refused before anything is read", async () => {
  const refused = async (pattern: RegExp, ...args: string[]) =>
    assert.rejects(load(...args), (error: DaqError) => error.code === "usage" && pattern.test(error.message));
  await refused(/expected KEY=VALUE/, "--set", "storage.format");
  await refused(/expected KEY=VALUE/, "--set", "=csv");
  await refused(
    /storage\.format is given twice: --format says "csv", --set says "arrow"/,
    "--format",
    "csv",
    "--set",
    "storage.format=arrow",
  );
});
