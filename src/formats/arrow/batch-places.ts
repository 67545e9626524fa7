import { type DType, dtypeBytes } from "../../model/dtype.ts";
import { DaqError } from "../../model/errors.ts";
import { bufferCount } from "./field-type.ts";
import { columnOf } from "./file-schema.ts";
import type { ArrowField, BatchHeader, BufferPlace } from "./message.ts";
import { bitmapBytes } from "./validity.ts";

/** Where the values of one field lie in the body of one batch: numbers, bits of bools, or the offsets of texts. */
export type FieldPlace = {
  readonly nullCount: number;
  readonly validity: BufferPlace;
  readonly validityBytes: number;
  readonly values: BufferPlace;
  readonly valuesBytes: number;
  /** Of texts: where their characters lie. */
  readonly characters?: BufferPlace;
};

type Cursor = { node: number; buffer: number; view: number };

/**
 * Finds each top-level field of a batch; undefined for one that no column can be. Checks all that can be
 * checked without the body: lengths agree with the number of records, and every buffer lies inside the body. Throws
 * `DaqError("format")` when something does not, because then the header is damaged.
 */
export function placesOf(
  what: string,
  fields: readonly ArrowField[],
  batch: BatchHeader,
  bodyBytes: number,
): readonly (FieldPlace | undefined)[] {
  for (const { offsetBytes, bytes } of batch.buffers)
    if (offsetBytes + bytes > bodyBytes)
      throw damaged(what, `a buffer ends at byte ${offsetBytes + bytes} of a body of ${bodyBytes}`);
  const cursor: Cursor = { node: 0, buffer: 0, view: 0 };
  const places = fields.map((field) => {
    const { node, buffer } = cursor;
    skip(field, batch, cursor);
    if (cursor.node > batch.nodes.length || cursor.buffer > batch.buffers.length)
      throw damaged(
        what,
        `it has ${batch.nodes.length} fields and ${batch.buffers.length} buffers, too few for its schema`,
      );
    if (batch.nodes[node]!.length !== batch.records)
      throw damaged(
        what,
        `field "${field.name}" has ${batch.nodes[node]!.length} records, the batch ${batch.records}`,
      );
    return placeOf(what, field, batch, node, buffer);
  });
  if (cursor.node !== batch.nodes.length || cursor.buffer !== batch.buffers.length)
    throw damaged(
      what,
      `it has ${batch.nodes.length} fields and ${batch.buffers.length} buffers, too many for its schema`,
    );
  return places;
}

function skip(field: ArrowField, batch: BatchHeader, cursor: Cursor): void {
  cursor.node++;
  cursor.buffer += bufferCount(field.type, field.dictionaryEncoded);
  if (field.dictionaryEncoded) return;
  if (field.type.name === "binary_view" || field.type.name === "utf8_view")
    cursor.buffer += batch.viewBuffers[cursor.view++] ?? 0;
  for (const child of field.children) skip(child, batch, cursor);
}

function placeOf(
  what: string,
  field: ArrowField,
  batch: BatchHeader,
  firstNode: number,
  firstBuffer: number,
): FieldPlace | undefined {
  const column = columnOf(field);
  if (column === undefined) return undefined;
  const { nullCount } = batch.nodes[firstNode]!;
  let [leaf, node, buffer, elements] = [field, firstNode, firstBuffer, batch.records];
  while (leaf.type.name === "fixed_size_list") {
    elements *= leaf.type.listSize ?? 0;
    leaf = leaf.children[0]!;
    node++;
    buffer++;
    if (batch.nodes[node]!.length < elements)
      throw damaged(
        what,
        `field "${field.name}" has ${batch.nodes[node]!.length} values, but needs ${elements}`,
      );
    if (batch.nodes[node]!.nullCount > 0)
      throw new DaqError("format", `${what}: field "${field.name}" has missing values inside a record.`, {
        hint: "A record is valid or missing as a whole here; fill the values with the program that wrote the file.",
      });
  }
  const validity = batch.buffers[firstBuffer]!;
  const values = batch.buffers[buffer + 1]!;
  const validityBytes = bitmapBytes(batch.records);
  const valuesBytes = valuesBytesOf(column.dtype, elements);
  if (nullCount > batch.records) throw damaged(what, `field "${field.name}" misses more values than it has`);
  if (batch.compression === undefined && values.bytes < valuesBytes)
    throw damaged(what, `field "${field.name}" has ${values.bytes} bytes, but needs ${valuesBytes}`);
  if (nullCount > 0 && validity.bytes < (batch.compression === undefined ? validityBytes : 1))
    throw damaged(what, `field "${field.name}" misses values, but has no complete validity bitmap`);
  const place = { nullCount, validity, validityBytes, values, valuesBytes };
  return column.dtype === "string" ? { ...place, characters: batch.buffers[buffer + 2]! } : place;
}

/** Texts have one offset more than there are; where there are none, it may be missing. */
function valuesBytesOf(dtype: DType, elements: number): number {
  if (dtype === "string") return elements === 0 ? 0 : 4 * (elements + 1);
  return dtype === "bool" ? bitmapBytes(elements) : elements * dtypeBytes(dtype);
}

function damaged(what: string, problem: string): DaqError {
  return new DaqError("format", `${what} is damaged: ${problem}.`, {
    hint: "Restore the file from a copy, or read the batches before this place.",
  });
}
