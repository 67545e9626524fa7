import assert from "node:assert/strict";
import { test } from "node:test";
import { DaqError } from "../../src/model/errors.ts";
import { compareResults, parseResults, type ResultLine } from "./compare-results.ts";

function line(name: string, peer: string, rate: number, fsync?: number): ResultLine {
  return { case: name, peer, mb_per_s: rate, ...(fsync === undefined ? {} : { mb_per_s_fsync: fsync }) };
}

const peers = [
  line("csv/samples/none", "pyarrow", 88, 80),
  line("csv/samples/none", "polars", 400, 200),
  line("csv/samples/none", "pandas", 7, 7),
  line("arrow/samples/none-65536", "pyarrow", 3000, 1500),
];

test("a case is held against the fastest peer that has it", () => {
  const [found] = compareResults([line("csv/samples/none", "daq-storage", 100, 50)], peers, []);
  assert.equal(found?.peer.peer, "polars");
  assert.equal(found?.ratio, 0.25);
  assert.equal(found?.ratioFsync, 0.25);
});

test("named peers are the only ones compared with", () => {
  const [found] = compareResults([line("csv/samples/none", "daq-storage", 44)], peers, ["pandas", "pyarrow"]);
  assert.equal(found?.peer.peer, "pyarrow");
  assert.equal(found?.ratio, 0.5);
  assert.equal(found?.ratioFsync, undefined);
});

test("the whole path is held against the peers' writer alone", () => {
  const [found] = compareResults([line("arrow/samples/path-65536", "daq-storage", 1500)], peers, []);
  assert.equal(found?.peer.case, "arrow/samples/none-65536");
  assert.equal(found?.case, "arrow/samples/path-65536");
  assert.equal(found?.ratio, 0.5);
});

test("cases that no peer has are left out", () => {
  assert.deepEqual(compareResults([line("ring/copy/frames-8MiB", "daq-storage", 8000)], peers, []), []);
});

test("lines that measure no throughput are passed over", () => {
  const text =
    '{"case":"ring/wake/blocking","peer":"daq-storage","p50_us":5}\n\n{"case":"a","peer":"b","mb_per_s":1}\n';
  assert.deepEqual(parseResults(text, "ours.jsonl"), [{ case: "a", peer: "b", mb_per_s: 1 }]);
});

test("a line that is not JSON is named with its file and number", () => {
  assert.throws(
    () => parseResults('{"case":"a","peer":"b","mb_per_s":1}\n> npm run\n', "ours.jsonl"),
    (error) => error instanceof DaqError && error.message.startsWith("ours.jsonl, line 2:"),
  );
});
