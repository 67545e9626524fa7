import { createHash } from "node:crypto";
import { ArrowReader } from "../../src/formats/arrow/read.ts";
import { decodeField } from "../../src/formats/csv/decode-field.ts";
import { readRows } from "../../src/formats/csv/read.ts";
import { readSidecar } from "../../src/formats/csv/sidecar-file.ts";
import { type DType, dtypeBytes, numberDType, typedView } from "../../src/model/dtype.ts";
import type { Column } from "../../src/model/stream-schema.ts";

/** All values of one column of a file. */
export type RecordedColumn = {
  readonly dtype: DType;
  /** Little-endian, record after record; zeros where a value is missing. */
  readonly bytes: Uint8Array;
  /** One byte a record: 1 valid, 0 missing. */
  readonly validity: Uint8Array;
};

export type RecordedColumns = { readonly [name: string]: RecordedColumn };

/** What a reader in another language says of a column: enough to tell whether it saw the same values to the bit. */
export type ColumnDigest = {
  readonly dtype: string;
  readonly records: number;
  readonly missing: number;
  readonly sha256: string;
};

export function digestOf({ dtype, bytes, validity }: RecordedColumn): ColumnDigest {
  return {
    dtype,
    records: validity.length,
    missing: validity.reduce((sum, valid) => sum + 1 - valid, 0),
    sha256: createHash("sha256").update(bytes).update(validity).digest("hex"),
  };
}

/** A copy with zeros where a value is missing: what lies there means nothing. */
export function withoutMissing(dtype: DType, values: Uint8Array, mask?: Uint8Array): RecordedColumn {
  const records = mask?.length ?? values.byteLength / dtypeBytes(numberDType(dtype));
  const validity = mask?.slice() ?? new Uint8Array(records).fill(1);
  const bytes = values.slice();
  const itemBytes = bytes.byteLength / records;
  for (const [record, valid] of validity.entries())
    if (valid === 0) bytes.fill(0, record * itemBytes, (record + 1) * itemBytes);
  return { dtype, bytes, validity };
}

export async function readArrowColumns(path: string): Promise<RecordedColumns> {
  await using reader = await ArrowReader.open(path);
  const { columns } = reader.stream;
  const parts: { bytes: Uint8Array[]; validity: Uint8Array[] }[] = columns.map(() => ({
    bytes: [],
    validity: [],
  }));
  const index: { timestamp: bigint[]; sequence: bigint[] } = { timestamp: [], sequence: [] };
  for await (const batch of reader.batches()) {
    index.timestamp.push(...batch.timestampsNs!);
    index.sequence.push(...batch.sequences!);
    for (const [at, { bytes, validity }] of batch.columns.entries()) {
      parts[at]!.bytes.push(bytes);
      parts[at]!.validity.push(validity ?? new Uint8Array(batch.count).fill(1));
    }
  }
  const own = columns.map(({ name, dtype }, at) => {
    const { bytes, validity } = parts[at]!;
    return [name, withoutMissing(dtype, Buffer.concat(bytes), Buffer.concat(validity))] as const;
  });
  return { ...indexColumnsOf(index), ...Object.fromEntries(own) };
}

/** Scalar columns only. */
export async function readCsvColumns(path: string): Promise<RecordedColumns> {
  const sidecar = await readSidecar(path);
  if (sidecar === undefined) throw new Error(`${path} has no sidecar`);
  const columns: readonly Column[] = sidecar.stream.columns;
  const rows: string[][] = [];
  for await (const fields of readRows(path, { unterminated: "skip" })) rows.push(fields);
  const index = {
    timestamp: rows.slice(1).map((row) => BigInt(row[0]!)),
    sequence: rows.slice(1).map((row) => BigInt(row[1]!)),
  };
  const own = columns.map(({ name, dtype }, at) => {
    const bytes = new Uint8Array((rows.length - 1) * dtypeBytes(numberDType(dtype)));
    const validity = new Uint8Array(rows.length - 1).fill(1);
    const view = typedView(numberDType(dtype), bytes);
    for (const [record, row] of rows.slice(1).entries()) {
      const value = decodeField(numberDType(dtype), row[at + 2]!);
      if (value === undefined) throw new Error(`${path}: ${name} "${row[at + 2]}" is not a ${dtype}`);
      if (value === null) validity[record] = 0;
      else (view as { [record: number]: number | bigint })[record] = value;
    }
    return [name, { dtype, bytes, validity }] as const;
  });
  return { ...indexColumnsOf(index), ...Object.fromEntries(own) };
}

function indexColumnsOf(index: {
  readonly timestamp: readonly bigint[];
  readonly sequence: readonly bigint[];
}): RecordedColumns {
  const int64 = (values: readonly bigint[]) =>
    withoutMissing("int64", new Uint8Array(BigInt64Array.from(values).buffer));
  return { timestamp: int64(index.timestamp), sequence: int64(index.sequence) };
}
