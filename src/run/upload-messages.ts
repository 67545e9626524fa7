import type { ErrorCode } from "../model/errors.ts";
import type { Removed } from "../upload/remove-local.ts";
import type { UploadSummary } from "../upload/upload.ts";
import type { UploadHead } from "../upload/upload-journal-lines.ts";
import type { UploadSource } from "../upload/upload-source.ts";
import type { UploadProgress } from "../upload/upload-watch.ts";

/** All that an uploader needs to know; plain JSON, because it travels to another process. */
export type UploadJob = {
  readonly source: UploadSource;
  readonly url: string;
  readonly spool: NonNullable<UploadHead["spool"]>;
  readonly patienceMs: number;
  readonly indexPath: string;
};

export type ToUploader =
  /** Take the names of this run at the store; answered by `claimed`. */
  | { readonly type: "claim"; readonly job: UploadJob; readonly waitMs: number }
  /** Begin to bring what is finished. */
  | { readonly type: "follow"; readonly job: UploadJob }
  /** The run is over and its files are closed. */
  | { readonly type: "ended" }
  /** The run did not begin: give its names back, and end. */
  | { readonly type: "release" }
  | { readonly type: "stop" };

export type SentUploadError = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
};

export type ClaimResult =
  | { readonly result: "ours" }
  /** Something else has these names. */
  | { readonly result: "taken"; readonly error: SentUploadError }
  /** No waiting cures it: no credentials, no such bucket. */
  | { readonly result: "refused"; readonly error: SentUploadError }
  /** The store did not answer in time; the claim is made while the run goes on. */
  | { readonly result: "unknown"; readonly error: SentUploadError };

export type FromUploader =
  | { readonly type: "claimed"; readonly claim: ClaimResult }
  | { readonly type: "progress"; readonly progress: UploadProgress }
  | { readonly type: "finished"; readonly summary: UploadSummary; readonly removed?: Removed }
  | { readonly type: "error"; readonly error: SentUploadError };
