import type { Batch } from "../../src/model/batch.ts";
import type { Ledger } from "../../src/model/ledger.ts";
import type { Frames } from "./benchmark-input.ts";
import { sampleTimestamps } from "./sample-stream.ts";

/** What a camera hands over at once. */
const batchBytes = 4 << 20;

/** The first `count` frames, in batches as a recorder hands them over. */
export function frameBatches({ schema, frames, frameBytes }: Frames, count: number): Batch[] {
  const perBatch = Math.max(1, Math.floor(batchBytes / frameBytes));
  const batches: Batch[] = [];
  for (let first = 0; first < Math.min(count, frames.length); first += perBatch) {
    const part = frames.slice(first, Math.min(first + perBatch, count));
    // The frames lie one behind the other in memory.
    const bytes = new Uint8Array(part[0]!.buffer, part[0]!.byteOffset, part.length * frameBytes);
    batches.push({
      stream: schema,
      count: part.length,
      timestampsNs: sampleTimestamps(first, part.length),
      sequences: BigInt64Array.from(part, (_, index) => BigInt(first + index)),
      columns: [{ bytes }],
    });
  }
  return batches;
}

/** The account of a run of one stream of which nothing was lost. */
export function losslessLedger(stream: string, batches: readonly Batch[]): Ledger {
  const stored = batches.reduce((sum, { count }) => sum + count, 0);
  return { complete: true, accounts: [{ stream, produced: stored, stored, lost: 0, ranges: [] }] };
}
