import type { DuckDBConnection, DuckDBDataChunk, DuckDBType } from "@duckdb/node-api";
import type { Vector } from "@duckdb/node-bindings";
import { loadFormat } from "../formats/registry.ts";
import type { ColumnValues } from "../model/batch.ts";
import type { DType } from "../model/dtype.ts";
import { DaqError } from "../model/errors.ts";
import { type Column, columnItemBytes } from "../model/stream-schema.ts";
import { textBytesAt } from "../model/text-values.ts";
import { isQueryable } from "./column-type.ts";
import type { DuckDb } from "./duckdb.ts";
import type { StreamFile } from "./query-file.ts";

/** DuckDB's vectors hold as many rows. */
const vectorRows = 2048;
/** Lists of long spectra are handed over in smaller parts. */
const goalBytes = 1 << 20;

/** Puts the records of a file into a table that is there: time, sequence number, columns. A batch is in memory at a time. */
export async function loadRecords(
  duckdb: DuckDb,
  connection: DuckDBConnection,
  file: StreamFile & { readonly schema: object },
  table: { readonly schema: string; readonly name: string },
  stopped: AbortSignal,
): Promise<void> {
  const { api } = duckdb;
  const format = await loadFormat(file.format);
  const appender = await connection.createAppender(table.name, table.schema);
  try {
    for await (const { stream, count, timestampsNs, sequences, columns } of format.read(
      file.path,
      file.stream,
    )) {
      if (stopped.aborted) throw new DaqError("process", "The query was stopped.");
      const shown = stream.columns.flatMap((column, at) =>
        isQueryable(column) ? [{ column, values: columns[at]! }] : [],
      );
      const types = [api.TIMESTAMP_NS, api.BIGINT, ...shown.map(({ column }) => duckType(duckdb, column))];
      const chunk = api.DuckDBDataChunk.create(types);
      const rowBytes = shown.reduce((sum, { column }) => sum + columnItemBytes(column), 16);
      const most = Math.min(vectorRows, Math.max(1, Math.floor(goalBytes / rowBytes)));
      for (let start = 0; start < count; start += most) {
        const rows = { start, end: Math.min(count, start + most) };
        chunk.reset();
        const into = new ChunkFilling(duckdb, chunk, rows);
        into.fixed(0, bytesOf(timestampsNs), 8);
        into.fixed(1, bytesOf(sequences), 8);
        for (const [at, { column, values }] of shown.entries()) into.column(at + 2, column, values);
        appender.appendDataChunk(chunk);
      }
    }
  } finally {
    appender.closeSync();
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: BigInt64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function duckType({ api }: DuckDb, { dtype, shape }: Column): DuckDBType {
  const types: Record<DType, DuckDBType> = {
    int8: api.TINYINT,
    int16: api.SMALLINT,
    int32: api.INTEGER,
    int64: api.BIGINT,
    uint8: api.UTINYINT,
    uint16: api.USMALLINT,
    uint32: api.UINTEGER,
    uint64: api.UBIGINT,
    float32: api.FLOAT,
    float64: api.DOUBLE,
    bool: api.BOOLEAN,
    string: api.VARCHAR,
  };
  return shape.length > 0 ? api.LIST(types[dtype]) : types[dtype];
}

/** Some rows of a batch, copied into a chunk of DuckDB's column by column. */
class ChunkFilling {
  readonly #bindings: DuckDb["bindings"];
  readonly #chunk: DuckDBDataChunk["chunk"];
  readonly #start: number;
  readonly #count: number;

  constructor({ bindings }: DuckDb, chunk: DuckDBDataChunk, rows: { start: number; end: number }) {
    this.#bindings = bindings;
    this.#chunk = chunk.chunk;
    this.#start = rows.start;
    this.#count = rows.end - rows.start;
    bindings.data_chunk_set_size(this.#chunk, this.#count);
  }

  fixed(at: number, bytes: Uint8Array, itemBytes: number): void {
    this.#copy(this.#vector(at), bytes, itemBytes);
  }

  column(at: number, column: Column, { bytes, validity }: ColumnValues): void {
    const vector = this.#vector(at);
    const itemBytes = columnItemBytes(column);
    if (column.dtype === "string") this.#texts(vector, bytes, itemBytes, validity);
    else if (column.shape.length === 0) this.#copy(vector, bytes, itemBytes);
    else this.#list(vector, bytes, itemBytes, column);
    if (validity !== undefined) this.#nulls(vector, validity);
  }

  #vector(at: number): Vector {
    return this.#bindings.data_chunk_get_vector(this.#chunk, at);
  }

  #copy(vector: Vector, bytes: Uint8Array, itemBytes: number): void {
    const offset = bytes.byteOffset + this.#start * itemBytes;
    this.#bindings.copy_data_to_vector(
      vector,
      0,
      bytes.buffer as ArrayBuffer,
      offset,
      this.#count * itemBytes,
    );
  }

  /** DuckDB copies each. */
  #texts(vector: Vector, cells: Uint8Array, maxBytes: number, validity: Uint8Array | undefined): void {
    for (let row = 0; row < this.#count; row++) {
      if (validity?.[this.#start + row] === 0) continue;
      const at = (this.#start + row) * maxBytes;
      const text = cells.subarray(at, at + textBytesAt(cells, at, maxBytes));
      this.#bindings.vector_assign_string_element_len(vector, row, text);
    }
  }

  /** Where each list starts among all values, and how many it has; then the values. */
  #list(vector: Vector, bytes: Uint8Array, itemBytes: number, { shape }: Column): void {
    const elements = shape.reduce((product, extent) => product * extent, 1);
    const places = new BigUint64Array(2 * this.#count);
    for (let row = 0; row < this.#count; row++) {
      places[2 * row] = BigInt(row * elements);
      places[2 * row + 1] = BigInt(elements);
    }
    this.#bindings.list_vector_reserve(vector, this.#count * elements);
    this.#bindings.list_vector_set_size(vector, this.#count * elements);
    this.#bindings.copy_data_to_vector(vector, 0, places.buffer, places.byteOffset, places.byteLength);
    this.#copy(this.#bindings.list_vector_get_child(vector), bytes, itemBytes);
  }

  #nulls(vector: Vector, validity: Uint8Array): void {
    const bits = new Uint8Array(Math.ceil(this.#count / 64) * 8);
    for (let row = 0; row < this.#count; row++)
      if (validity[this.#start + row] !== 0) bits[row >> 3]! |= 1 << (row & 7);
    this.#bindings.vector_ensure_validity_writable(vector);
    this.#bindings.copy_data_to_vector_validity(vector, 0, bits.buffer, bits.byteOffset, bits.byteLength);
  }
}
