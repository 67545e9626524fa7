import { DaqError } from "../model/errors.ts";

export const overflowModes = ["discard-oldest", "block", "resize"] as const;
export type OverflowMode = (typeof overflowModes)[number];

/** What a full ring does: `discard-oldest` never stalls the producer; `block` waits for the slowest recorder. */
export type RingOptions = {
  /** Size of the data area. */
  readonly sizeBytes: number;
  readonly overflow?: OverflowMode;
  /** `resize` only: the data area grows up to this size; default four times `sizeBytes`. */
  readonly maxSizeBytes?: number;
  /** `resize` only: what a ring does that cannot grow any more. */
  readonly resizeThen?: "discard-oldest" | "block";
  readonly blockTimeoutMs?: number;
  /** 32 hexadecimal digits that tell this run from others; default zeros. */
  readonly runUid?: string;
};

export type ResolvedRingOptions = {
  readonly capacityBytes: number;
  readonly maxCapacityBytes: number;
  readonly overflow: OverflowMode;
  readonly whenFull: "discard-oldest" | "block";
  readonly blockTimeoutMs: number;
  readonly runUid: string;
};

const pageBytes = 4096;

function wholePages(bytes: number): number {
  return Math.ceil(bytes / pageBytes) * pageBytes;
}

/** Fills in defaults and rounds sizes up to pages. Throws `DaqError("ring")` for sizes that cannot be. */
export function resolveRingOptions(options: RingOptions): ResolvedRingOptions {
  const { sizeBytes, overflow = "discard-oldest" } = options;
  if (!Number.isFinite(sizeBytes) || sizeBytes < pageBytes)
    throw new DaqError("ring", `A ring needs at least ${pageBytes} bytes, not ${sizeBytes}.`, {
      hint: "Give sizeBytes, or sizeMb in MiB.",
    });
  const capacityBytes = wholePages(sizeBytes);
  const maxCapacityBytes =
    overflow === "resize"
      ? Math.max(capacityBytes, wholePages(options.maxSizeBytes ?? 4 * capacityBytes))
      : capacityBytes;
  return {
    capacityBytes,
    maxCapacityBytes,
    overflow,
    whenFull: overflow === "resize" ? (options.resizeThen ?? "discard-oldest") : overflow,
    blockTimeoutMs: options.blockTimeoutMs ?? 10_000,
    runUid: options.runUid ?? "0".repeat(32),
  };
}
