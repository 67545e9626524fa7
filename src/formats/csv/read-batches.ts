import { stat } from "node:fs/promises";
import type { Batch } from "../../model/batch.ts";
import { isNumberDType } from "../../model/dtype.ts";
import { DaqError } from "../../model/errors.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { rowsPerRead } from "../rows-per-read.ts";
import { noSuchStream, notRecords, unfinished } from "../unreadable.ts";
import { CellColumnFields } from "./cell-column-fields.ts";
import { ColumnFields } from "./column-fields.ts";
import { fieldNames } from "./fields.ts";
import { guessedSchema } from "./inspect.ts";
import { type CsvRecord, readRecords } from "./read.ts";
import { readSidecar } from "./sidecar-file.ts";

const integer = /^-?\d+$/;

/**
 * The records of a closed file. Without a sidecar every column is a double, and the first two have to be `timestamp` and
 * `sequence`, as in the files of daq-storage.
 */
export async function* readCsv(path: string, stream: string): AsyncGenerator<Batch, void, void> {
  const sidecar = await readSidecar(path);
  if (sidecar !== undefined) {
    const { closed } = sidecar;
    if (closed === undefined || (await stat(path)).size < closed.bytes) throw unfinished(path);
  }
  const rows = readRecords(path, { unterminated: sidecar === undefined ? "yield" : "skip" });
  try {
    const header = (await rows.next()).value?.fields;
    if (header === undefined) throw notRecords(path, "it has no header line");
    const schema = sidecar?.stream ?? guessedSchema(path, header);
    if (schema.name !== stream) throw noSuchStream(path, stream);
    const expected = fieldNames(schema);
    if (expected.length !== header.length || expected.some((name, at) => header[at] !== name))
      throw sidecar === undefined
        ? notRecords(path, 'its first columns are not "timestamp" and "sequence"')
        : changed(path, 1, "the header line is not the one that the sidecar describes");
    yield* batchesOf(
      path,
      schema,
      sidecar === undefined ? exactRows(path, rows) : rows,
      sidecar?.closed?.records ?? 0,
    );
  } finally {
    await rows.return();
  }
}

/** Where the dtype is a guess, an integer that a double would round is refused. */
async function* exactRows(
  path: string,
  rows: AsyncIterable<CsvRecord>,
): AsyncGenerator<CsvRecord, void, void> {
  let line = 1;
  for await (const record of rows) {
    line++;
    const rounded = record.fields
      .slice(2)
      .find((text) => integer.test(text) && BigInt(text) !== BigInt(Number(text)));
    if (rounded !== undefined)
      throw changed(
        path,
        line,
        `without a sidecar "${rounded}" would be read as a double, which has fewer digits`,
      );
    yield record;
  }
}

async function* batchesOf(
  path: string,
  stream: StreamSchema,
  rows: AsyncIterable<CsvRecord>,
  fewest: number,
): AsyncGenerator<Batch, void, void> {
  const most = rowsPerRead(stream);
  const fieldCount = fieldNames(stream).length;
  const columns = stream.columns.map((column) =>
    isNumberDType(column.dtype) ? new ColumnFields(column, most) : new CellColumnFields(column, most),
  );
  const timestampsNs = new BigInt64Array(most);
  const sequences = new BigInt64Array(most);
  let count = 0;
  let line = 1;
  const batch = (): Batch => ({
    stream,
    count,
    timestampsNs: timestampsNs.subarray(0, count),
    sequences: sequences.subarray(0, count),
    columns: columns.map((column) => column.values(count)),
  });
  for await (const { fields, empty } of rows) {
    line++;
    if (fields.length !== fieldCount)
      throw changed(path, line, `it has ${fields.length} fields, where the header has ${fieldCount}`);
    const [timestamp = "", sequence = ""] = fields;
    if (!integer.test(timestamp) || !integer.test(sequence))
      throw changed(path, line, "it does not start with a timestamp in nanoseconds and a sequence number");
    timestampsNs[count] = BigInt(timestamp);
    sequences[count] = BigInt(sequence);
    let at = 2;
    for (const column of columns) {
      const problem = column.set(count, fields, at, empty);
      if (problem !== undefined) throw changed(path, line, problem);
      at += column.elements;
    }
    if (++count < most) continue;
    yield batch();
    count = 0;
  }
  if (count > 0) yield batch();
  // A row that a damaged quote has no end for is none, like one that a crash tore.
  if (line <= fewest)
    throw changed(path, line + 1, `the rows end there, where the sidecar says that there are ${fewest}`);
}

function changed(path: string, line: number, problem: string): DaqError {
  return new DaqError("format", `${path}, line ${line}: ${problem}.`, {
    hint: "The file is damaged, or was changed by another program. Restore it from a copy.",
  });
}
