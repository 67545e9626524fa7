import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { FormatName } from "../formats/contract.ts";
import { DaqError } from "../model/errors.ts";
import type { Cell } from "./cell.ts";
import { type DuckDb, loadDuckDb } from "./duckdb.ts";
import { QueryDatabase, type QueryOptions } from "./query-database.ts";
import { streamsOfFile } from "./query-file.ts";
import { cameraBatch, meter, meterBatch, noteOf, recordedFiles, rows } from "./recorded-streams.test.ts";

const root = mkdtempSync(join(tmpdir(), "daq-query-test-"));
after(() => rmSync(root, { recursive: true, force: true }));
// Where databases keep their temporary files.
process.env.TMPDIR = root;
let folders = 0;

async function folderWith(make: (folder: string) => Promise<readonly string[]>): Promise<readonly string[]> {
  const folder = join(root, String(folders++));
  mkdirSync(folder);
  return make(folder);
}

async function openFiles(paths: readonly string[], options?: QueryOptions): Promise<QueryDatabase> {
  const found = await Promise.all(paths.map(streamsOfFile));
  return QueryDatabase.open(
    found.flatMap(({ files }) => files),
    options,
  );
}

/** All rows of one query, with its own database. */
async function ask(
  paths: readonly string[],
  sql: string,
  options?: QueryOptions,
): Promise<readonly (readonly Cell[])[]> {
  const database = await openFiles(paths, options);
  try {
    const all: (readonly Cell[])[] = [];
    for await (const block of (await database.query(sql)).blocks) all.push(...block);
    return all;
  } finally {
    await database.close();
  }
}

const formats: readonly FormatName[] = ["parquet", "csv", "arrow", "hdf5", "zarr", "jsonl"];
/** CSV spreads a column with a shape over fields. */
const third = (format: FormatName) => (format === "csv" ? '"spectrum[2]"' : "spectrum[3]");

for (const format of formats) {
  const recorded = folderWith((folder) => recordedFiles(folder, format, [meterBatch()]));

  test(`${format}: times keep their nanoseconds, integers their 64 bits, and missing is null, not NaN`, async () => {
    const sql = `select timestamp, sequence, power, level, count, ${third(format)} from t where sequence in (0, 1, 2, 6, 4999) order by sequence`;
    assert.deepEqual(await ask(await recorded, sql), [
      ["2023-11-14 22:13:20.123456789", 0n, 0, 0.1, 2n ** 64n - 1n, 2],
      ["2023-11-14 22:13:20.12345679", 1n, Number.NaN, 0.1, 2n ** 64n - 2n, 3],
      ["2023-11-14 22:13:20.123456791", 2n, Number.POSITIVE_INFINITY, 0.1, 2n ** 64n - 3n, 4],
      ["2023-11-14 22:13:20.123456795", 6n, null, 0.1, 2n ** 64n - 7n, 8],
      ["2023-11-14 22:13:20.123461788", 4999n, 4999, 0.1, 2n ** 64n - 5000n, 5001],
    ]);
  });

  test(`${format}: texts and bools are what they were, an empty text is not null, and both can be asked for`, async () => {
    const sql = "select sequence, note, open from t where sequence < 12 order by sequence";
    const expected = Array.from({ length: 12 }, (_, n) => [
      BigInt(n),
      n % 5 === 4 ? null : noteOf(n),
      n % 3 === 0,
    ]);
    assert.deepEqual(await ask(await recorded, sql), expected);
    const counted = "select count(*) from t where note = 'NULL' and not open";
    const wanted = Array.from({ length: rows }, (_, n) => n).filter(
      (n) => n % 5 !== 4 && n % 4 === 3 && n % 3 !== 0,
    );
    assert.deepEqual(await ask(await recorded, counted), [[BigInt(wanted.length)]]);
  });

  test(`${format}: whole tables are counted and summed, with and without their times`, async () => {
    const nulls = BigInt(Math.floor((rows + 1) / 7));
    const sql = "select count(*), count(power), max(sequence), sum(sequence) from data";
    const expected = [BigInt(rows), BigInt(rows) - nulls, 4999n, BigInt((rows * (rows - 1)) / 2)];
    assert.deepEqual(await ask(await recorded, sql), [expected]);
    const timed =
      "select count(*) from power0 where timestamp >= '2023-11-14 22:13:20.123456790'::timestamp_ns";
    assert.deepEqual(await ask(await recorded, timed), [[BigInt(rows - 1)]]);
  });
}

