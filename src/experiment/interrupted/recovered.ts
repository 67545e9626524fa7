import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { DaqError } from "../../model/errors.ts";
import { journalPath } from "../../recorder/recorder-options.ts";
import { recover } from "../../recorder/recover-run.ts";

/** A recorder that outlived its acquisition stores what the ring holds; that long it is waited for. */
const patienceMs = 120_000;
/** One that has just begun may hold the ring and not the files yet. A run that goes on is told from it by this time only. */
const ringPatienceMs = 5_000;
const lookEveryMs = 200;

/**
 * Completes the files of a run whose process died, as `daq recover` does. A recorder that is still at it is waited for.
 * Throws what prevents it, and `DaqError("ring")` for a run that goes on.
 */
export async function recovered(indexPath: string, onNotice: (notice: string) => void): Promise<void> {
  const journal = journalPath(indexPath);
  const startedMs = performance.now();
  let told = false;
  while (existsSync(journal)) {
    try {
      const recovery = await recover(journal);
      if (recovery.kind === "run") {
        if (recovery.failure !== undefined) throw recovery.failure;
        onNotice(
          `The files of the run that was interrupted were completed: ${recovery.addedRecords} records came from its ring.`,
        );
      }
      return;
    } catch (error) {
      const waitedMs = performance.now() - startedMs;
      if (waitedMs > (patienceFor(error) ?? 0)) throw error;
    }
    if (!told) onNotice("Another process is still storing the run that was interrupted; it is waited for.");
    told = true;
    await setTimeout(lookEveryMs);
  }
}

function patienceFor(error: unknown): number | undefined {
  if (!(error instanceof DaqError)) return undefined;
  if (error.code === "ring") return ringPatienceMs;
  return error.code === "path" ? patienceMs : undefined;
}
