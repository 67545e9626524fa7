import type { Batch } from "../model/batch.ts";
import { brokenRow } from "../model/broken-row.ts";
import { DaqError } from "../model/errors.ts";
import { columnItemBytes, type StreamSchema } from "../model/stream-schema.ts";

/** Throws `DaqError("format")` when a batch has not the columns and lengths that its stream was declared with. */
export function checkBatch(stream: StreamSchema, batch: Batch): void {
  const { count, timestampsNs, sequences, columns } = batch;
  const expect = (what: string, found: number, expected: number) => {
    if (found !== expected)
      throw new DaqError(
        "format",
        `A batch of ${stream.name} has ${found} ${what}; ${expected} were expected.`,
        {
          hint: "The driver that made it does not keep to the schema it declared.",
        },
      );
  };
  expect("timestamps", timestampsNs.length, count);
  expect("sequence numbers", sequences.length, count);
  expect("columns", columns.length, stream.columns.length);
  for (const [index, column] of stream.columns.entries()) {
    const { bytes, validity } = columns[index]!;
    expect(`bytes in column ${column.name}`, bytes.byteLength, count * columnItemBytes(column));
    if (validity !== undefined) expect(`validity flags in column ${column.name}`, validity.length, count);
    const broken = brokenRow(column, bytes, validity);
    if (broken !== undefined)
      throw new DaqError(
        "format",
        `A batch of ${stream.name}: ${column.name} of record ${broken} is no ${column.dtype}.`,
        {
          hint: "The driver that made it has to give UTF-8 with zeros behind it for a text, 0 or 1 for a bool.",
        },
      );
  }
}
