import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { countedRecords, countedSchema } from "../../test/ring/counted-samples.ts";
import { attach, temporaryRing, temporaryRingPath } from "../../test/ring/temporary-ring.ts";
import { dataOffset, generation, header } from "./layout.ts";
import { RingReader } from "./ring-reader.ts";
import { RingWriter } from "./ring-writer.ts";

const isRoot = process.getuid?.() === 0;

function open(path: string): RingReader {
  return RingReader.attach(path, { name: "reader", durable: false });
}

/** A ring with some of its bytes changed. */
function damagedRing(t: TestContext, at: number, bytes: Uint8Array): string {
  const { path } = temporaryRing(t, { sizeBytes: 8192 });
  writeSync(openSync(path, "r+"), bytes, 0, bytes.byteLength, at);
  return path;
}

test("a ring is the owner's alone, and as large from the start as it says", (t) => {
  const ring = temporaryRing(t, { sizeBytes: 1 << 20 });
  const status = statSync(ring.path);
  assert.equal(status.mode & 0o777, 0o600);
  assert.equal(status.size, dataOffset + (1 << 20));
  assert.ok(status.blocks * 512 >= status.size, "no page is left to be allocated later");
});

test("a size that is not whole pages is rounded up, and one that cannot be is refused", (t) => {
  assert.equal(temporaryRing(t, { sizeBytes: 5000 }).status().capacityBytes, 8192);
  for (const sizeBytes of [0, 4095, -1, Number.NaN, Number.POSITIVE_INFINITY])
    assert.throws(() => temporaryRing(t, { sizeBytes }), { code: "ring", message: /at least 4096 bytes/ });
});

test("a path that is taken stays as it was", (t) => {
  const path = temporaryRingPath(t);
  writeFileSync(path, "notes");
  assert.throws(() => RingWriter.create(path, { sizeBytes: 4096 }), {
    code: "ring",
    message: /exists already/,
  });
  assert.equal(readFileSync(path, "utf8"), "notes");
  assert.throws(() => RingWriter.create("/nowhere/at/all", { sizeBytes: 4096 }), { code: "path" });
});

test("a symbolic link is followed neither for making a ring nor for reading one", (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096 });
  const link = temporaryRingPath(t);
  symlinkSync(ring.path, link);
  assert.throws(() => open(link), { code: "ring", message: /cannot be opened/ });
  const dangling = temporaryRingPath(t);
  const target = temporaryRingPath(t);
  symlinkSync(target, dangling);
  assert.throws(() => RingWriter.create(dangling, { sizeBytes: 4096 }), {
    code: "ring",
    message: /exists already/,
  });
  assert.ok(!existsSync(target));
});

test("what is not a ring is refused by name", (t) => {
  const path = temporaryRingPath(t);
  assert.throws(() => open(path), { code: "ring", message: `There is no ring at ${path}.` });
  for (const content of ["", "short", "x".repeat(dataOffset + 8192)]) {
    writeFileSync(path, content);
    assert.throws(() => open(path), { code: "ring", message: `${path} is not a ring file.` });
  }
  assert.throws(() => open(tmpdir()), { code: "ring" });
});

test("another version of the layout is refused, with both numbers", (t) => {
  const path = damagedRing(t, header.version, Uint8Array.of(7, 0, 0, 0));
  assert.throws(() => open(path), {
    code: "ring",
    message: /layout version 7; this program understands version 1/,
  });
});

test("another user's ring is refused, whose it is included", {
  skip: !isRoot && "only root can give a file away",
}, (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096 });
  chownSync(ring.path, 12_345, 12_345);
  assert.throws(() => open(ring.path), { code: "ring", message: /belongs to user 12345, not to you \(0\)/ });
});

test("a ring that was cut off anywhere is refused instead of killing the reader", (t) => {
  for (const length of [
    8,
    60,
    1000,
    4096,
    dataOffset - 1,
    dataOffset,
    dataOffset + 1,
    dataOffset + 4096,
    dataOffset + 8191,
  ]) {
    const path = temporaryRingPath(t);
    const ring = RingWriter.create(path, { sizeBytes: 8192 });
    truncateSync(path, length);
    assert.throws(() => open(path), { code: "ring", message: /damaged|not a ring/ }, `${length} bytes`);
    rmSync(path);
    void ring;
  }
});

test("a header that does not fit its file is refused", (t) => {
  const large = Uint8Array.of(0, 0, 0, 0, 9, 0, 0, 0);
  const changes: readonly [number, Uint8Array][] = [
    [header.generations + generation.capacity, large],
    [header.maxBytes, new Uint8Array(8)],
    [header.dataOffset, Uint8Array.of(1, 2, 3, 4)],
    [header.generationCount, Uint8Array.of(17, 0, 0, 0)],
    [header.generationCount, Uint8Array.of(0, 0, 0, 0)],
    [header.generationCount, Uint8Array.of(0, 0, 0, 0x80)],
  ];
  for (const [at, bytes] of changes)
    assert.throws(() => open(damagedRing(t, at, bytes)), { code: "ring", message: /damaged/ });
});

test("a ring that grew can be opened and read from its oldest record", (t) => {
  const ring = temporaryRing(t, { sizeBytes: 4096, overflow: "resize", maxSizeBytes: 65_536 });
  const stream = ring.openStream(countedSchema("a"));
  for (let number = 0; number < 200; number++) stream.write(countedRecords("a", 20 * number, 20));
  const reader = attach(t, ring.path, "late");
  assert.equal(reader.capacityBytes, 65_536);
  let read = 0;
  for (let record = reader.next(); record !== undefined; record = reader.next()) read += record.count;
  assert.equal(read, 4000);
});

/** A file system of 1 MiB in memory, so that it can really be full. */
function smallFolder(t: TestContext): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "daq-ring-"));
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]);
  t.after(() => {
    if (status === 0) spawnSync("umount", ["-l", folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  if (status !== 0) return undefined;
  return folder;
}

test("without space for all of it no ring is made, and nothing is left behind", (t) => {
  const folder = smallFolder(t);
  if (folder === undefined) return t.skip("a small tmpfs can be mounted by root only");
  const path = join(folder, "ring");
  assert.throws(() => RingWriter.create(path, { sizeBytes: 1 << 20 }), {
    code: "ring",
    message: `The ring needs 1.3 MiB in ${folder}, which has 1.0 MiB free.`,
  });
  assert.ok(!existsSync(path));
});

test("a ring that cannot grow because the memory is full goes on with the size that it has", (t) => {
  const folder = smallFolder(t);
  if (folder === undefined) return t.skip("a small tmpfs can be mounted by root only");
  const ring = RingWriter.create(join(folder, "ring"), {
    sizeBytes: 1 << 18,
    overflow: "resize",
    maxSizeBytes: 1 << 24,
  });
  t.after(() => ring.remove());
  const stream = ring.openStream(countedSchema("a"));
  const reader = attach(t, ring.path, "reader", { durable: true });
  writeFileSync(join(folder, "filler"), new Uint8Array(300_000));
  for (let number = 0; number < 3000; number++) stream.write(countedRecords("a", 40 * number, 40));
  assert.equal(ring.status().capacityBytes, 1 << 18);
  const record = reader.next()!;
  assert.ok(record.lostBefore > 0);
});
