import { gigabytes } from "./disk-space.ts";
import { sweepRings } from "./sweep-rings.ts";

/** Deletes the rings of killed runs that are of no use to anybody, and says so. */
export function sweptNotices(): readonly string[] {
  return sweepRings().map(({ path, bytes, was }) =>
    was === "empty"
      ? `Removed ${path} (${gigabytes(bytes)}), the empty ring of a run that was killed while it started.`
      : `Removed ${path} (${gigabytes(bytes)}), the ring of a run that was killed at its very end: all of it is stored.`,
  );
}
