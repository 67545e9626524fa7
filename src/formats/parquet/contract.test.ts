import { recordValues } from "../../testing/format-contract/stream-values.ts";
import { formatContract, type RecordValue, type StreamValues } from "../../testing/format-contract.ts";
import { parquetFormat } from "./format.ts";
import { ParquetReader } from "./read.ts";

/** With the reader beside the writer; other programs' readers are asked in test/interop/parquet.test.ts. */
async function readBack(path: string): Promise<ReadonlyMap<string, StreamValues>> {
  await using reader = await ParquetReader.open(path);
  const { stream } = reader;
  const timestampsNs: bigint[] = [];
  const sequences: bigint[] = [];
  const columns = new Map<string, RecordValue[]>(stream.columns.map(({ name }) => [name, []]));
  for await (const group of reader.rowGroups()) {
    timestampsNs.push(...group.timestampsNs);
    sequences.push(...group.sequences);
    for (const [at, column] of stream.columns.entries()) {
      columns.get(column.name)!.push(...recordValues(column, group.columns[at]!));
    }
  }
  return new Map([[stream.name, { timestampsNs, sequences, columns }]]);
}

// The tails hold what is not in the file yet: what cutting does to either is tested in recover.test.ts.
formatContract(parquetFormat, { readBack, writesInPlace: true });
