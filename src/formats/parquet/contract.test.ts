import { numberDType, typedView } from "../../model/dtype.ts";
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
      const { bytes, validity } = group.columns[at]!;
      const view = typedView(numberDType(column.dtype), bytes);
      const elements = view.length / Math.max(group.count, 1);
      for (let record = 0; record < group.count; record++)
        columns
          .get(column.name)!
          .push(
            validity?.[record] === 0
              ? null
              : column.shape.length === 0
                ? view[record]!
                : [...view.subarray(record * elements, (record + 1) * elements)],
          );
    }
  }
  return new Map([[stream.name, { timestampsNs, sequences, columns }]]);
}

// The tails hold what is not in the file yet: what cutting does to either is tested in recover.test.ts.
formatContract(parquetFormat, { readBack, writesInPlace: true });