for (const format of ["hdf5", "arrow", "zarr"] as const)
  test(`${format}: frames have their times and numbers in the table; their pixels are left out, and it says so`, async () => {
    const paths = await folderWith((folder) =>
      recordedFiles(folder, format, [cameraBatch(), meterBatch(10)]),
    );
    const database = await openFiles(paths);
    const { columns, blocks } = await database.query('select * from "camera-0"');
    const all: (readonly Cell[])[] = [];
    for await (const block of blocks) all.push(...block);
    await database.close();
    assert.deepEqual(
      columns.map(({ name }) => name),
      ["timestamp", "sequence"],
    );
    assert.deepEqual(
      all.map((row) => row[1]),
      [0n, 3n],
    );
    assert.deepEqual(database.notes, [
      "camera-0.frame holds images of 256 × 256, which are left out of the table.",
    ]);
  });

test("Parquet times are exact also where the query does not name them", async () => {
  const paths = await folderWith((folder) => recordedFiles(folder, "parquet", [meterBatch(10)]));
  const queries = [
    "select * exclude (sequence) from t limit 1",
    "from t limit 1",
    "select min(columns('^time')) from t",
    "select u.* from t u natural join t v where sequence = 0",
    "with a as (from t) select * from a order by 1 limit 1",
  ];
  for (const sql of queries)
    assert.equal((await ask(paths, sql))[0]?.[0], "2023-11-14 22:13:20.123456789", sql);
});

test("a run's other streams are not loaded, and not answered for either", async () => {
  const paths = await folderWith((folder) => recordedFiles(folder, "hdf5", [cameraBatch(), meterBatch(10)]));
  assert.deepEqual(await ask(paths, "select count(*) from power0"), [[10n]]);
  const joined = 'select count(*) from power0 p join "camera-0" c using (sequence)';
  assert.deepEqual(await ask(paths, joined), [[2n]]);
});

test("one stream in several files is one table that says where each row is from", async () => {
  const paths = await folderWith(async (folder) => [
    ...(await recordedFiles(folder, "parquet", [meterBatch(10)], { stem: "a" })),
    ...(await recordedFiles(folder, "arrow", [meterBatch(20)], { stem: "b" })),
  ]);
  const sql = "select source_file, count(*), max(timestamp) from power0 group by all order by all";
  assert.deepEqual(await ask(paths, sql), [
    [paths[0], 10n, "2023-11-14 22:13:20.123456798"],
    [paths[1], 20n, "2023-11-14 22:13:20.123456808"],
  ]);
});

test("CSV and Parquet of other programs are read as DuckDB reads them", async () => {
  const [path] = await folderWith(async (folder) => {
    writeFileSync(join(folder, "lab notes.csv"), "step,who\n1,Ada\n2,Max\n");
    return [join(folder, "lab notes.csv")];
  });
  assert.deepEqual(await ask([path!], "select sum(step), max(who) from lab_notes"), [[3n, "Max"]]);
  const parquet = join(root, "foreign.parquet");
  await ask([path!], `copy (from t) to '${parquet}'`, { unrestricted: true });
  assert.deepEqual(await ask([parquet], "select who from t order by step"), [["Ada"], ["Max"]]);
});

