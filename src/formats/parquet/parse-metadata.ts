import type { ThriftFields, ThriftRead } from "./thrift-reader.ts";

/** One element of the schema, in the footer's order. */
export type ParsedElement = {
  readonly name: string;
  /** Of a leaf. */
  readonly type?: number;
  readonly repetition: number;
  readonly children: number;
  readonly converted?: number;
  readonly logical?: ThriftFields;
};

export type ParsedChunk = {
  readonly type: number;
  readonly path: readonly string[];
  readonly codec: number;
  readonly values: number;
  /** Of the first page, a dictionary included. */
  readonly startBytes: number;
  readonly bytes: number;
  readonly nulls?: number;
  readonly min?: Uint8Array;
  readonly max?: Uint8Array;
};

export type ParsedRowGroup = { readonly rows: number; readonly chunks: readonly ParsedChunk[] };

/** What the footer of any Parquet file says, as far as it is needed here. */
export type ParsedMetadata = {
  readonly schema: readonly ParsedElement[];
  readonly rows: number;
  readonly rowGroups: readonly ParsedRowGroup[];
  readonly metadata: ReadonlyMap<string, string>;
  readonly createdBy?: string;
};

/** Throws `RangeError` with what is missing or wrong. */
export function parseMetadata(fields: ThriftFields): ParsedMetadata {
  const createdBy = fields.get(6);
  return {
    schema: listOf(fields, 2, "schema").map((element) => parseElement(structOf(element, "schema element"))),
    rows: countOf(fields, 3, "number of rows"),
    rowGroups: listOf(fields, 4, "row groups").map((group) => parseRowGroup(structOf(group, "row group"))),
    metadata: new Map(
      (fields.has(5) ? listOf(fields, 5, "metadata") : []).map((entry) => {
        const pair = structOf(entry, "metadata entry");
        return [textOf(pair.get(1)), textOf(pair.get(2))];
      }),
    ),
    ...(createdBy === undefined ? {} : { createdBy: textOf(createdBy) }),
  };
}

function parseElement(fields: ThriftFields): ParsedElement {
  const [type, converted, logical] = [fields.get(1), fields.get(6), fields.get(10)];
  return {
    name: textOf(fields.get(4)),
    repetition: fields.has(3) ? countOf(fields, 3, "repetition") : 0,
    children: fields.has(5) ? countOf(fields, 5, "children") : 0,
    ...(typeof type === "number" ? { type } : {}),
    ...(typeof converted === "number" ? { converted } : {}),
    ...(logical instanceof Map ? { logical } : {}),
  };
}

export function parseRowGroup(fields: ThriftFields): ParsedRowGroup {
  return {
    rows: countOf(fields, 3, "rows of a row group"),
    chunks: listOf(fields, 1, "column chunks").map((chunk) => parseChunk(structOf(chunk, "column chunk"))),
  };
}

function parseChunk(fields: ThriftFields): ParsedChunk {
  if (fields.has(1)) throw new RangeError("its columns are in other files");
  const meta = structOf(fields.get(3), "metadata of a column chunk");
  const firstPage = countOf(meta, 9, "offset of a page");
  const dictionary = meta.has(11) ? countOf(meta, 11, "offset of a dictionary") : 0;
  const statistics = meta.get(12);
  return {
    type: countOf(meta, 1, "type of a column"),
    path: listOf(meta, 3, "path of a column").map(textOf),
    codec: countOf(meta, 4, "codec"),
    values: countOf(meta, 5, "number of values"),
    bytes: countOf(meta, 7, "size of a column chunk"),
    // Where there is no record, pyarrow writes a dictionary but no page, and 0 as the place of the first one.
    startBytes: dictionary > 0 && (firstPage === 0 || dictionary < firstPage) ? dictionary : firstPage,
    ...(statistics instanceof Map ? statisticsOf(statistics) : {}),
  };
}

function statisticsOf(fields: ThriftFields): Pick<ParsedChunk, "nulls" | "min" | "max"> {
  const [max, min] = [fields.get(5), fields.get(6)];
  return {
    ...(fields.has(3) ? { nulls: countOf(fields, 3, "missing values") } : {}),
    ...(min instanceof Uint8Array ? { min } : {}),
    ...(max instanceof Uint8Array ? { max } : {}),
  };
}

function structOf(value: ThriftRead | undefined, what: string): ThriftFields {
  if (value instanceof Map) return value;
  throw new RangeError(`a ${what} is missing`);
}

function listOf(fields: ThriftFields, id: number, what: string): readonly ThriftRead[] {
  const value = fields.get(id);
  if (Array.isArray(value)) return value;
  throw new RangeError(`the ${what} are missing`);
}

function countOf(fields: ThriftFields, id: number, what: string): number {
  const value = fields.get(id);
  const count = typeof value === "bigint" ? Number(value) : value;
  if (typeof count === "number" && Number.isSafeInteger(count) && count >= 0) return count;
  throw new RangeError(`the ${what} is ${count === undefined ? "missing" : String(value)}`);
}

function textOf(value: ThriftRead | undefined): string {
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : "";
}
