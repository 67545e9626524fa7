import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { outputUrlOf } from "../../config/output-url.ts";
import { DaqError } from "../../model/errors.ts";
import { journalPath } from "../../recorder/recorder-options.ts";
import { freeBytes, gigabytes } from "../../run/disk-space.ts";
import type { RunReport } from "../../run/run-contract.ts";
import type { ExperimentHooks } from "../experiment.ts";
import { RunRecording, type RunRecordingParts } from "../run-recording.ts";
import { bytesOf } from "./bytes-of.ts";
import { type InterruptedRun, movedAside } from "./interrupted-run.ts";
import { keptRecords } from "./kept-records.ts";
import { isTakenUp, markTakenUp, putBack, removeCopy } from "./set-aside.ts";

export type TakeUpParts = Omit<RunRecordingParts, "earlier" | "hooks"> & { readonly hooks: ExperimentHooks };

/**
 * A recording that goes on with an interrupted run: sets the files of its record aside, and copies what stays of them into new
 * ones of the same names. When that fails, the record is whole where `openInterruptedRun` finds it.
 */
export async function takeUpRecording(
  run: InterruptedRun,
  numbers: ReadonlyMap<string, number>,
  signal: AbortSignal,
  parts: TakeUpParts,
): Promise<RunRecording> {
  await checkPlaces(run, parts);
  const { hooks } = parts;
  const kept = await keptRecords(run, numbers);
  const aside = await movedAside(run);
  let recording: RunRecording | undefined;
  try {
    recording = new RunRecording(aside.start, {
      ...parts,
      earlier: { info: resumedInfo(aside, numbers), indexPath: aside.indexPath },
    });
    let copied = 0;
    await recording.takeUp(aside, kept, (part) => {
      signal.throwIfAborted();
      copied += part.count;
      hooks.onCopying?.(copied, kept.records);
    });
    await recording.secured(signal);
    await markTakenUp(run.place.folder);
  } catch (error) {
    const report = await recording?.finish().catch(() => undefined);
    await restore(run, report);
    throw error;
  }
  const events = [...numbers]
    .filter(([, number]) => number > 0)
    .map(([stream, number]) => `${number} of ${stream}`)
    .join(", ");
  hooks.onNotice?.(
    `The run goes on after event ${events || "0"}. The files of the interrupted part are in ${run.place.folder}; all that counts of them is in the run's files now.`,
  );
  return recording;
}

/** Gives the record its names back, and removes what was copied of it. What a crash would leave is left for the next attempt. */
async function restore(
  { info, indexPath, place }: InterruptedRun,
  report: RunReport | undefined,
): Promise<void> {
  // The mark says which of the two is the record, also where it could be neither finished nor removed.
  if (isTakenUp(place.folder)) return;
  if (report !== undefined) {
    if (report.index.end === "failed") return;
    await removeCopy(report.indexPath, info.uid);
  }
  if (!existsSync(journalPath(indexPath))) await putBack({ indexPath, folder: place.folder });
}

/** Throws what would prevent it, before anything is moved. */
async function checkPlaces({ place, streams }: InterruptedRun, { config }: TakeUpParts): Promise<void> {
  if (outputUrlOf(config.storage.outputPath) !== undefined)
    throw new DaqError("usage", "A run whose files go to a store cannot be taken up again.", {
      hint: "Take it up with an output_path on this machine (--output), then upload it with `daq upload`.",
    });
  let needed = 0;
  for (const path of new Set(streams.flatMap(({ source }) => source.files.map((file) => file.path))))
    needed += await bytesOf(path);
  const free = freeBytes(resolve(place.indexPath));
  if (needed > free)
    throw new DaqError(
      "disk-full",
      `The files of the interrupted run take ${gigabytes(needed)}, and are copied: there are ${gigabytes(free)} free.`,
      { hint: "Make room on the disk, or take the run up with another output_path." },
    );
}

/** Who reads the files finds in them that the run was interrupted, and where. */
function resumedInfo({ info }: InterruptedRun, numbers: ReadonlyMap<string, number>): InterruptedRun["info"] {
  const earlier = Array.isArray(info.experiment.resumed) ? info.experiment.resumed : [];
  const resumed = [...earlier, { at: new Date().toISOString(), after: Object.fromEntries(numbers) }];
  return { ...info, experiment: { ...info.experiment, resumed } };
}
