import { existsSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { RingOptions } from "../../src/ring/ring-options.ts";
import { RingReader } from "../../src/ring/ring-reader.ts";
import { RingWriter } from "../../src/ring/ring-writer.ts";

let count = 0;

/** A path for a ring, in memory where the system has that; what is there is deleted after the test. */
export function temporaryRingPath(t: TestContext): string {
  const folder = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  const path = join(folder, `daq-test-${process.pid}-${count++}`);
  t.after(() => rmSync(path, { force: true }));
  return path;
}

export function temporaryRing(t: TestContext, options: RingOptions): RingWriter {
  const ring = RingWriter.create(temporaryRingPath(t), options);
  t.after(() => ring.remove());
  return ring;
}

export function attach(
  t: TestContext,
  path: string,
  name: string,
  options: { durable?: boolean; from?: "oldest" | "newest" } = {},
): RingReader {
  const reader = RingReader.attach(path, { name, durable: false, ...options });
  t.after(() => reader.detach());
  return reader;
}
