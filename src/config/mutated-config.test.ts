import assert from "node:assert/strict";
import { test } from "node:test";
import { DaqError } from "../model/errors.ts";
import { describeConfig } from "./describe-config.ts";
import { loadText } from "./fake-catalogs.test.ts";

const valid = `# A configuration with everything in it.
[experiment]
name = "wavelength_scan"
instrument = 'Prime BSI'
started = 2026-01-25T14:32:45Z
serial = 9007199254740993
notes = """
two
lines"""
sample = { id = 7, layers = [1.5, 2.5, [3]], fresh = true }

[storage]
format = ["hdf5", "csv"]
output_path = "data/{experiment}_{date}_{time}_v{version}.{ext}"
compression = "gzip"
compression_level = 5
chunk_size = 1_024
flush_interval_ms = 1000
durability = "power"
max_write_mb_per_s = 80.5

[ring_buffer]
size_mb = 500
path = "/dev/shm/daq_ring"
overflow = "resize"
max_size_mb = 2000
resize_then = "block"
block_timeout_ms = 10000

[[devices]]
id = "camera0"
driver = "sim.camera"
width = 640
height = 0x1e0
rate_hz = 30.0

[[devices]]
id = "port"
driver = "listener"
format = "csv"
port = 5025
shape = [4, 4]
labels = ["a", "b"]
extra = { deep = [[{ a = nan }]] }
`.replace("nan", "1");

/** mulberry32: the same mutations in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pieces = [
  ..."[]{}=.,\"'#\n\r\t\\-_ 0123456789aeTZ:",
  "[[",
  "]]",
  '"""',
  "'''",
  "nan",
  "inf",
  "true",
  "1e999",
  "-0",
  "\0",
  "\u0085",
  "😀",
  "\ud800",
  "__proto__",
  "= [",
  "\n[storage]\n",
  "\n[[devices]]\n",
  "both",
  "\\u0000",
  "..",
  "{x}",
  "99999999999999999999",
  "1979-05-27",
];

function mutated(text: string, next: () => number): string {
  const at = Math.floor(next() * text.length);
  const length = Math.floor(next() ** 3 * 30);
  const piece = pieces[Math.floor(next() * pieces.length)]!;
  const lines = text.split("\n");
  const from = Math.floor(next() * lines.length);
  const to = Math.floor(next() * lines.length);
  switch (Math.floor(next() * 6)) {
    case 0:
      return text.slice(0, at) + text.slice(at + length);
    case 1:
      return text.slice(0, at) + piece + text.slice(at);
    case 2:
      return text.slice(0, at) + piece + text.slice(at + length);
    case 3:
      return text.slice(0, at);
    case 4:
      return lines.toSpliced(to, 0, lines[from]!).join("\n");
    default:
      return lines.with(from, lines[to]!).with(to, lines[from]!).join("\n");
  }
}

test("2,000 mutations of a valid configuration give a configuration or DaqError(config), and never take long", async () => {
  await loadText(valid);
  const next = random(20_260_125);
  let accepted = 0;
  let slowestMs = 0;
  for (let round = 0; round < 2000; round++) {
    let text = valid;
    for (let count = 1 + Math.floor(next() * 3); count > 0; count--) text = mutated(text, next);
    const begin = performance.now();
    try {
      describeConfig(await loadText(text));
      accepted++;
    } catch (error) {
      const expected =
        error instanceof DaqError && error.code === "config" && error.message.startsWith("daq.toml:");
      assert.ok(expected, `round ${round}: ${error instanceof Error ? error.stack : String(error)}\n${text}`);
    }
    slowestMs = Math.max(slowestMs, performance.now() - begin);
  }
  // Both outcomes, or the mutations test nothing.
  assert.ok(accepted > 100 && accepted < 1900, `${accepted} accepted`);
  assert.ok(slowestMs < 1000, `${slowestMs} ms for one of them`);
});
