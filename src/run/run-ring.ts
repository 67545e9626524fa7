import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { RingBufferConfig } from "../config/config.ts";
import { removeOrphanRing } from "../recorder/orphan-ring.ts";
import { defaultRingPath } from "../ring/ring-place.ts";
import { RingWriter } from "../ring/ring-writer.ts";

const mebibyte = 2 ** 20;

/**
 * Makes the ring of a run. A file that an earlier run left at a configured path is replaced only when nothing in it is
 * still to be stored; otherwise making the ring fails and says so.
 */
export function createRunRing(config: RingBufferConfig, runUid: string): RingWriter {
  // The journal names it, and `daq recover` may run in another folder.
  const path = resolve(config.path ?? defaultRingPath(runUid));
  if (existsSync(path)) removeOrphanRing(path);
  return RingWriter.create(path, {
    sizeBytes: config.sizeMb * mebibyte,
    overflow: config.overflow,
    maxSizeBytes: config.maxSizeMb * mebibyte,
    resizeThen: config.resizeThen,
    blockTimeoutMs: config.blockTimeoutMs,
    runUid,
  });
}
