import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection, DuckDBInstance, DuckDBResult, DuckDBType } from "@duckdb/node-api";
import { DaqError } from "../model/errors.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import { type Cell, cellOf, isFloat32 } from "./cell.ts";
import { isQueryable } from "./column-type.ts";
import { type DuckDb, loadDuckDb } from "./duckdb.ts";
import { loadRecords } from "./load-records.ts";
import { queryError } from "./query-error.ts";
import type { StreamFile } from "./query-file.ts";
import { sqlName, sqlText } from "./sql-text.ts";
import { streamView, tableColumns } from "./stream-view.ts";

export type QueryOptions = {
  /** Statements of any kind, which may read and write any file. */
  readonly unrestricted?: boolean;
  /** What DuckDB may keep in memory; the rest goes to the folder for temporary files. */
  readonly memoryMb?: number;
};

export type QueryResult = {
  readonly columns: readonly { readonly name: string; readonly isNumber: boolean }[];
  /** Rows as DuckDB makes them, some thousand at a time. Rejects with `DaqError`. */
  readonly blocks: AsyncGenerator<readonly (readonly Cell[])[], void, void>;
};

/** A file that is not read by DuckDB itself, at least not all of it. */
type Part = {
  readonly file: StreamFile & { readonly schema: StreamSchema };
  readonly name: string;
  readonly marker: string;
  /** DuckDB reads all of it but the times. */
  readonly isDirect: boolean;
  isLoaded: boolean;
};

/** Names under which the only stream can be queried as well. */
const shortNames = ["t", "data"];
const partsSchema = "daq_parts";

/** TINYINT … UBIGINT, FLOAT, DOUBLE, HUGEINT, DECIMAL(…). */
function isNumber(type: DuckDBType): boolean {
  return /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(.*\))$/.test(String(type));
}

function defaultMemoryMb(): number {
  return Math.floor(Math.min(2048, totalmem() / 2 ** 20 / 4));
}

/** Streams in files, as tables of a database that lives as long as this object. */
export class QueryDatabase {
  readonly #duckdb: DuckDb;
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #folder: string;
  readonly #unrestricted: boolean;
  readonly #parts: Part[] = [];
  readonly #names: string[] = [];
  readonly #notes: string[] = [];
  readonly #stopped = new AbortController();

