import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { RingBufferConfig } from "../config/config.ts";
import type { DaqError } from "../model/errors.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import { RingWriter } from "../ring/ring-writer.ts";
import { checkDescriptionsFit, checkRingFits } from "./ring-fit.ts";

const ring: RingBufferConfig = {
  sizeMb: 8,
  overflow: "discard-oldest",
  maxSizeMb: 32,
  resizeThen: "discard-oldest",
  blockTimeoutMs: 1000,
};

function frames(height: number, width: number): StreamSchema {
  return {
    name: "camera0",
    kind: "array",
    source: "test",
    clock: "system",
    columns: [{ name: "frame", dtype: "uint16", shape: [height, width], dims: ["y", "x"] }],
  };
}

test("a frame that is larger than the ring is refused with the size that is needed", () => {
  const large = frames(4096, 4096); // 32 MiB, and the record's header.
  assert.throws(
    () => checkRingFits(ring, [frames(8, 8), large]),
    (error: DaqError) => {
      assert.equal(error.code, "config");
      assert.match(error.message, /size_mb = 8: a single record of camera0 \(32\.1 MiB\) does not fit/);
      assert.match(error.hint!, /ring_buffer\.size_mb to 33 at least; 321 holds ten/);
      return true;
    },
  );
  checkRingFits({ ...ring, sizeMb: 33 }, [large]);
});

test("a ring that grows has to hold a frame when it has grown", () => {
  const large = frames(4096, 4096);
  const growing = { ...ring, overflow: "resize" } as const;
  assert.throws(() => checkRingFits(growing, [large]), /max_size_mb = 32/);
  checkRingFits({ ...growing, maxSizeMb: 33 }, [large]);
});

test("what is refused is what the ring refuses, to the byte", (t) => {
  // The largest frame of one row for a ring of 1 MiB, and one value more.
  const fits = (width: number): boolean => {
    try {
      checkRingFits({ ...ring, sizeMb: 1 }, [frames(1, width)]);
      return true;
    } catch {
      return false;
    }
  };
  let width = 1;
  for (let step = 2 ** 20; step >= 1; step /= 2) if (fits(width + step)) width += step;
  const path = join(tmpdir(), `daq-ring-fit-${process.pid}`);
  const writer = RingWriter.create(path, { sizeBytes: 2 ** 20 });
  t.after(() => writer.remove());
  const record = (columns: number) => ({
    count: 1,
    timestampNs: 1n,
    timestampsNs: BigInt64Array.of(1n),
    columns: [new Uint8Array(2 * columns)],
  });
  writer.openStream(frames(1, width)).write(record(width));
  const wider = writer.openStream({ ...frames(1, width + 1), name: "wider" });
  assert.throws(() => wider.write(record(width + 1)), /One record needs/);
});

test("descriptions are refused exactly when the ring has no place for them", () => {
  const info = {
    uid: "6".repeat(32),
    startedAtNs: "0",
    experiment: {},
    host: "here",
    software: { name: "test", version: "0" },
    devices: [],
  };
  const wide = (columns: number): StreamSchema => ({
    name: "adc",
    kind: "table",
    source: "test",
    clock: "system",
    columns: Array.from({ length: columns }, (_, at) => ({
      name: `channel_${at}`,
      dtype: "float64",
      shape: [],
      dims: [],
    })),
  });
  const fits = (columns: number): boolean => {
    try {
      checkDescriptionsFit(info, [wide(columns)]);
      return true;
    } catch (error) {
      assert.match((error as DaqError).message, /256 KiB for them.*adc with \d+ columns/);
      return false;
    }
  };
  const path = join(tmpdir(), `daq-describe-${process.pid}`);
  const opens = (columns: number): boolean => {
    const writer = RingWriter.create(path, { sizeBytes: 65_536, runUid: info.uid });
    try {
      writer.describeRun(info);
      writer.openStream(wide(columns));
      return true;
    } catch {
      return false;
    } finally {
      writer.remove();
    }
  };
  let most = 1000;
  for (let step = 2048; step >= 1; step /= 2) if (fits(most + step)) most += step;
  assert.ok(most > 3000 && most < 5000, `${most}`);
  assert.deepEqual([opens(most), opens(most + 1)], [true, false]);
});
