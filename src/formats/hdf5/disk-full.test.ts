import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Batch } from "../../model/batch.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { targetIn } from "../../testing/format-contract/recording.ts";
import type { FormatOptions, FormatWriter } from "../contract.ts";
import { hdf5Format } from "./format.ts";
import { openHdf5 } from "./open-hdf5.ts";

const [height, width] = [512, 512];
const pixels = height * width;
const camera: StreamSchema = {
  name: "camera0",
  kind: "array",
  columns: [{ name: "frame", dtype: "uint16", shape: [height, width], dims: ["y", "x"] }],
  source: "test",
  clock: "system",
};

/** Bytes that no codec makes smaller. */
function frame(number: number): Batch {
  const values = new Uint16Array(pixels);
  let state = number + 1;
  for (let at = 0; at < pixels; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[at] = state >>> 16;
  }
  return {
    stream: camera,
    count: 1,
    timestampsNs: BigInt64Array.of(BigInt(number)),
    sequences: BigInt64Array.of(BigInt(number)),
    columns: [{ bytes: new Uint8Array(values.buffer) }],
  };
}

/** A real file system of this size; undefined where this user may not mount one. */
async function smallDisk(context: TestContext, kibibytes: number): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "daq-hdf5-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${kibibytes}k`, "tmpfs", folder], { stdio: "ignore" });
  } catch {
    await rm(folder, { recursive: true });
    return undefined;
  }
  context.after(async () => {
    execFileSync("umount", [folder]);
    await rm(folder, { recursive: true });
  });
  return folder;
}

async function appendUntilFull(writer: FormatWriter): Promise<{ stored: number; error: unknown }> {
  let stored = 0;
  for (let number = 0; ; number++) {
    try {
      await writer.append(frame(number));
      await writer.checkpoint();
      stored = number + 1;
    } catch (error) {
      return { stored, error };
    }
  }
}

for (const options of [
  { compression: "none" },
  { compression: "gzip", compressionLevel: 1 },
  { compression: "none", live: true },
] as const)
  test(`a disk that gets full in the middle of a chunk is a named error; the file keeps its last checkpoint, and is completed when there is room (${JSON.stringify(options)})`, async (context) => {
    // Room for a few frames and half of another.
    const disk = await smallDisk(context, 5 * 512 + 256 + 200);
    if (disk === undefined) return context.skip("mounting a small tmpfs needs root");
    const chosen: FormatOptions = { ...options, durability: "process" };
    const target = targetIn(disk, hdf5Format, [camera], chosen);
    const writer = await hdf5Format.create(target);
    const { stored, error } = await appendUntilFull(writer);
    assert.equal((error as { code: string }).code, "disk-full", String(error));
    assert.ok((error as Error).message.includes(target.path), String(error));
    assert.ok(stored >= 3 && stored <= 5, `${stored} frames`);
    await assert.rejects(writer.checkpoint(), { code: "disk-full" });
    await writer[Symbol.asyncDispose]();

    const look = async () => {
      const file = await openHdf5(target.path);
      const frames = file.dataset("/entry/camera0/frame")!;
      assert.deepEqual(frames.shape, [stored, height, width]);
      for (let number = 0; number < stored; number++)
        assert.deepEqual(
          frames.slice([[number, number + 1]]),
          new Uint16Array(frame(number).columns[0]!.bytes.buffer),
          `frame ${number}`,
        );
      file.close();
    };
    await look();

    execFileSync("mount", ["-o", "remount,size=16m", disk]);
    const recovered = await hdf5Format.recover(target.path);
    assert.deepEqual([recovered.changed, recovered.records], [true, stored]);
    await look();
    assert.equal((await hdf5Format.inspect(target.path)).state, "complete");
  });

test("a disk without room for the first bytes leaves no file behind", async (context) => {
  const disk = await smallDisk(context, 4);
  if (disk === undefined) return context.skip("mounting a small tmpfs needs root");
  const target = targetIn(disk, hdf5Format, [camera], { compression: "none", durability: "process" });
  for (let attempt = 0; attempt < 2; attempt++)
    await assert.rejects(hdf5Format.create(target), { code: "disk-full" });
});
