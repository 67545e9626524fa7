import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import FileSystemStore from "@zarrita/storage/fs";
import * as zarr from "zarrita";
import { openFileSink } from "../../src/bytes/file-sink.ts";
import type { FormatOptions } from "../../src/formats/contract.ts";
import { zarrFormat } from "../../src/formats/zarr/format.ts";
import type { Batch } from "../../src/model/batch.ts";
import { SampleBatches } from "../../src/testing/format-contract/sample-batches.ts";
import { ledgerOf, logbook, sampleRun } from "../../src/testing/format-contract/sample-streams.ts";
import { type RecordValue, valuesOf } from "../../src/testing/format-contract/stream-values.ts";

type SeenColumn = {
  readonly dtype: string;
  readonly values: readonly (string | boolean)[];
  readonly attributes: Readonly<Record<string, string>>;
  readonly error?: string;
};

type Answer = {
  readonly readers: { readonly [name: string]: string };
  readonly stores: {
    readonly [path: string]: { readonly [reader: string]: { readonly [array: string]: SeenColumn } };
  };
};

const python = process.env.PYTHON ?? "python3";

function readWithPython(paths: readonly string[]): Answer {
  try {
    const text = execFileSync(python, [join(import.meta.dirname, "zarr_texts.py"), ...paths], {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
      stdio: ["ignore", "pipe", "inherit"],
    });
    return JSON.parse(text) as Answer;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { readers: {}, stores: {} };
    throw error;
  }
}

const { readers } = readWithPython([]);
const without = (reader: string) =>
  reader in readers ? false : `${python} has no ${reader}; set PYTHON to one that has`;

type Sample = Omit<FormatOptions, "durability">;

/** 397 records are four chunks of which the last is not full; where there are shards, two, the last not full. */
const samples: Readonly<Record<string, Sample>> = {
  "v2-none": { compression: "none", chunkRows: 100, zarr: { zarrFormat: 2 } },
  "v2-gzip": { compression: "gzip", chunkRows: 100, zarr: { zarrFormat: 2 } },
  "v2-blosc-zstd": { compression: "blosc-zstd", chunkRows: 100, zarr: { zarrFormat: 2 } },
  "v2-blosc-lz4-bitshuffle": { compression: "blosc-lz4-bitshuffle", zarr: { zarrFormat: 2 } },
  "v3-none": { compression: "none", chunkRows: 100, zarr: { shardChunks: 3 } },
  "v3-gzip": { compression: "gzip", chunkRows: 100, zarr: { shardChunks: 1 } },
  "v3-zstd": { compression: "zstd", chunkRows: 100, zarr: { shardChunks: 3 } },
  "v3-blosc-lz4": { compression: "blosc-lz4", chunkRows: 100, zarr: { shardChunks: 1 } },
  "v3-blosc-zstd": { compression: "blosc-zstd" },
  "v3-blosc-lz4-bitshuffle": {
    compression: "blosc-lz4-bitshuffle",
    chunkRows: 100,
    zarr: { shardChunks: 3 },
  },
  "v3-checksum": { compression: "zstd", chunkRows: 100, zarr: { shardChunks: 3, checksum: true } },
};

const folder = await mkdtemp(join(tmpdir(), "daq-zarr-texts-"));
const pathOf = (name: string) => join(folder, `${name}.zarr`);
const records = 397;

async function writeSample(name: string, options: Sample): Promise<readonly Batch[]> {
  const writer = await zarrFormat.create({
    path: pathOf(name),
    run: { info: sampleRun, streams: [logbook] },
    options: { ...options, durability: "process" },
    openSink: openFileSink,
  });
  const source = new SampleBatches(logbook);
  const batches: Batch[] = [];
  for (let left = records; left > 0; left -= 50) {
    const batch = source.next(Math.min(50, left));
    batches.push(batch);
    await writer.append(batch);
    await writer.checkpoint();
  }
  await writer.close(ledgerOf([{ schema: logbook, stored: records, ranges: [] }]));
  return batches;
}

/** What stands in the file for a value that the device did not give. */
const missing: Readonly<Record<string, string | boolean>> = { string: "", bool: false, float32: "NaN" };

type Expected = { readonly values: readonly (string | boolean)[]; readonly validity?: readonly boolean[] };

