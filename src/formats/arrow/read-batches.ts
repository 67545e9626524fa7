import type { Batch } from "../../model/batch.ts";
import { noSuchStream, notRecords, unfinished } from "../unreadable.ts";
import { inspectArrow } from "./inspect.ts";
import { ArrowReader } from "./read.ts";

/** The records of a finished file, also of another program's when its column `timestamp` has a time for each record. */
export async function* readArrow(path: string, stream: string): AsyncGenerator<Batch, void, void> {
  if ((await inspectArrow(path)).state !== "complete") throw unfinished(path);
  await using reader = await ArrowReader.open(path);
  if (reader.stream.name !== stream) throw noSuchStream(path, stream);
  let records = 0;
  for await (const { count, timestampsNs, sequences, columns } of reader.batches()) {
    if (timestampsNs === undefined) throw notRecords(path, 'it has no column "timestamp" of a time type');
    const first = BigInt(records);
    yield {
      stream: reader.stream,
      count,
      timestampsNs,
      sequences: sequences ?? BigInt64Array.from({ length: count }, (_, row) => first + BigInt(row)),
      columns,
    };
    records += count;
  }
}