test("a query can neither write nor read anything but the named files, nor change what it may do", async () => {
  const paths = await folderWith((folder) => recordedFiles(folder, "parquet", [meterBatch(10)]));
  const before = readFileSync(paths[0]!);
  const secret = join(root, "secret.csv");
  const target = join(root, "out.csv");
  writeFileSync(secret, "a\n1\n");
  const forbidden = [
    `copy (select 1) to '${target}'`,
    // The file itself is one that may be opened.
    `copy (select 1) to '${paths[0]}'`,
    `explain analyze copy (select 1) to '${paths[0]}'`,
    `select * from '${secret}'`,
    `select * from read_csv('${secret}')`,
    `select * from read_text('${secret}')`,
    `select * from glob('${root}/*')`,
    `attach '${join(root, "new.duckdb")}'`,
    "set enable_external_access = true",
    "install httpfs",
    "load httpfs",
    "select 1; select 2",
  ];
  for (const sql of forbidden)
    await assert.rejects(
      ask(paths, sql),
      (error) => error instanceof DaqError && error.code === "usage",
      sql,
    );
  assert.deepEqual(readFileSync(paths[0]!), before);
  assert.equal(existsSync(target), false);
});

test("a stream that is called like a word of SQL is named with its quotes", async () => {
  const primary = { ...meter, name: "primary" };
  const paths = await folderWith((folder) =>
    recordedFiles(folder, "arrow", [{ ...meterBatch(10), stream: primary }]),
  );
  await assert.rejects(ask(paths, "select count(*) from primary"), {
    code: "usage",
    message: "The query is wrong: primary is a word of SQL.",
    hint: /"primary"/,
  });
  assert.deepEqual(await ask(paths, 'select count(*) from "primary"'), [[10n]]);
});

test("a table, a column and a word that do not exist are named, with what was probably meant", async () => {
  const paths = await folderWith((folder) => recordedFiles(folder, "csv", [meterBatch(10)]));
  await assert.rejects(
    ask(paths, "select * from powr0"),
    /There is no table "powr0": did you mean "power0"\?/,
  );
  await assert.rejects(ask(paths, "select powr from t"), (error: DaqError) => {
    assert.match(error.message, /column "powr" not found/);
    assert.match(error.hint!, /"power"/);
    return true;
  });
  await assert.rejects(ask(paths, "selec 1"), /The query is wrong: syntax error at or near "selec"/);
});

for (const format of ["parquet", "csv", "arrow"] as const)
  test(`${format}: a file that is not finished is refused, with what to do`, async () => {
    const paths = await folderWith((folder) =>
      recordedFiles(folder, format, [meterBatch(10)], { finish: false }),
    );
    await assert.rejects(openFiles(paths), (error: DaqError) => {
      assert.match(error.message, /is not finished/);
      assert.match(error.hint!, /daq recover/);
      return true;
    });
  });

test("names that DuckDB would take for a pattern are read all the same", async () => {
  const paths = await folderWith((folder) =>
    recordedFiles(folder, "parquet", [meterBatch(10)], { stem: "run[1]*" }),
  );
  assert.deepEqual(await ask(paths, "select count(*) from t"), [[10n]]);
});

test("tables that are larger than the memory they may have go to temporary files, which are gone at the end", async () => {
  const paths = await folderWith((folder) => recordedFiles(folder, "arrow", [meterBatch(500_000)]));
  const before = temporaryFolders();
  const sql = "select count(*), sum(sequence) from (select * from t order by hash(sequence)) where level > 0";
  assert.deepEqual(await ask(paths, sql, { memoryMb: 24 }), [[500_000n, 124_999_750_000n]]);
  assert.deepEqual(temporaryFolders(), before);
});

function temporaryFolders(): string[] {
  return readdirSync(root).filter((name) => name.startsWith("daq-query-"));
}

test("a stopped query ends with an error that says so", async () => {
  const paths = await folderWith((folder) => recordedFiles(folder, "csv", [meterBatch(10)]));
  const database = await openFiles(paths);
  setTimeout(() => database.stop(), 100);
  await assert.rejects(
    database.query("select count(*) from range(100000) a, range(100000) b where a.range + b.range = 7"),
    /The query was stopped/,
  );
  await database.close();
});

test("without DuckDB it says what to install", async () => {
  const load = (): Promise<DuckDb> => import("@duckdb/no-such-package" as string) as Promise<DuckDb>;
  await assert.rejects(loadDuckDb(load), (error: DaqError) => {
    assert.equal(error.code, "config");
    assert.match(error.hint!, /npm install @duckdb\/node-api/);
    return true;
  });
});
