import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import FileSystemStore from "@zarrita/storage/fs";
import * as zarr from "zarrita";
import { openFileSink } from "../../src/bytes/file-sink.ts";
import type { FormatOptions } from "../../src/formats/contract.ts";
import { zarrFormat } from "../../src/formats/zarr/format.ts";
import { streamLayouts } from "../../src/formats/zarr/stream-layout.ts";
import type { Batch } from "../../src/model/batch.ts";
import type { Column, StreamSchema } from "../../src/model/stream-schema.ts";
import { SampleBatches } from "../../src/testing/format-contract/sample-batches.ts";
import {
  camera,
  everyType,
  gauges,
  ledgerOf,
  sampleRun,
  spectrum,
} from "../../src/testing/format-contract/sample-streams.ts";

type Digest = {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly sha256: string;
  readonly dims: readonly string[];
};

type SeenArray = Digest & {
  readonly times?: readonly string[];
  readonly variables?: readonly string[];
  readonly attributes?: Readonly<Record<string, string>>;
};

type Answer = {
  readonly readers: { readonly [name: string]: string };
  readonly folders: {
    readonly [path: string]: { readonly [reader: string]: { readonly [array: string]: SeenArray } };
  };
};

const folder = await mkdtemp(join(tmpdir(), "daq-zarr-run-"));
const python = process.env.PYTHON ?? "python3";

