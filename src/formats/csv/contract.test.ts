import assert from "node:assert/strict";
import { isNumberDType } from "../../model/dtype.ts";
import { formatContract, type RecordValue, type StreamValues } from "../../testing/format-contract.ts";
import { decodeField } from "./decode-field.ts";
import { elementCount, fieldNames } from "./fields.ts";
import { csvFormat } from "./format.ts";
import { readRecords } from "./read.ts";
import { readSidecar } from "./sidecar-file.ts";

formatContract(csvFormat, { readBack });

async function readBack(path: string): Promise<Map<string, StreamValues>> {
  const stream = (await readSidecar(path))!.stream;
  const timestampsNs: bigint[] = [];
  const sequences: bigint[] = [];
  const columns = new Map<string, RecordValue[]>(stream.columns.map((column) => [column.name, []]));
  let header: string[] | undefined;
  for await (const { fields: row, empty } of readRecords(path, { unterminated: "yield" })) {
    if (header === undefined) {
      assert.deepEqual(row, fieldNames(stream));
      header = row;
      continue;
    }
    assert.equal(row.length, header.length);
    timestampsNs.push(BigInt(row[0]!));
    sequences.push(BigInt(row[1]!));
    let at = 2;
    for (const { name, dtype, shape } of stream.columns) {
      if (!isNumberDType(dtype)) {
        const text = row[at]!;
        const value = dtype === "bool" ? text === "true" : text;
        columns.get(name)!.push(text === "" && empty?.has(at) !== true ? null : value);
        at++;
        continue;
      }
      const values = row.slice(at, at + elementCount(shape)).map((text) => decodeField(dtype, text));
      at += values.length;
      for (const value of values) assert.notEqual(value, undefined);
      columns.get(name)!.push(shape.length === 0 || values[0] === null ? values[0]! : (values as number[]));
    }
  }
  return new Map([[stream.name, { timestampsNs, sequences, columns }]]);
}
