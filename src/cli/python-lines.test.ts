import assert from "node:assert/strict";
import { test } from "node:test";
import type { Column, StreamSchema } from "../model/stream-schema.ts";
import { pythonLines } from "./python-lines.ts";

function stream(name: string, columns: readonly string[]): StreamSchema {
  const scalars = columns.map((column): Column => ({ name: column, dtype: "float64", shape: [], dims: [] }));
  return { name, kind: "table", columns: scalars, source: "test", clock: "system" };
}

test("the lines for an HDF5 file reach the values of each stream", () => {
  const streams = [stream("power-0", ["power"]), stream("adc0", ["AI0", "AI1"]), stream("instrument", ["x"])];
  assert.deepEqual(pythonLines(["run.h5"], false, { hdf5: streams }), [
    "import h5py",
    'entry = h5py.File("run.h5")["entry"]',
    'power_0 = entry["power-0/power"]',
    'adc0 = entry["adc0"]  # a dataset for each column: AI0, AI1',
    'instrument = entry["instrument_2/x"]',
  ]);
});

test("pandas is told what is missing in a CSV file with texts, which it would take some of them for", () => {
  const power = stream("power", ["power"]);
  const text: Column = { name: "note", dtype: "string", shape: [], dims: [], maxBytes: 20 };
  const count: Column = { name: "count", dtype: "int32", shape: [2], dims: ["i"], nullable: true };
  const notes = { ...stream("notes", ["v"]), columns: [...stream("notes", ["v"]).columns, text, count] };
  assert.deepEqual(pythonLines(["run.power.csv", "run.notes.csv"], false, { csv: [power, notes] }), [
    "import pandas as pd",
    'power_table = pd.read_csv("run.power.csv", float_precision="round_trip")',
    'notes_table = pd.read_csv("run.notes.csv", float_precision="round_trip", keep_default_na=False, na_values={"v":["","NaN"],"count[0]":[""],"count[1]":[""]})',
  ]);
});

test("the documents of JSON lines are read with nothing but Python", () => {
  assert.deepEqual(pythonLines(["data/run.jsonl"]), [
    "import json",
    'data_documents = [json.loads(line) for line in open("data/run.jsonl")]',
  ]);
});
