import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { csvFormat } from "../../src/formats/csv/format.ts";
import { parseJson } from "../../src/model/parse-json.ts";
import { appendAll, targetIn, temporaryFolder } from "../../src/testing/format-contract/recording.ts";
import { SampleBatches } from "../../src/testing/format-contract/sample-batches.ts";
import { ledgerOf, logbook } from "../../src/testing/format-contract/sample-streams.ts";
import type { RecordValue } from "../../src/testing/format-contract/stream-values.ts";
import { withoutLibrary } from "./stock-readers.ts";

const python = process.env.PYTHON ?? "python3";
const compressions = ["none", "gzip"] as const;

type Found = {
  readonly columns: { readonly [name: string]: readonly unknown[] };
  readonly types: { readonly [name: string]: string };
};

/** Of several batches, which with gzip are in several members. */
async function readLogbook(reader: string, compression: string) {
  await using folder = await temporaryFolder();
  const options = { compression, durability: "process" } as const;
  const target = targetIn(folder.path, csvFormat, [logbook], options);
  const writer = await csvFormat.create(target);
  const source = new SampleBatches(logbook);
  const values = await appendAll(writer, [source.next(40), source.next(600), source.next(60)]);
  await writer.close(ledgerOf([{ schema: logbook, stored: 700, ranges: [] }]));
  const script = join(import.meta.dirname, "csv_texts.py");
  const { status, stdout, stderr } = spawnSync(python, [script, target.path], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  assert.equal(status, 0, stderr);
  const found = (parseJson(stdout) as Record<string, Found & { error?: string }>)[reader]!;
  assert.equal(found.error, undefined, reader);
  const written = values.get(logbook.name)!;
  assert.deepEqual(found.columns.timestamp!.map(String), written.timestampsNs.map(String));
  assert.deepEqual(found.columns.sequence!.map(String), written.sequences.map(String));
  return { found, written: (name: string): readonly RecordValue[] => written.columns.get(name)! };
}

const withoutPython =
  spawnSync(python, ["-c", ""]).status === 0 ? false : `there is no ${python}; set PYTHON to one`;
const without = (library: string) => ({ skip: withoutLibrary(library) });

/** Text and bool columns as readers call them. */
const types = {
  polars: ["Boolean", "String"],
  pyarrow: ["bool", "string"],
  duckdb: ["BOOLEAN", "VARCHAR"],
} as const;

for (const compression of compressions) {
  for (const reader of ["polars", "pyarrow", "duckdb"] as const)
    test(
      `${reader} tells empty texts from missing ones and finds every text and bool, ${compression}`,
      without(reader),
      async () => {
        const { found, written } = await readLogbook(reader, compression);
        for (const { name, dtype } of logbook.columns) {
          if (dtype === "float32") continue;
          assert.deepEqual(found.columns[name], written(name), name);
          assert.equal(found.types[name], types[reader][dtype === "bool" ? 0 : 1], name);
        }
        const isMissing = (value: unknown) => value === null;
        assert.deepEqual(found.columns.power!.map(isMissing), written("power").map(isMissing));
      },
    );

  test(
    `pandas finds every text and bool; a missing text is an empty one to it, ${compression}`,
    without("pandas"),
    async () => {
      const { found, written } = await readLogbook("pandas", compression);
      for (const name of ["comment", "mode"])
        assert.deepEqual(
          found.columns[name],
          written(name).map((value) => value ?? ""),
          name,
        );
      for (const name of ["shutter open", "interlock"])
        assert.deepEqual(found.columns[name], written(name), name);
      assert.equal(found.types["shutter open"], "bool");
      assert.equal(found.types.power, "float64");
    },
  );

  test(
    `pandas as it is takes texts such as "NA" for missing values, ${compression}`,
    without("pandas"),
    async () => {
      const { found, written } = await readLogbook("pandas, all defaults", compression);
      const lost = written("mode").filter((value, row) => value !== found.columns.mode![row]);
      assert.deepEqual(new Set(lost), new Set(["", "NaN", "null", "NA"]));
    },
  );

  test(`Python's csv finds every text, ${compression}`, { skip: withoutPython }, async () => {
    const { found, written } = await readLogbook("csv", compression);
    for (const { name, dtype } of logbook.columns)
      if (dtype !== "float32")
        assert.deepEqual(
          found.columns[name],
          written(name).map((value) => String(value ?? "")),
          name,
        );
  });
}
