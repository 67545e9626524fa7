import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DaqError } from "../model/errors.ts";
import { dataOffset } from "./layout.ts";
import { RingBuffer } from "./ring-buffer.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "daq-ring-buffer-"));
});
after(() => rm(folder, { recursive: true, force: true }));

test("a size in MiB and the same size in bytes make the same ring", () => {
  const sizes = [{ sizeMb: 2 }, { sizeBytes: 2 * 2 ** 20 }].map((size, index) => {
    const ring: RingBuffer = RingBuffer.create(join(folder, `equal-${index}`), size);
    const { capacityBytes } = ring.status();
    const fileBytes = statSync(ring.path).size;
    ring.remove();
    return { capacityBytes, fileBytes };
  });
  assert.deepEqual(sizes[0], { capacityBytes: 2_097_152, fileBytes: dataOffset + 2_097_152 });
  assert.deepEqual(sizes[1], sizes[0]);
});

test("a reader gets what the writer wrote", () => {
  const ring = RingBuffer.create(join(folder, "read"), { sizeMb: 1 });
  const stream = ring.openStream({
    name: "meter",
    kind: "table",
    source: "test",
    clock: "system",
    columns: [{ name: "volts", dtype: "float64", shape: [], dims: [], unit: "V" }],
  });
  stream.write({ count: 1, timestampNs: 5n, columns: [new Uint8Array(new Float64Array([1.25]).buffer)] });
  const reader = RingBuffer.attach(ring.path, { name: "tap", durable: false });
  try {
    assert.equal(reader.streams[0]?.name, "meter");
    assert.equal(reader.producedOf(0), 1);
  } finally {
    reader.close();
    ring.remove();
  }
});

test("the largest size of a growing ring is taken in either unit", () => {
  for (const [index, size] of [{ maxSizeMb: 3 }, { maxSizeBytes: 3 * 2 ** 20 }].entries()) {
    const ring = RingBuffer.create(join(folder, `grow-${index}`), { sizeMb: 1, overflow: "resize", ...size });
    assert.equal(ring.options.maxCapacityBytes, 3 * 2 ** 20);
    ring.remove();
  }
});

test("refuses a size that does not say its unit, no size, and two sizes, and makes no file", () => {
  const path = join(folder, "refused");
  const wrong: readonly [unknown, RegExp, RegExp][] = [
    [100, /does not say what the size is/, /\{ sizeMb: 100 \} or \{ sizeBytes: 100 \}/],
    [{}, /needs a size/, /sizeMb: 100/],
    [{ sizeMb: 1, sizeBytes: 2 ** 20 }, /both sizeMb and sizeBytes/, /Keep one/],
    [{ sizeMb: 1, maxSizeMb: 2, maxSizeBytes: 2 ** 21 }, /both maxSizeMb and maxSizeBytes/, /Keep one/],
  ];
  for (const [options, message, hint] of wrong)
    assert.throws(
      () => RingBuffer.create(path, options as { sizeMb: number }),
      (error) =>
        error instanceof DaqError &&
        error.code === "usage" &&
        message.test(error.message) &&
        hint.test(error.hint ?? ""),
    );
  assert.equal(existsSync(path), false);
});
