import type { RecordsToWrite } from "../../src/model/frame-sink.ts";
import type { Frames, Samples } from "./benchmark-input.ts";
import { rowsOf, sampleTimestamps } from "./sample-stream.ts";

const framePeriodNs = 10_000_000n;

/** The samples as a source hands them to the ring: channels with a timestamp for each row, `batchRows` at a time. */
export function sampleRecords({ rows, columns }: Samples, batchRows: number): RecordsToWrite[] {
  const channels = columns.slice(1);
  const records: RecordsToWrite[] = [];
  for (let first = 0; first < rows; first += batchRows) {
    const count = Math.min(batchRows, rows - first);
    const timestampsNs = sampleTimestamps(first, count);
    records.push({
      count,
      timestampNs: timestampsNs[0]!,
      timestampsNs,
      columns: rowsOf(channels, first, count),
    });
  }
  return records;
}

/** The frames as a camera hands them to the ring: one at a time. */
export function frameRecords({ frames }: Frames): RecordsToWrite[] {
  return frames.map((frame, index) => ({
    count: 1,
    timestampNs: BigInt(index) * framePeriodNs,
    columns: [frame],
  }));
}
