import assert from "node:assert/strict";
import { mkdtemp, open, readFile, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DirectWriter } from "./direct-writer.ts";
import { openFileSink } from "./file-sink.ts";

function pattern(length: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 16;
  });
}

async function inFolder(parent: string, work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(parent, "daq-direct-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test("writes pieces of any length and place, byte for byte, wherever their edges lie", async (t) => {
  await inFolder(tmpdir(), async (folder) => {
    const path = join(folder, "direct");
    const handle = await open(path, "w+");
    const edges: number[] = [];
    const direct = await DirectWriter.open(path, async (offsetBytes, bytes) => {
      edges.push(bytes.byteLength);
      await handle.write(bytes, 0, bytes.byteLength, offsetBytes);
    });
    if (direct === undefined) {
      await handle.close();
      return t.skip(`${tmpdir()} takes no direct writes`);
    }
    const expected = Buffer.alloc(40 << 20);
    let end = 0;
    let seed = 1;
    const writes: Promise<void>[] = [];
    for (const [offset, ...lengths] of [
      [0, 8 << 20],
      [(8 << 20) + 1, 5_000_000, 3, 1_234_567],
      [16 << 20, 4096],
      [(16 << 20) + 5000, 100],
      [(17 << 20) - 7, 14],
      [20 << 20, (4 << 20) + 4095, 1, 4096],
      [30 << 20, 0],
    ] as const) {
      const pieces = lengths.map((length) => pattern(length, seed++));
      const all = Buffer.concat(pieces);
      expected.set(all, offset);
      if (all.byteLength > 0) end = Math.max(end, offset + all.byteLength);
      const { written } = await direct.write(offset, pieces);
      writes.push(written);
      // They are the caller's again.
      for (const piece of pieces) piece.fill(0xee);
    }
    await Promise.all(writes);
    await direct.close();
    await handle.close();
    const found = await readFile(path);
    assert.equal(found.byteLength, end);
    assert.ok(found.equals(expected.subarray(0, end)));
    assert.ok(Math.max(...edges) < 8192, "only what is not aligned goes through the page cache");
  });
});

test("a sink on a file system in memory has no writes past the page cache, and needs none", async (t) => {
  const memory = 0x0102_1994;
  const { type } = await statfs("/dev/shm").catch(() => ({ type: 0 }));
  if (type !== memory) return t.skip("/dev/shm is not in memory here");
  await inFolder("/dev/shm", async (folder) => {
    const sink = await openFileSink(join(folder, "plain"));
    assert.equal(sink.writeBehind, undefined);
    await sink.writeAt!(0, [pattern(10, 1)]);
    await sink.close();
  });
});
