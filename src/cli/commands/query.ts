import { DaqError, exitCodes } from "../../model/errors.ts";
import { QueryDatabase } from "../../query/query-database.ts";
import type { Command, ParsedArguments } from "../command.ts";
import { csvLines } from "../query/csv-rows.ts";
import { jsonLines } from "../query/json-rows.ts";
import { streamsToQuery } from "../query/streams-to-query.ts";
import { tableLines } from "../query/table-rows.ts";

export const queryCommand: Command = {
  name: "query",
  summary: "ask a question of recorded tables in SQL",
  operands: "SQL FILE…",
  operandCount: [2, Number.POSITIVE_INFINITY],
  options: [
    { name: "csv", kind: "flag", doc: "The rows as CSV, with a header line." },
    {
      name: "memory",
      kind: "text",
      value: "MB",
      doc: "What the query may keep in memory; the rest goes to temporary files. Default: a quarter of the machine, 2048 at most.",
    },
    {
      name: "unrestricted",
      kind: "flag",
      doc: "Allow all statements, also those that read or write other files (COPY … TO).",
    },
  ],
  examples: [
    [
      'daq query "select count(*), avg(power), max(power) from t" data/scan_v1.parquet',
      "the only stream can be called t or data",
    ],
    [
      "daq query \"select time_bucket(interval '1 second', timestamp) as second, avg(power) from power0 group by all order by all\" data/scan_v1.run.json",
      "all streams of a run, under their names",
    ],
    ['daq query "describe t" data/scan_v1.csv', "the columns and their types"],
    ['daq query "summarize t" data/scan_v1.csv', "smallest, largest, mean and missing values of each column"],
    [
      'daq query --csv "select * from power0 where power > 5 order by timestamp" data/*.power0.arrow > high.csv',
      "several files of one stream are one table; source_file says where a row is from",
    ],
    [
      'daq query "select a.power, b.temperature from power0 a asof join bath b on a.timestamp >= b.timestamp" data/scan_v1.run.json',
      "for each record of one stream the last of another",
    ],
  ],
  notes: [
    "SQL is DuckDB's. FILE is a data file of any format, or the index of a run (….run.json). Each stream is a table under its",
    "name, with timestamp (UTC, nanoseconds), sequence, and its columns; names with - or . stand in double quotes. DuckDB reads",
    "Parquet and CSV by itself, and only what the query needs; other formats, and times in Parquet, are loaded first. Images are",
    "left out. Exit code: 0 done; 1 a file cannot be read; 2 the query is wrong.",
  ].join("\n"),
  async run(args, terminal) {
    const [sql = "", ...paths] = args.positionals;
    if (args.flag("csv") && terminal.json)
      throw new DaqError("usage", "--csv and --json are two answers.", { hint: "Choose one." });
    refuseSwapped(sql, paths);
    const memoryMb = memoryOf(args);
    const { files, notes } = await streamsToQuery(paths);
    const database = await QueryDatabase.open(files, {
      unrestricted: args.flag("unrestricted"),
      ...(memoryMb === undefined ? {} : { memoryMb }),
    });
    const stop = () => database.stop();
    process.once("SIGINT", stop);
    try {
      for (const note of [...notes, ...database.notes]) terminal.log(`note: ${note}`);
      const result = await database.query(sql);
      const lines = terminal.json
        ? jsonLines(result)
        : args.flag("csv")
          ? csvLines(result)
          : tableLines(result);
      for await (const text of lines) if (!(await terminal.write(text))) break;
      return exitCodes.complete;
    } finally {
      process.off("SIGINT", stop);
      await database.close();
    }
  },
};

/** The file was written first. */
function refuseSwapped(sql: string, paths: readonly string[]): void {
  if (
    /\s/.test(sql.trim()) ||
    !paths.some((path) => /^\s*(select|from|with|describe|summarize)\s/i.test(path))
  )
    return;
  throw new DaqError("usage", `"${sql}" is not a query.`, {
    hint: 'The query comes first, then the files: daq query "select * from t" FILE',
  });
}

function memoryOf(args: ParsedArguments): number | undefined {
  const text = args.text("memory");
  if (text === undefined) return undefined;
  const memoryMb = Number(text);
  if (Number.isInteger(memoryMb) && memoryMb >= 16) return memoryMb;
  throw new DaqError("usage", `--memory ${text}: a whole number of megabytes from 16 on was expected.`, {
    hint: "For example --memory 4096.",
  });
}
