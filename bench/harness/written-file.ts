import { open, stat } from "node:fs/promises";
import type { Figures } from "./benchmark.ts";

/** Waits until the device has each file. */
async function flush(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const handle = await open(path, "r");
    await handle.sync();
    await handle.close();
  }
}

/**
 * Times `write`, then how long the device takes longer to have the files, as the peers are timed. `write` returns what
 * else it used, such as processor time of other processes.
 */
export async function timeWriting(
  inputBytes: number,
  paths: readonly string[],
  write: () => Promise<{ readonly cpuSeconds: number } | undefined>,
): Promise<Figures> {
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const others = await write();
  const written = performance.now();
  const { user, system } = process.cpuUsage(cpuBefore);
  await flush(paths);
  const flushed = performance.now();
  let size = 0;
  for (const path of paths) size += (await stat(path)).size;
  const megabytes = inputBytes / 1e6;
  return {
    mb_per_s: megabytes / ((written - start) / 1000),
    mb_per_s_fsync: megabytes / ((flushed - start) / 1000),
    size_ratio: size / inputBytes,
    cpu_s: (user + system) / 1e6 + (others?.cpuSeconds ?? 0),
  };
}
