import { toJson } from "../../model/metadata.ts";
import type { QueryResult } from "../../query/query-database.ts";

/** The lines of a result, a JSON object for each row. */
export async function* jsonLines({ columns, blocks }: QueryResult): AsyncGenerator<string, void, void> {
  const names = columns.map(({ name }) => name);
  for await (const rows of blocks)
    yield rows
      .map((row) => `${toJson(Object.fromEntries(names.map((name, at) => [name, row[at]])))}\n`)
      .join("");
}
