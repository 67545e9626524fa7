import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { jsonLines, runCommand, spawnDaq, temporaryFolder } from "../captured-terminal.test.ts";
import { queryCommand } from "./query.ts";

const configText = `[experiment]
name = "scan"
[storage]
format = ["arrow", "parquet"]
[ring_buffer]
size_mb = 2
[[devices]]
id = "power0"
driver = "sim.power_meter"
rate_hz = 500
[[devices]]
id = "adc-0"
driver = "sim.adc"
`;

let folder = "";
const releases: (() => void)[] = [];
before(async () => {
  folder = temporaryFolder({ after: (release) => void releases.push(release as () => void) });
  writeFileSync(join(folder, "daq.toml"), configText);
  const recorded = await spawnDaq(["record", "daq.toml", "--frames", "50", "-o", "run.{ext}"], {
    cwd: folder,
  }).done;
  assert.equal(recorded.code, 0, recorded.error);
});
after(() => {
  for (const release of releases) release();
});

const at = (name: string) => join(folder, name);

test("a run's index gives each stream once, though it was recorded in two formats", async () => {
  const sql = 'select (select count(*) from power0) as meter, (select count(*) from "adc-0") as adc';
  const { code, out, error } = await runCommand(queryCommand, ["--json", sql, at("run.run.json")]);
  assert.equal(code, 0, error);
  assert.deepEqual(jsonLines(out), [{ meter: 50, adc: 50 }]);
});

test("a run that was recorded as JSON lines only can be queried by its index", async () => {
  const args = ["record", "daq.toml", "--frames", "5", "-o", "lines.{ext}", "--set", "storage.format=jsonl"];
  const recorded = await spawnDaq(args, { cwd: folder }).done;
  assert.equal(recorded.code, 0, recorded.error);
  const sql = 'select (select count(*) from power0) as meter, (select count(*) from "adc-0") as adc';
  const { code, out, error } = await runCommand(queryCommand, ["--json", sql, at("lines.run.json")]);
  assert.equal(code, 0, error);
  assert.deepEqual(jsonLines(out), [{ meter: 5, adc: 5 }]);
});

test("a run in parts is one table with all of its records", async () => {
  const settings = ["storage.rotate_mb=0.01", "storage.flush_interval_ms=40"].flatMap((one) => [
    "--set",
    one,
  ]);
  const args = ["record", "daq.toml", "--duration", "2s", "-o", "parts.{ext}", ...settings];
  const recorded = await spawnDaq(args, { cwd: folder }).done;
  assert.equal(recorded.code, 0, recorded.error);
  const parts = readdirSync(folder).filter((name) => /^parts_\d{4}\.power0\.parquet$/.test(name));
  assert.ok(parts.length > 2, `${parts.length} parts`);
  const sql = "select count(*) as records, max(sequence) + 1 as produced from power0";
  const { code, out, error } = await runCommand(queryCommand, ["--json", sql, at("parts.run.json")]);
  assert.equal(code, 0, error);
  const [{ records, produced } = {}] = jsonLines(out);
  assert.equal(records, produced);
  const [first] = jsonLines((await runCommand(queryCommand, ["--json", sql, at(parts[0]!)])).out);
  assert.ok(Number(first!.records) < Number(records));
});

test("a table for people has aligned columns; CSV has a header, and nothing where a value is missing", async () => {
  const sql = "select 1 as n, 'a,b' as word, null as nothing, -0.0::double as zero from t limit 1";
  const table = await runCommand(queryCommand, [sql, at("run.power0.parquet")]);
  assert.equal(table.out, "n  word  nothing  zero\n-  ----  -------  ----\n1  a,b      NULL    -0\n");
  const csv = await runCommand(queryCommand, ["--csv", sql, at("run.power0.parquet")]);
  assert.equal(csv.out, 'n,word,nothing,zero\r\n1,"a,b",,-0.0\r\n');
});

test("integers keep their digits in JSON, and an empty answer still has its columns", async () => {
  const sql = "select max(18446744073709551615::ubigint) as most from t";
  const { out } = await runCommand(queryCommand, ["--json", sql, at("run.power0.arrow")]);
  assert.equal(out, '{"most":18446744073709551615}\n');
  const none = await runCommand(queryCommand, ["select power from t where false", at("run.power0.arrow")]);
  assert.equal(none.out, "power\n-----\n");
});

test("a wrong query is a usage error with its place; a wrong file has the nearest name", async () => {
  const wrong = await runCommand(queryCommand, ["select pwer from t", at("run.power0.arrow")]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.error, /"pwer" not found[\s\S]*"power"[\s\S]*\^/);
  const missing = await runCommand(queryCommand, ["select 1 from t", at("run.powr0.arrow")]);
  assert.equal(missing.code, 1);
  assert.match(missing.error, /Did you mean .*run\.power0\.arrow\?/);
  const swapped = await runCommand(queryCommand, [at("run.power0.arrow"), "select 1 from t"]);
  assert.equal(swapped.code, 2);
  assert.match(swapped.error, /The query comes first/);
});

test("a result of any length goes through a slow pipe, and ends when its reader leaves", async () => {
  const file = at("run.adc-0.parquet");
  const sql = "select range as n, 'some words to fill the line' as words from range(3000000)";
  const program = join(import.meta.dirname, "../../../bin/daq.js");
  const child = spawn(process.execPath, [program, "query", "--csv", sql, file], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let lines = 0;
  child.stdout.setEncoding("utf8");
  for await (const text of child.stdout) {
    lines += (text as string).split("\n").length - 1;
    if (lines > 1000) break;
  }
  const code = child.exitCode ?? (await new Promise((resolve) => child.once("close", resolve)));
  assert.equal(code, 0);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith("daq-query-")),
    [],
  );
});