function readWithPython(folders: readonly (readonly [path: string, arrays: readonly string[]])[]): Answer {
  const list = join(folder, "folders.json");
  writeFileSync(list, JSON.stringify(Object.fromEntries(folders)));
  try {
    const text = execFileSync(python, [join(import.meta.dirname, "zarr_run.py"), list], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    return JSON.parse(text) as Answer;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { readers: {}, folders: {} };
    throw error;
  }
}

const { readers } = readWithPython([]);
const without = (reader: string) =>
  reader in readers ? false : `${python} has no ${reader}; set PYTHON to one that has`;

type Sample = {
  readonly options: Omit<FormatOptions, "durability">;
  readonly streams: readonly StreamSchema[];
  readonly records: number;
};

const all = [everyType, gauges, spectrum, camera];
const version3 = ["none", "gzip", "zstd", "blosc-lz4", "blosc-zstd", "blosc-lz4-bitshuffle"];

/** 397 records are four chunks of which the last is not full, in two shards of which the last is not full. */
const samples: Readonly<Record<string, Sample>> = {
  ...Object.fromEntries(
    version3.flatMap((compression): [string, Sample][] => [
      [
        `v3-${compression}`,
        { options: { compression, chunkRows: 100, zarr: { shardChunks: 3 } }, streams: all, records: 397 },
      ],
      [
        `v2-${compression}`,
        { options: { compression, chunkRows: 100, zarr: { zarrFormat: 2 } }, streams: all, records: 397 },
      ],
    ]),
  ),
  "v3-default": { options: { compression: "zstd" }, streams: all, records: 397 },
  "v3-whole-chunks": {
    options: { compression: "zstd", chunkRows: 100, zarr: { shardChunks: 1, checksum: true } },
    streams: all,
    records: 397,
  },
  "v3-checksum": {
    options: { compression: "none", chunkRows: 64, zarr: { shardChunks: 2, checksum: true } },
    streams: all,
    records: 397,
  },
  "v3-one-table": { options: { compression: "zstd" }, streams: [gauges], records: 97 },
  "v2-one-table": {
    options: { compression: "zstd", zarr: { zarrFormat: 2 } },
    streams: [gauges],
    records: 97,
  },
  "v3-one-camera": { options: { compression: "none" }, streams: [camera], records: 97 },
  "v2-single": { options: { compression: "zstd", zarr: { zarrFormat: 2 } }, streams: all, records: 1 },
  "v3-single": { options: { compression: "zstd" }, streams: all, records: 1 },
};

const pathOf = (name: string) => join(folder, `${name}.zarr`);

function digestOf(
  column: Pick<Column, "dtype" | "shape">,
  dims: readonly string[],
  parts: readonly Uint8Array[],
): Digest {
  const sum = createHash("sha256");
  for (const part of parts) sum.update(part);
  const bytes = parts.reduce((all, part) => all + part.byteLength, 0);
  const itemBytes = column.shape.reduce((a, b) => a * b, Number(/\d+$/.exec(column.dtype)![0]) / 8);
  return {
    shape: [bytes / itemBytes, ...column.shape],
    dtype: column.dtype,
    sha256: sum.digest("hex"),
    dims,
  };
}

function bytesOf(values: BigInt64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** What stands for a value that is missing depends on the dtype; validity says which they are. */
function stored({ dtype }: Column, { bytes, validity }: Batch["columns"][number]): Uint8Array {
  if (validity === undefined) return bytes;
  const copy = new Uint8Array(bytes);
  const itemBytes = copy.byteLength / validity.length;
  const missing = new Uint8Array(itemBytes);
  if (dtype === "float64") new Float64Array(missing.buffer).fill(Number.NaN);
  if (dtype === "float32") new Float32Array(missing.buffer).fill(Number.NaN);
  for (const [record, valid] of validity.entries()) if (valid === 0) copy.set(missing, record * itemBytes);
  return copy;
}

/** Records a run, and says what readers have to find, by array. */
async function writeSample(
  name: string,
  { options, streams, records }: Sample,
): Promise<Map<string, Digest>> {
  const writer = await zarrFormat.create({
    path: pathOf(name),
    run: { info: sampleRun, streams },
    options: { ...options, durability: "process" },
    openSink: openFileSink,
  });
  const expected = new Map<string, Digest>();
  for (const { stream, group, timestamps, sequence, columns } of streamLayouts(
    streams,
    options.chunkRows,
    options.zarr ?? {},
  )) {
    const source = new SampleBatches(stream);
    const batches: Batch[] = [];
    for (let left = records; left > 0; left -= 50) {
      const batch = source.next(Math.min(50, left));
      batches.push(batch);
      await writer.append(batch);
      await writer.checkpoint();
    }
    const at = (array: string) => (group === "" ? array : `${group}/${array}`);
    const index = { dtype: "int64", shape: [] } as const;
    expected.set(
      at(timestamps),
      digestOf(
        index,
        [timestamps],
        batches.map((b) => bytesOf(b.timestampsNs)),
      ),
    );
    expected.set(
      at(sequence),
      digestOf(
        index,
        [timestamps],
        batches.map((b) => bytesOf(b.sequences)),
      ),
    );
    for (const [number, layout] of columns.entries()) {
      const { column, validityName, dimensions } = layout;
      const values = batches.map((batch) => batch.columns[number]!);
      expected.set(
        at(layout.name),
        digestOf(
          column,
          [timestamps, ...dimensions],
          values.map((part) => stored(column, part)),
        ),
      );
      if (validityName !== undefined)
        expected.set(
          at(validityName),
          digestOf(
            { dtype: "uint8", shape: [] },
            [timestamps],
            values.map((part) => part.validity!),
          ),
        );
    }
  }
  await writer.close(ledgerOf(streams.map((schema) => ({ schema, stored: records, ranges: [] }))));
  return expected;
}

const expected = new Map<string, Map<string, Digest>>();
let answer: Answer;

before(async () => {
  for (const [name, sample] of Object.entries(samples)) expected.set(name, await writeSample(name, sample));
  answer = readWithPython([...expected].map(([name, arrays]) => [pathOf(name), [...arrays.keys()]]));
});

after(() => rm(folder, { recursive: true, force: true }));

function assertSeen(name: string, reader: string): void {
  const seen = answer.folders[pathOf(name)]![reader]!;
  for (const [array, digest] of expected.get(name)!) {
    const { shape, dtype, sha256, dims } = seen[array]!;
    assert.deepEqual({ shape, dtype, sha256, dims }, digest, `${name}: ${array} in ${reader}`);
  }
}

test("tensorstore reads every array of version 3 and 2 to the bit, with its dimensions", {
  skip: without("tensorstore"),
}, () => {
  for (const name of Object.keys(samples)) {
    // Its driver for version 2 does not know where xarray keeps the names.
    if (name.startsWith("v3")) assertSeen(name, "tensorstore");
    else
      for (const [array, { sha256 }] of expected.get(name)!)
        assert.equal(answer.folders[pathOf(name)]!.tensorstore![array]!.sha256, sha256, `${name}: ${array}`);
  }
});

describe("xarray.open_zarr", { skip: without("xarray") }, () => {
  const known = Object.keys(samples).filter(
    (name) => name.startsWith("v2") || Number(readers.zarr?.split(".")[0]) >= 3,
  );

  test("reads every array to the bit under its named dimensions, with and without consolidated metadata", () => {
    for (const name of known) assertSeen(name, "xarray");
  });

  test("shows the times as datetime64, the columns of a single table at the root, and the experiment", () => {
    const { times, variables, attributes } = answer.folders[pathOf("v2-one-table")]!.xarray!.timestamps!;
    assert.deepEqual(times, [
      "datetime64[ns]",
      "2025-11-24T16:00:00.000000000",
      "2025-11-24T16:00:00.096000288",
    ]);
    assert.ok(
      variables!.includes("power") && variables!.includes("power_valid") && variables!.includes("sequence"),
    );
    assert.equal(attributes!.sample, "GaAs, wafer 7 – “left” half");
    assert.equal(attributes!.seed, "9007199254740993");
    assert.equal(attributes!.experiment, "wavelength_scan");
    assert.equal(attributes!.host, "bench-4");
  });
});

test("zarrita reads every array to the bit", async () => {
  for (const [name, arrays] of expected) {
    const root = zarr.root(new FileSystemStore(pathOf(name)));
    for (const [path, { sha256, shape }] of arrays) {
      const array = await zarr.open(root.resolve(path), { kind: "array" });
      assert.deepEqual(array.shape, shape, `${name}: ${path}`);
      const { data } = await zarr.get(array);
      const view = data as Uint8Array;
      const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
      assert.equal(createHash("sha256").update(bytes).digest("hex"), sha256, `${name}: ${path}`);
    }
  }
});
