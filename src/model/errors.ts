/**
 * The closed set of failures. `message` says what happened, where, and what was expected; `hint` says what to do.
 * A command prints `message`, then `hint`, and exits with the code that `exitCodeOf` gives.
 */
export const errorCodes = [
  /** The command line or the configuration is wrong; nothing was started. */
  "usage",
  "config",
  /** A path exists, is missing, is not writable, or leaves the output folder. */
  "path",
  /** A ring file is of another version or owner, damaged, in use, or does not fit. */
  "ring",
  /** The ring stayed full for longer than `block_timeout_ms`. */
  "ring-full",
  /** A format cannot hold what it was asked to hold, or a file is not what it should be. */
  "format",
  /** A device does not exist, did not answer, or sent something that it should not. */
  "device",
  /** The disk is full. */
  "disk-full",
  /** Any other failure of a read, a write or a flush. */
  "io",
  /** A process that this one depends on ended. */
  "process",
  /** A script is not one, or failed while it ran. */
  "script",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export class DaqError extends Error {
  override readonly name = "DaqError";
  readonly code: ErrorCode;
  /** What the person can do about it: one sentence. */
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.hint = options.hint;
  }
}

/**
 * 0 complete, 1 failed, 2 wrong usage or configuration, 3 finished but something was lost, 4 recorded in full, but not all
 * of it is at the store it was to go to.
 */
export const exitCodes = { complete: 0, failed: 1, usage: 2, lossy: 3, notUploaded: 4 } as const;

export function exitCodeOf(error: unknown): number {
  return error instanceof DaqError && (error.code === "usage" || error.code === "config")
    ? exitCodes.usage
    : exitCodes.failed;
}

/** The `code` of a system error ("ENOSPC"), or undefined. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

/** Wraps a failed write: a full disk (or quota) is its own kind, because the recorder can go on after it. */
export function writeError(path: string, cause: unknown): DaqError {
  if (cause instanceof DaqError) return cause;
  const code = systemCode(cause);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return code === "ENOSPC" || code === "EDQUOT"
    ? new DaqError("disk-full", `The disk is full: writing ${path} failed (${reason}).`, {
        hint: "Free some space, then run `daq recover` on the file: what the ring still holds is added to it.",
        cause,
      })
    : new DaqError("io", `Writing ${path} failed: ${reason}`, {
        hint: "Check the disk and the connection to it; what was stored before stays readable.",
        cause,
      });
}
