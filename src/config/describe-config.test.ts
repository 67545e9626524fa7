import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTomlValue } from "../toml/toml-document.ts";
import { describeConfig, tomlText } from "./describe-config.ts";
import { loadText } from "./fake-catalogs.test.ts";
import { plainTables } from "./overrides.ts";

test("shows every value with its origin and meaning", async () => {
  const loaded = await loadText(
    '[experiment]\nname = "scan"\nserial = 9007199254740993\n[storage]\nformat = ["hdf5", "csv"]\n' +
      'compression = "gzip"\n[[devices]]\nid = "cam"\ndriver = "sim.camera"\nwidth = 320\n',
    { env: { DAQ_STORAGE_CHUNK_SIZE: "8" }, flags: { "ring_buffer.size_mb": 2.5 } },
  );
  const rows = new Map(describeConfig(loaded).map((row) => [row.key, row]));
  const shown = (key: string): string => `${rows.get(key)?.value} (${rows.get(key)?.origin})`;
  assert.equal(shown("experiment.name"), '"scan" (daq.toml:2)');
  assert.equal(shown("experiment.serial"), "9007199254740993 (daq.toml:3)");
  assert.equal(shown("storage.format"), '["hdf5", "csv"] (daq.toml:5)');
  assert.equal(shown("storage.compression"), '"gzip" (daq.toml:6)');
  assert.equal(shown("storage.compression_level"), " (default)");
  assert.equal(shown("storage.chunk_size"), "8 (env DAQ_STORAGE_CHUNK_SIZE)");
  assert.equal(shown("ring_buffer.size_mb"), "2.5 (flag --size-mb)");
  assert.equal(shown("ring_buffer.max_size_mb"), "10 (default)");
  assert.equal(shown("devices.cam.driver"), '"sim.camera" (daq.toml:9)');
  assert.equal(shown("devices.cam.format"), '["hdf5", "csv"] (daq.toml:5)');
  assert.equal(shown("devices.cam.width"), "320 (daq.toml:10)");
  assert.equal(shown("devices.cam.height"), "480 (default)");
  assert.equal(rows.get("devices.cam.width")?.doc, "Pixels in a row.");
  assert.ok(rows.get("storage.durability")?.doc.includes("fsync"));
});

test("has a row for every key of every table, and no other", async () => {
  const keys = describeConfig(await loadText("")).map(({ key }) => key);
  const defined = Object.entries(plainTables).flatMap(([table, settings]) =>
    settings.map((s) => `${table}.${s.key}`),
  );
  assert.deepEqual(keys.sort(), defined.sort());
});

test("values are spelled so that TOML reads the same back", () => {
  const origin = { kind: "default" } as const;
  for (const text of ['a "quoted" \\ tab\t line\n', "\u007f\u0085", "😀", ""])
    assert.deepEqual(parseTomlValue(tomlText(text), origin), { kind: "string", text });
  assert.equal(tomlText({ "a b": [1, true], c: 2n }), '{ "a b" = [1, true], c = 2 }');
  assert.equal(parseTomlValue(tomlText({ "a b": [1, { c: "d" }] }), origin)?.kind, "table");
});
