import assert from "node:assert/strict";
import { test } from "node:test";
import { zarrFormat } from "../formats/zarr/format.ts";
import { DaqError } from "../model/errors.ts";
import { formatOptionsFor } from "./format-options.ts";
import { loadConfig } from "./load-config.ts";

const device = '[[devices]]\nid = "c"\ndriver = "sim.camera"\n';
const load = (text: string, env: Record<string, string> = {}) =>
  loadConfig({ path: "daq.toml", text: `${text}\n${device}`, env, flags: {} });

test("the keys of [storage.zarr] come to the format, and are absent where nobody gave them", async () => {
  const { config } = await load(
    '[storage]\noutput_path = "x.zarr"\n[storage.zarr]\ncompression = "gzip"\nshard_chunks = 8\nchecksum = true\npyramid = true\nchunk_size = 100',
  );
  assert.deepEqual(config.storage.formats, ["zarr"]);
  assert.deepEqual(formatOptionsFor(config.storage, zarrFormat), {
    compression: "gzip",
    durability: "process",
    chunkRows: 100,
    zarr: { shardChunks: 8, checksum: true, pyramid: true },
  });
  const plain = await load('[storage]\nformat = ["zarr", "csv"]', { DAQ_STORAGE_ZARR_ZARR_FORMAT: "2" });
  assert.deepEqual(formatOptionsFor(plain.config.storage, zarrFormat), {
    compression: zarrFormat.defaultCompression,
    durability: "process",
    zarr: { zarrFormat: 2 },
  });
});

test("what version 2 does not have is refused with its place, and so is a version that does not exist", async () => {
  const problemsOf = async (keys: string): Promise<string> => {
    try {
      await load(`[storage.zarr]\n${keys}`);
    } catch (error) {
      assert.ok(error instanceof DaqError);
      return error.message;
    }
    throw new Error("it was accepted");
  };
  const message = await problemsOf("zarr_format = 2\nshard_chunks = 4\nchecksum = true\npyramid = true");
  for (const [line, key] of [
    [3, "shard_chunks"],
    [4, "checksum"],
    [5, "pyramid"],
  ])
    assert.ok(
      message.includes(`daq.toml:${line}: [storage.zarr] ${key}: this needs zarr_format = 3`),
      message,
    );
  assert.match(await problemsOf("zarr_format = 4"), /from 2 to 3/);
  assert.match(await problemsOf("pyramids = true"), /did you mean "pyramid"/);
});

test("other formats have none of these keys", async () => {
  await assert.rejects(load("[storage.csv]\npyramid = true"), /unknown key/);
});
