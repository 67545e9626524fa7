/** A file or a folder of a run, by its name in the run's folder; a folder goes with all that is in it. */
export type UploadRoot = {
  readonly name: string;
  /** False: it may never come to be (a file of lost ranges), or not be made yet. */
  readonly required: boolean;
  /** It says that the rest is complete, and is sent when the rest is proven. */
  readonly last?: boolean;
};

/** What is uploaded: names below one local folder. Each becomes an object of the same name at the target. */
export type UploadSource = {
  readonly folder: string;
  /** What the journal beside it and the marker at the target are called after. */
  readonly stem: string;
  /** The run's, in hexadecimal; absent for a folder that is no run of ours. */
  readonly runUid?: string;
  readonly roots: readonly UploadRoot[];
};

/** The upload's journal beside the run. */
export function uploadJournalName(stem: string): string {
  return `${stem}${uploadJournalEnd}`;
}

export const uploadJournalEnd = ".upload.jsonl";

/** The small object at the target that says whose these names are. */
export function markerKey(stem: string): string {
  return `${stem}.upload.json`;
}