  /** Throws `DaqError` where DuckDB is missing or a file cannot be queried. */
  static async open(files: readonly StreamFile[], options: QueryOptions = {}): Promise<QueryDatabase> {
    const duckdb = await loadDuckDb();
    const folder = await mkdtemp(join(tmpdir(), "daq-query-"));
    try {
      const instance = await duckdb.api.DuckDBInstance.create(":memory:", {
        autoinstall_known_extensions: "false",
        autoload_known_extensions: "false",
        allow_community_extensions: "false",
        temp_directory: folder,
        memory_limit: `${options.memoryMb ?? defaultMemoryMb()}MiB`,
      });
      const database = new QueryDatabase(duckdb, instance, await instance.connect(), {
        folder,
        unrestricted: options.unrestricted === true,
      });
      try {
        await database.#prepare(files);
        return database;
      } catch (error) {
        await database.close();
        throw error;
      }
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(
    duckdb: DuckDb,
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    { folder, unrestricted }: { readonly folder: string; readonly unrestricted: boolean },
  ) {
    this.#duckdb = duckdb;
    this.#instance = instance;
    this.#connection = connection;
    this.#folder = folder;
    this.#unrestricted = unrestricted;
  }

  /** Tables that a query can name. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** What a person should know of the tables: columns that are left out. */
  get notes(): readonly string[] {
    return this.#notes;
  }

  /** Starts one statement; its rows come as they are asked for. Throws `DaqError("usage")` for a wrong one. */
  async query(sql: string): Promise<QueryResult> {
    try {
      if (!this.#unrestricted) await this.#refuseOthers(sql);
      await this.#load(await this.#partsNeeded(sql));
      const result = await this.#connection.stream(sql);
      const types = result.columnTypes();
      return {
        columns: result
          .deduplicatedColumnNames()
          .map((name, at) => ({ name, isNumber: isNumber(types[at]!) })),
        blocks: this.#blocks(result, types),
      };
    } catch (error) {
      throw queryError(error, this.#names);
    }
  }

  async *#blocks(
    result: DuckDBResult,
    types: readonly DuckDBType[],
  ): AsyncGenerator<readonly (readonly Cell[])[], void, void> {
    const singles = types.map(isFloat32);
    try {
      for await (const chunk of result)
        yield chunk.getRows().map((row) => row.map((value, at) => cellOf(value, singles[at]!)));
    } catch (error) {
      throw queryError(error, this.#names);
    }
  }

  /** Ends a query that goes on: it rejects. */
  stop(): void {
    this.#stopped.abort();
    this.#connection.interrupt();
  }

  async close(): Promise<void> {
    this.#connection.closeSync();
    this.#instance.closeSync();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #prepare(files: readonly StreamFile[]): Promise<void> {
    await this.#run("set TimeZone = 'UTC'");
    await this.#run(`create schema ${partsSchema}`);
    const byStream = Map.groupBy(files, ({ stream }) => stream.toLowerCase());
    for (const [stream, ofStream] of byStream) {
      const selects: string[] = [];
      for (const file of ofStream) {
        const name = await this.#partOf(file);
        const source = ofStream.length > 1 ? `, ${sqlText(file.path)} as source_file` : "";
        selects.push(`select *${source} from ${partsSchema}.${name}`);
      }
      const { stream: name } = ofStream[0]!;
      await this.#run(`create view ${sqlName(name)} as ${selects.join(" union all by name ")}`);
      this.#names.push(name);
      if (byStream.size > 1) continue;
      for (const short of shortNames.filter((short) => short !== stream))
        await this.#run(`create view ${short} as select * from ${sqlName(name)}`);
    }
    await this.#restrict(files);
  }

  async #partOf(file: StreamFile): Promise<string> {
    const name = `part_${this.#parts.length}`;
    const marker = `daq_needs_${name}_`;
    const view = streamView(file, marker);
    if (view === undefined)
      throw new DaqError("path", `${file.path}: DuckDB would take this name for a pattern.`, {
        hint: "Rename the file: names with *, ?, [, ], { or } cannot be queried.",
      });
    await this.#run(`create view ${partsSchema}.${name} as ${view.select}`).catch((error: unknown) => {
      throw new DaqError("format", `${file.path} cannot be queried: ${(error as Error).message}`, {
        hint: `\`daq inspect ${file.path}\` says what is in it.`,
        cause: error,
      });
    });
    const { schema } = file;
    this.#parts.push({
      file: { ...file, schema: schema! },
      name,
      marker,
      isDirect: view.needs !== "all",
      isLoaded: schema === undefined || view.needs === undefined,
    });
    const images = schema?.columns.filter((column) => !isQueryable(column)) ?? [];
    for (const { name: column, shape } of images)
      this.#notes.push(
        `${file.stream}.${column} holds images of ${shape.join(" × ")}, which are left out of the table.`,
      );
    return name;
  }

  /** From here on, statements read the files that were named, and nothing else; nothing is ever downloaded. */
  async #restrict(files: readonly StreamFile[]): Promise<void> {
    if (this.#unrestricted) return;
    const paths = files.map(({ path }) => sqlText(path)).join(", ");
    await this.#run(`set allowed_paths = [${paths}]`);
    await this.#run("set enable_external_access = false");
    await this.#run("set lock_configuration = true");
  }

  /** Allowed files could be overwritten by a statement that is more than a question. */
  async #refuseOthers(sql: string): Promise<void> {
    const statements = await this.#connection.extractStatements(sql);
    if (statements.count !== 1)
      throw new DaqError("usage", `The query has ${statements.count} statements, where one is expected.`, {
        hint: "Ask one question at a time; WITH … AS (…) gives names to steps.",
      });
    const { statementType } = await statements.prepare(0);
    if (statementType !== this.#duckdb.bindings.StatementType.SELECT)
      throw new DaqError("usage", "The statement does more than read.", {
        hint: "Start it with SELECT, FROM, WITH, DESCRIBE or SUMMARIZE; --unrestricted allows all statements.",
      });
  }

  /** Tables that have to be loaded before this statement; too many cost time, one too few is an error of the marker's. */
  async #partsNeeded(sql: string): Promise<readonly Part[]> {
    const missing = this.#parts.filter(({ isLoaded }) => !isLoaded);
    if (missing.length === 0 || /^\s*(describe|desc|show)\b/i.test(sql)) return [];
    const text = sql.toLowerCase();
    const named = missing.filter(
      ({ file }) => this.#names.length === 1 || text.includes(file.stream.toLowerCase()),
    );
    const whole = named.filter(({ isDirect }) => !isDirect || text.includes("timestamp"));
    const direct = named.filter((part) => !whole.includes(part));
    if (direct.length === 0) return whole;
    try {
      const reader = await this.#connection.runAndReadAll(`explain (format json) ${sql}`);
      const plan = JSON.stringify(reader.getRowsJson());
      return [...whole, ...direct.filter(({ marker }) => plan.includes(marker))];
    } catch {
      return named;
    }
  }

  async #load(parts: readonly Part[]): Promise<void> {
    for (const part of parts) {
      const { file, name } = part;
      await this.#run(`drop view ${partsSchema}.${name}`);
      await this.#run(`create table ${partsSchema}.${name} (${tableColumns(file.schema)})`);
      await loadRecords(
        this.#duckdb,
        this.#connection,
        file,
        { schema: partsSchema, name },
        this.#stopped.signal,
      );
      part.isLoaded = true;
    }
  }

  async #run(sql: string): Promise<void> {
    await this.#connection.run(sql);
  }
}
