import assert from "node:assert/strict";
import { test } from "node:test";
import type { DaqError } from "../../model/errors.ts";
import {
  checkCompression,
  chunkCompression,
  compressions,
  maxCompressionLevel,
  pluginFor,
} from "./compression.ts";

const filtersOf = (compression: string, level: number | undefined, elementBytes = 2) =>
  chunkCompression(compression, level, elementBytes, 1000).filters.map(({ id, values }) => [id, ...values]);

test("the file names the filters with the numbers that the HDF Group registered for them", () => {
  assert.deepEqual(filtersOf("none", undefined), []);
  assert.deepEqual(filtersOf("gzip", undefined), [
    [2, 2],
    [1, 4],
  ]);
  assert.deepEqual(filtersOf("gzip-without-shuffle", 9), [[1, 9]]);
  assert.deepEqual(filtersOf("lz4", undefined), [
    [2, 2],
    [32004, 0],
  ]);
  assert.deepEqual(filtersOf("zstd", 22), [
    [2, 2],
    [32015, 22],
  ]);
  assert.deepEqual(filtersOf("blosc-lz4", undefined), [[32001, 2, 2, 2, 1000, 5, 1, 1]]);
  assert.deepEqual(filtersOf("blosc-zstd", 3, 8), [[32001, 2, 2, 8, 1000, 3, 1, 5]]);
  assert.deepEqual(filtersOf("blosc-lz4-bitshuffle", 9), [[32001, 2, 2, 2, 1000, 9, 2, 1]]);
  assert.deepEqual(filtersOf("bitshuffle-lz4", undefined), [[32008, 0, 4, 2, 0, 2]]);
  assert.deepEqual(filtersOf("bitshuffle-zstd", undefined, 4), [[32008, 0, 4, 4, 0, 3, 1]]);
});

test("each filter is optional, and has its step, in the order of writing", () => {
  for (const compression of compressions) {
    const { filters, steps } = chunkCompression(compression, undefined, 4, 4096);
    assert.equal(filters.length, steps.length, compression);
    for (const { flags } of filters) assert.equal(flags, 1);
  }
  assert.deepEqual(chunkCompression("gzip", 7, 8, 4096).steps, [
    { codec: "shuffle", elementBytes: 8 },
    { codec: "zlib", level: 7 },
  ]);
});

test("single bytes are not shuffled", () => {
  assert.deepEqual(filtersOf("gzip", 1, 1), [[1, 1]]);
  assert.deepEqual(filtersOf("zstd", 1, 1), [[32015, 1]]);
});

test("level 0 is off, for every codec that has levels", () => {
  for (const compression of Object.keys(maxCompressionLevel))
    assert.deepEqual(chunkCompression(compression, 0, 2, 1000), { filters: [], steps: [] });
});

test("only what HDF5 itself has needs no plugin", () => {
  assert.deepEqual(
    compressions.filter((compression) => pluginFor(compression) === undefined),
    ["none", "gzip", "gzip-without-shuffle"],
  );
});

test("a codec that HDF5 does not have, and names of JavaScript's own, are refused with the choices", () => {
  for (const compression of ["snappy", "GZIP", "", "toString", "__proto__"])
    assert.throws(
      () => checkCompression(compression, undefined),
      (error: DaqError) => {
        assert.equal(error.code, "format");
        assert.ok(error.message.includes(`"${compression}"`));
        for (const known of compressions) assert.ok(error.hint!.includes(known));
        return true;
      },
    );
});

test("a level out of range is refused with the range, and one where there are none, too", () => {
  for (const [compression, level] of [
    ["gzip", 10],
    ["gzip", -1],
    ["gzip", 1.5],
    ["gzip", Number.NaN],
    ["zstd", 23],
    ["blosc-lz4", 10],
    ["lz4", 1],
    ["none", 0],
    ["bitshuffle-lz4", 3],
  ] as const)
    assert.throws(() => checkCompression(compression, level), {
      code: "format",
      message: /is not a whole number from 0 to \d+|has no level/,
      hint: /levels 0 \(off\) to \d+|Leave compression_level out/,
    });
  for (const [compression, most] of Object.entries(maxCompressionLevel))
    for (const level of [0, 1, most]) checkCompression(compression, level);
});
