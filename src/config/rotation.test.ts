import assert from "node:assert/strict";
import { test } from "node:test";
import { DaqError } from "../model/errors.ts";
import { loadConfig } from "./load-config.ts";

function load(storage: string) {
  return loadConfig({ text: `[storage]\n${storage}\n`, path: "daq.toml", env: {}, flags: {} });
}

async function refused(storage: string, text: RegExp): Promise<void> {
  await assert.rejects(load(storage), (error) => {
    assert.ok(error instanceof DaqError, String(error));
    assert.equal(error.code, "config");
    assert.match(error.message, text);
    return true;
  });
}

test("a run's parts end by size, by time, or by either", async () => {
  const { config } = await load('format = ["parquet", "hdf5"]\nrotate_mb = 500\nrotate_seconds = 3600');
  assert.equal(config.storage.rotateMb, 500);
  assert.equal(config.storage.rotateSeconds, 3600);
  assert.equal((await load("rotate_seconds = 60")).config.storage.rotateMb, undefined);
  await refused("rotate_mb = 0", /rotate_mb: expected a number of MB, at least 0.01, found 0/);
});

test("Zarr and runs to a store have no parts, and say so", async () => {
  await refused(
    'format = ["zarr"]\nrotate_mb = 500',
    /daq\.toml:3: \[storage\] rotate_mb: a Zarr folder consists/,
  );
  await refused(
    'format = "parquet"\noutput_path = "s3://bucket/run.parquet"\nrotate_seconds = 60',
    /rotate_seconds: runs to a store have no parts/,
  );
});
