import { openFileSink } from "../../bytes/file-sink.ts";
import { DaqError } from "../../model/errors.ts";
import type { RecoveredFile } from "../contract.ts";
import { readCheckpoint } from "./checkpoint-file.ts";
import { resumeRunFolder } from "./open-run-folder.ts";
import { RunFolder } from "./run-folder.ts";
import { readRunRoot } from "./run-root.ts";

/**
 * Finishes the folder that a crash left, up to its last checkpoint, from itself alone. What is complete, and what another
 * program wrote, stays as it is.
 */
export async function recoverZarr(path: string): Promise<RecoveredFile> {
  const { record } = await readRunRoot(path);
  if (record === undefined) return { path, changed: false, records: 0, cutBytes: 0, isForeign: true };
  if (record.complete) {
    const records = (record.ledger?.accounts ?? []).reduce((sum, { stored }) => sum + stored, 0);
    return { path, changed: false, records, cutBytes: 0 };
  }
  const folderOptions = { openSink: openFileSink, durability: "process" } as const;
  const folder = new RunFolder(path, folderOptions);
  const state = await readCheckpoint(folder);
  if (state === undefined)
    throw new DaqError("format", `${path} is not complete, and has no checkpoint to finish it from.`, {
      hint: "Something removed .checkpoint.json from it. What is in whole chunks and shards can still be read.",
    });
  const writer = await resumeRunFolder(path, record.run, record.options, state, folderOptions);
  try {
    const { accounts } = await writer.closeAsKnown();
    const count = (of: "stored" | "lost") => accounts.reduce((sum, account) => sum + account[of], 0);
    return { path, changed: true, records: count("stored"), cutBytes: 0, lost: count("lost") };
  } catch (error) {
    await writer[Symbol.asyncDispose]();
    throw error;
  }
}