function expectedOf(batches: readonly Batch[]): Map<string, Expected> {
  const found = new Map<string, Expected>();
  const { columns } = valuesOf(batches).get(logbook.name)!;
  for (const { name, dtype, nullable } of logbook.columns) {
    const values: readonly RecordValue[] = columns.get(name)!;
    found.set(name, {
      values: values.map((value) =>
        value === null
          ? missing[dtype]!
          : typeof value === "string" || typeof value === "boolean"
            ? value
            : String(value),
      ),
      ...(nullable === true ? { validity: values.map((value) => value !== null) } : {}),
    });
  }
  return found;
}

/** Columns whose values are not numbers, which every reader prints in its own way. */
const shown = logbook.columns.filter(({ dtype }) => dtype === "string" || dtype === "bool");

let expected: Map<string, Expected>;
let answer: Answer;

before(async () => {
  for (const [name, options] of Object.entries(samples))
    expected = expectedOf(await writeSample(name, options));
  answer = readWithPython(Object.keys(samples).map(pathOf));
});

after(() => rm(folder, { recursive: true, force: true }));

test("the sample has what readers may get wrong: empty and missing texts, full cells, all of Unicode, both bools", () => {
  const { values, validity } = expected.get("comment")!;
  assert.ok(values.some((value, record) => value === "" && validity![record]));
  assert.ok(values.some((value, record) => value === "" && !validity![record]));
  assert.ok(values.includes("x".repeat(60)) && values.includes("naïve µW – 温度 🔬"));
  assert.deepEqual(new Set(expected.get("shutter open")!.values), new Set([true, false]));
});

function assertSeen(sample: string, reader: string): void {
  const seen = answer.stores[pathOf(sample)]![reader]!;
  for (const { name, dtype, nullable, description } of shown) {
    const { values, validity } = expected.get(name)!;
    const where = `${sample}: ${name} in ${reader}`;
    assert.deepEqual(seen[name]!.values, values, where);
    if (dtype === "bool") assert.equal(seen[name]!.dtype, "bool", where);
    assert.equal(seen[name]!.attributes.long_name, description, where);
    if (nullable === true)
      assert.deepEqual(
        seen[`${name}_valid`]!.values.map((value) => value === "1"),
        validity,
        `${where}: validity`,
      );
  }
}

describe("zarr-python", { skip: without("zarr") }, () => {
  const known = Object.keys(samples).filter(
    (name) => name.startsWith("v2") || Number(readers.zarr?.split(".")[0]) >= 3,
  );

  test("reads texts as str and bools as bool, with their descriptions", () => {
    for (const name of known) assertSeen(name, "zarr");
  });

  test("under xarray shows an empty text as an empty text, and false as false: neither is masked", () => {
    for (const name of known) assertSeen(name, "xarray");
  });
});

test("tensorstore reads the bools, and everything beside texts, which it does not know", {
  skip: without("tensorstore"),
}, () => {
  for (const sample of Object.keys(samples)) {
    const seen = answer.stores[pathOf(sample)]!.tensorstore!;
    for (const { name, dtype } of logbook.columns) {
      if (dtype === "string")
        assert.match(seen[name]!.error!, /dtype|data_type|data type/i, `${sample}: ${name}`);
      else assert.equal(seen[name]!.values.length, records, `${sample}: ${name}`);
      if (dtype === "bool") {
        assert.equal(seen[name]!.dtype, "bool");
        assert.deepEqual(seen[name]!.values, expected.get(name)!.values, `${sample}: ${name}`);
      }
    }
  }
});

test("zarrita reads texts and bools of both versions, with their validity", async () => {
  for (const sample of Object.keys(samples)) {
    const root = zarr.root(new FileSystemStore(pathOf(sample)));
    const valuesAt = async (path: string) => {
      const { data } = await zarr.get(await zarr.open(root.resolve(path), { kind: "array" }));
      return Array.from(data as Iterable<unknown>);
    };
    for (const { name, nullable } of shown) {
      const { values, validity } = expected.get(name)!;
      assert.deepEqual(await valuesAt(name), values, `${sample}: ${name}`);
      if (nullable === true)
        assert.deepEqual(
          (await valuesAt(`${name}_valid`)).map(Boolean),
          validity,
          `${sample}: ${name}_valid`,
        );
    }
  }
});
