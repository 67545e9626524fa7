import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { DaqError } from "../../model/errors.ts";
import { type ReadRowsOptions, readRows } from "./read.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "daq-csv-read-"));
});
after(() => rm(folder, { recursive: true }));

async function rowsOf(content: string | Uint8Array, unterminated: ReadRowsOptions["unterminated"] = "yield") {
  const path = join(folder, "rows.csv");
  await writeFile(path, content);
  const rows: string[][] = [];
  for await (const row of readRows(path, { unterminated })) rows.push(row);
  return rows;
}

test("reads quoted fields with commas, doubled quotes and line ends", async () => {
  assert.deepEqual(await rowsOf('a,"b, ""c""","d\r\ne"\r\n1,"",3\r\n'), [
    ["a", 'b, "c"', "d\r\ne"],
    ["1", "", "3"],
  ]);
});

test("reads LF as well as CRLF, empty fields, and a byte order mark", async () => {
  assert.deepEqual(await rowsOf("\uFEFFa,b\n,\r\n1,\n"), [
    ["a", "b"],
    ["", ""],
    ["1", ""],
  ]);
});

test("a last record without a line end is the caller's decision", async () => {
  assert.deepEqual(await rowsOf("a,b\n1,2"), [
    ["a", "b"],
    ["1", "2"],
  ]);
  assert.deepEqual(await rowsOf("a,b\n1,2", "skip"), [["a", "b"]]);
  assert.deepEqual(await rowsOf('a,b\n1,"2"'), [
    ["a", "b"],
    ["1", "2"],
  ]);
  assert.deepEqual(await rowsOf(""), []);
});

test("gives the same records wherever the chunks of a large file end, compressed or not", async () => {
  const rows = Array.from({ length: 40_000 }, (_, i) => [`${i}`, `é "${i}", µ\r\n`, "x".repeat(i % 17)]);
  const text = rows
    .map((row) => `${row.map((field) => `"${field.replaceAll('"', '""')}"`).join(",")}\r\n`)
    .join("");
  assert.deepEqual(await rowsOf(text), rows);
  const bytes = Buffer.from(text);
  const members = [
    gzipSync(bytes.subarray(0, 700_001)),
    gzipSync(""),
    gzipSync(bytes.subarray(700_001), { level: 1 }),
  ];
  assert.deepEqual(await rowsOf(Buffer.concat(members)), rows);
});

test("names the record where a quote is wrong or the text is not UTF-8", async () => {
  const failure = (pattern: RegExp) => (error: unknown) =>
    error instanceof DaqError && error.code === "format" && pattern.test(error.message);
  await assert.rejects(rowsOf('a\n"b" c\n'), failure(/record 2: " " stands behind a quoted field/));
  await assert.rejects(rowsOf('a\nb\n"c\n'), failure(/record 3: a quoted field is never closed/));
  await assert.rejects(rowsOf(Uint8Array.of(0x61, 0x0a, 0xff, 0x0a)), failure(/not UTF-8/));
});

test("refuses a compressed file that is damaged in its middle, with the place, instead of ending early", async () => {
  const first = gzipSync("a,b\r\n1,2\r\n");
  const second = gzipSync(
    Buffer.from(Array.from({ length: 5000 }, (_, i) => `${i},${Math.sin(i)}\r\n`).join("")),
  );
  const file = Buffer.concat([first, second, first]);
  file[first.length + 9000]! ^= 0x10;
  await assert.rejects(rowsOf(file), (error: unknown) => {
    assert.ok(error instanceof DaqError);
    assert.match(error.message, new RegExp(`byte ${first.length}: the gzip member`));
    return true;
  });
});
