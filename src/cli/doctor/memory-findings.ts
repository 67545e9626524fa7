import { closeSync, ftruncateSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WorkerPool } from "../../bytes/pool/worker-pool.ts";
import { mapShared, prefault, sleepOnWord, unmapShared, wakeAll } from "../../ring/posix.ts";
import type { Finding } from "./finding.ts";

const pageBytes = 4096;

/** Maps a page of a file and sleeps on a word of it: what the ring does. */
export function sharedMemoryFinding(folder: string = tmpdir()): Finding {
  const name = "shared memory";
  const path = join(folder, `.daq-map-${process.pid}-${performance.now().toString(36)}`);
  try {
    const fd = openSync(path, "wx+", 0o600);
    try {
      ftruncateSync(fd, pageBytes);
      const mapping = mapShared(fd, pageBytes, path);
      prefault(mapping, 0, pageBytes);
      sleepOnWord(mapping, 0, 0, 1);
      wakeAll(mapping, 0);
      unmapShared(mapping);
    } finally {
      closeSync(fd);
      rmSync(path, { force: true });
    }
  } catch (error) {
    return {
      name,
      state: "failed",
      value: error instanceof Error ? error.message : String(error),
      hint: "The package koffi brings the binary for this platform: install again without --no-optional.",
    };
  }
  if (process.platform === "linux") return { name, state: "ok", value: "mmap and futex work" };
  return {
    name,
    state: "slow",
    value: "mmap works; there is no futex",
    hint: "Readers look for new records every millisecond instead of being woken.",
  };
}

/** Starts a worker and lets it compress. */
export async function workersFinding(): Promise<Finding> {
  const name = "workers";
  try {
    const pool = await WorkerPool.start({ workers: 1, memoryBytes: 1 << 20 });
    try {
      const input = await pool.take(pageBytes);
      await pool.encode(input, pageBytes, [{ codec: "shuffle", elementBytes: 2 }, { codec: "lz4-block" }]);
    } finally {
      await pool.close();
    }
    return { name, state: "ok", value: "compression in threads works" };
  } catch (error) {
    const value = error instanceof Error ? error.message : String(error);
    return { name, state: "failed", value, hint: "Install the package again: a file of it is missing." };
  }
}
