import { rm, stat } from "node:fs/promises";
import { inspectParquet } from "./inspect.ts";
import { tailPath, tailSlots } from "./tail-file.ts";

/** Removes a file that a run of this uid made, and its tails; a file without a whole beginning is that run's as well. */
export async function discardParquet(path: string, runUid: string): Promise<void> {
  if ((await stat(path).catch(() => undefined)) === undefined) return;
  const summary = await inspectParquet(path).catch(() => undefined);
  if (summary !== undefined && summary.run?.uid !== runUid) return;
  // The file last: a tail without one is somebody's only copy.
  for (const slot of tailSlots) await rm(tailPath(path, slot), { force: true });
  await rm(path, { force: true });
}
