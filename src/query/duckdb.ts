import { DaqError, systemCode } from "../model/errors.ts";

export type DuckDb = {
  readonly api: typeof import("@duckdb/node-api");
  readonly bindings: typeof import("@duckdb/node-bindings");
};

/** A package that is not there, and the part of it that is made for each system. */
const missing = ["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"];

async function importDuckDb(): Promise<DuckDb> {
  const api = await import("@duckdb/node-api");
  const { default: bindings } = await import("@duckdb/node-bindings");
  return { api, bindings };
}

/** DuckDB, which is installed only where somebody wants it. Throws `DaqError("config")` where it is not. */
export async function loadDuckDb(load: () => Promise<DuckDb> = importDuckDb): Promise<DuckDb> {
  try {
    return await load();
  } catch (error) {
    if (!missing.includes(systemCode(error) ?? "")) throw error;
    throw new DaqError(
      "config",
      `Queries need DuckDB, which is not installed, or not for ${process.platform}-${process.arch}.`,
      {
        hint: "Install it: npm install @duckdb/node-api @duckdb/node-bindings",
        cause: error,
      },
    );
  }
}
