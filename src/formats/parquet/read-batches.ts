import type { Batch } from "../../model/batch.ts";
import { noSuchStream, notRecords, unfinished } from "../unreadable.ts";
import { inspectParquet } from "./inspect.ts";
import { ParquetReader } from "./read.ts";

/** The records of a finished file of daq-storage, a row group at a time. */
export async function* readParquet(path: string, stream: string): AsyncGenerator<Batch, void, void> {
  const { state, run } = await inspectParquet(path);
  if (state !== "complete") throw unfinished(path);
  if (run === undefined) throw notRecords(path, "another program wrote this Parquet file");
  await using reader = await ParquetReader.open(path);
  if (reader.stream.name !== stream) throw noSuchStream(path, stream);
  for await (const group of reader.rowGroups()) yield { stream: reader.stream, ...group };
}
