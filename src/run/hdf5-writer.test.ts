import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openHdf5 } from "../formats/hdf5/open-hdf5.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import { RingBuffer } from "../ring/ring-buffer.ts";
import { Hdf5Writer } from "./hdf5-writer.ts";

const schema: StreamSchema = {
  name: "power_meter",
  kind: "table",
  columns: [{ name: "power", dtype: "float64", shape: [], dims: [], unit: "W" }],
  source: "test",
  clock: "system",
};

function ringPath(): string {
  return `/dev/shm/daq-hdf5-writer-test-${process.pid}-${Math.random().toString(36).slice(2)}`;
}

test("writes what comes through the ring while it comes, and resolves when the ring ends", async () => {
  const folder = await mkdtemp(join(tmpdir(), "daq-hdf5-writer-"));
  const ring = RingBuffer.create(ringPath(), { sizeMb: 1, overflow: "block" });
  try {
    const stream = ring.openStream(schema);
    const writer = Hdf5Writer.create(join(folder, "data.h5"), ring, { experiment: { name: "drift" } });
    const writing = writer.run();
    const value = new Float64Array(1);
    const columns = [new Uint8Array(value.buffer)];
    // More than the ring holds: the writer has to keep up.
    for (let row = 0; row < 40_000; row++) {
      value[0] = row / 8;
      await stream.write({ count: 1, timestampNs: 1_764_000_000_000_000_000n + BigInt(row), columns });
    }
    const { path, isLossless, ledger } = await writer.stop();
    assert.equal((await writing).path, path);
    assert.equal(isLossless, true);
    assert.equal(ledger.accounts[0]!.stored, 40_000);
    const file = await openHdf5(path);
    const power = file.dataset("/power_meter")!.value as Float64Array;
    assert.equal(file.root.attrs.experiment!.value, "drift");
    file.close();
    assert.equal(power.length, 40_000);
    for (const row of [0, 1, 8_191, 8_192, 39_999]) assert.equal(power[row], row / 8);
  } finally {
    ring.remove();
    await rm(folder, { recursive: true, force: true });
  }
});

test("says that streams come first, when there is none", async () => {
  const ring = RingBuffer.create(ringPath(), { sizeMb: 1 });
  try {
    await assert.rejects(Hdf5Writer.create("/nowhere/data.h5", ring).run(), /no stream yet/);
  } finally {
    ring.remove();
  }
});
