import { decodeFieldType, type FieldType } from "./field-type.ts";
import { decodeFlatbuffer, type FlatbufferTable, sizeAt } from "./flatbuffer.ts";
import type { MessageBlock } from "./framing.ts";

/** A field of a schema, with its children. */
export type ArrowField = {
  readonly name: string;
  readonly type: FieldType;
  readonly nullable: boolean;
  readonly dictionaryEncoded: boolean;
  readonly children: readonly ArrowField[];
  readonly metadata: ReadonlyMap<string, string>;
};

export type ArrowSchema = {
  readonly littleEndian: boolean;
  readonly fields: readonly ArrowField[];
  readonly metadata: ReadonlyMap<string, string>;
};

/** Offset and length inside the body. */
export type BufferPlace = { readonly offsetBytes: number; readonly bytes: number };

export type BatchHeader = {
  readonly records: number;
  readonly nodes: readonly { readonly length: number; readonly nullCount: number }[];
  readonly buffers: readonly BufferPlace[];
  /** For each field of a view type, how many data buffers follow its first two. */
  readonly viewBuffers: readonly number[];
  /** `CompressionType` of the specification; absent when not compressed. */
  readonly compression?: number;
};

export type Message =
  | { readonly kind: "schema"; readonly bodyBytes: number; readonly schema: ArrowSchema }
  | { readonly kind: "batch"; readonly bodyBytes: number; readonly batch: BatchHeader }
  | { readonly kind: "dictionary" | "tensor"; readonly bodyBytes: number };

export type ArrowFooter = {
  readonly schema: ArrowSchema;
  readonly dictionaries: readonly MessageBlock[];
  readonly batches: readonly MessageBlock[];
};

/** Lists inside lists inside lists: deeper than that is not data from an instrument. */
const deepestField = 32;

/** Decodes the metadata of a message. Throws `DaqError("format")` when it is damaged. */
export function decodeMessage(what: string, metadata: Uint8Array): Message {
  return decodeFlatbuffer(what, metadata, (message) => {
    const bodyBytes = message.size(3);
    const header = message.table(2);
    if (header === undefined) throw new RangeError("it has no header");
    switch (message.uint8(1, 0)) {
      case 1:
        return { kind: "schema", bodyBytes, schema: decodeSchema(header) };
      case 2:
        return { kind: "dictionary", bodyBytes };
      case 3:
        return { kind: "batch", bodyBytes, batch: decodeBatch(header) };
      case 4:
      case 5:
        return { kind: "tensor", bodyBytes };
      default:
        throw new RangeError(`its kind, ${message.uint8(1, 0)}, is unknown`);
    }
  });
}

/** Decodes a footer. Throws `DaqError("format")` when it is damaged. */
export function decodeFooter(what: string, footer: Uint8Array): ArrowFooter {
  return decodeFlatbuffer(what, footer, (table) => {
    const schema = table.table(1);
    if (schema === undefined) throw new RangeError("it has no schema");
    return {
      schema: decodeSchema(schema),
      dictionaries: table.structs(2, 24, decodeBlock),
      batches: table.structs(3, 24, decodeBlock),
    };
  });
}

function decodeBlock(view: DataView, position: number): MessageBlock {
  const metadataBytes = view.getInt32(position + 8, true);
  if (metadataBytes < 0) throw new RangeError(`${metadataBytes} is not a possible size`);
  return { offsetBytes: sizeAt(view, position), metadataBytes, bodyBytes: sizeAt(view, position + 16) };
}

function decodeSchema(schema: FlatbufferTable): ArrowSchema {
  return {
    littleEndian: schema.int16(0, 0) === 0,
    fields: schema.tables(1).map((field) => decodeField(field, 0)),
    metadata: decodeKeyValues(schema.tables(2)),
  };
}

function decodeField(field: FlatbufferTable, depth: number): ArrowField {
  if (depth > deepestField) throw new RangeError(`its fields are nested more than ${deepestField} deep`);
  return {
    name: field.string(0) ?? "",
    type: decodeFieldType(field.uint8(2, 0), field.table(3)),
    nullable: field.uint8(1, 0) !== 0,
    dictionaryEncoded: field.table(4) !== undefined,
    children: field.tables(5).map((child) => decodeField(child, depth + 1)),
    metadata: decodeKeyValues(field.tables(6)),
  };
}

function decodeKeyValues(pairs: readonly FlatbufferTable[]): ReadonlyMap<string, string> {
  return new Map(pairs.map((pair) => [pair.string(0) ?? "", pair.string(1) ?? ""]));
}

function decodeBatch(batch: FlatbufferTable): BatchHeader {
  const pair = (view: DataView, position: number) =>
    [sizeAt(view, position), sizeAt(view, position + 8)] as const;
  const compression = batch.table(3);
  return {
    records: batch.size(0),
    nodes: batch.structs(1, 16, pair).map(([length, nullCount]) => ({ length, nullCount })),
    buffers: batch.structs(2, 16, pair).map(([offsetBytes, bytes]) => ({ offsetBytes, bytes })),
    viewBuffers: batch.structs(4, 8, sizeAt),
    ...(compression === undefined ? {} : { compression: compression.uint8(0, 0) }),
  };
}
