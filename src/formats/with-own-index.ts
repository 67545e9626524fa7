import type { Batch } from "../model/batch.ts";

/**
 * The batch with times and numbers of its own, its values still where they are: made of a batch in memory that may be
 * overwritten, before it is asked whether it was.
 */
export function withOwnIndex(batch: Batch): Batch {
  return { ...batch, timestampsNs: batch.timestampsNs.slice(), sequences: batch.sequences.slice() };
}
