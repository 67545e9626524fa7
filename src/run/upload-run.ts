import { basename, join } from "node:path";
import { DaqError } from "../model/errors.ts";
import { shellWord } from "../model/shell-word.ts";
import { tryLock } from "../ring/posix.ts";
import type { Store } from "../stores/contract.ts";
import { type Removed, removeLocal } from "../upload/remove-local.ts";
import { Upload, type UploadSummary } from "../upload/upload.ts";
import { uploadJournalName } from "../upload/upload-source.ts";
import type { UploadProgress } from "../upload/upload-watch.ts";
import { requireTargetApart } from "./target-apart.ts";
import { normalTarget, openTarget } from "./upload-target.ts";
import { findUploadableRuns, type UploadableRun } from "./uploadable-run.ts";

export type UploadRunOptions = {
  /** Absent: what the run's upload journal says, as a spool's does. */
  readonly target?: string;
  readonly parallel?: number;
  readonly patienceMs?: number;
  /** Delete the local files once every one is proven, also when they are no spool. */
  readonly deleteLocal?: boolean;
  readonly stop: AbortSignal;
  readonly onProgress?: (progress: UploadProgress) => void;
  /** A further run of a spool that could not be uploaded; the first one's error is thrown when the others are done. */
  readonly onFailure?: (error: DaqError) => void;
};

export type UploadedRun = UploadSummary & {
  readonly path: string;
  /** Absent when the local files stay. */
  readonly removed?: Removed;
};

const progressMs = 250;

/**
 * Uploads a finished run, or goes on with an upload: of one run, or of all in a spool, one after the other. Throws
 * `DaqError("path")` for what cannot be uploaded, `UploadUnfinished` when not all of it got through.
 */
export async function* uploadRuns(
  path: string,
  options: UploadRunOptions,
): AsyncGenerator<UploadedRun, void, void> {
  const runs = await findUploadableRuns(path);
  let failure: unknown;
  for (const run of runs) {
    if (options.stop.aborted && failure !== undefined) break;
    try {
      yield await uploadTo(run, targetOf(run, options, runs.length), options);
    } catch (error) {
      if (runs.length === 1 || !(error instanceof DaqError)) throw error;
      // The other runs of a spool may be fine.
      if (failure !== undefined) options.onFailure?.(error);
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
}

async function uploadTo(run: UploadableRun, url: string, options: UploadRunOptions): Promise<UploadedRun> {
  await requireTargetApart(run.source, url);
  const store = await openTarget(url);
  try {
    return await uploadOne(run, url, store, options);
  } finally {
    await store.close();
  }
}

function targetOf({ source, head }: UploadableRun, { target }: UploadRunOptions, runs: number): string {
  const path = join(source.folder, source.stem);
  if (target === undefined) {
    if (head !== undefined) return head.url;
    throw new DaqError("usage", `Where is ${path} to go? Its upload has not begun, so nothing says that.`, {
      hint: `For example: daq upload ${shellWord(path)} s3://bucket/folder`,
    });
  }
  if (runs > 1 && head !== undefined && head.url !== normalTarget(target))
    throw new DaqError(
      "usage",
      `The runs of a spool go where they were recorded to: ${path} to ${head.url}.`,
      {
        hint: "Leave out the target, or name a single run.",
      },
    );
  const last = basename(target);
  if (source.roots.some((root) => root.name === last))
    throw new DaqError("usage", `The target ${target} would be a folder with ${last} in it.`, {
      hint: `Name the folder that it goes into: ${target.slice(0, -last.length)}`,
    });
  return normalTarget(target);
}

async function uploadOne(
  { source, head }: UploadableRun,
  url: string,
  store: Store,
  options: UploadRunOptions,
): Promise<UploadedRun> {
  const { parallel, patienceMs, stop, onProgress } = options;
  const upload = await Upload.open({
    source,
    store,
    url,
    tryLock,
    ...(parallel === undefined ? {} : { parallel }),
    ...(patienceMs === undefined ? {} : { patienceMs }),
  });
  const timer = setInterval(() => onProgress?.(upload.progress), progressMs);
  try {
    const path = join(source.folder, uploadJournalName(source.stem));
    // Killed while it deleted what was proven: there is nothing to send any more.
    const summary = upload.journal.state.removing
      ? upload.summaryOfProven()
      : await upload.run({ ended: AbortSignal.abort(), stop });
    const isSpool = head?.spool?.keep === false;
    if (options.deleteLocal !== true && !isSpool && !upload.journal.state.removing)
      return { ...summary, path };
    return { ...summary, path, removed: await removeLocal(source.folder, source.roots, upload.journal) };
  } finally {
    clearInterval(timer);
    await upload.close();
  }
}
