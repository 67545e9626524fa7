import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openFileSink } from "../../bytes/file-sink.ts";
import {
  dictionaryEncodedBytes,
  dictionaryEntries,
  dictionaryTableBytes,
  reservedBytes,
} from "../../kernels/kernels.ts";
import { compileKernels, createKernelMemory, instantiateKernels } from "../../kernels/load-kernels.ts";
import type { Batch } from "../../model/batch.ts";
import type { StreamSchema } from "../../model/stream-schema.ts";
import { sampleRun } from "../../testing/format-contract/sample-streams.ts";
import { decodeHybrid } from "./decode-hybrid.ts";
import { ParquetInput } from "./input.ts";
import { ParquetReader } from "./read.ts";
import { readFooter } from "./read-footer.ts";
import { recoverParquet } from "./recover.ts";
import { ParquetStreamFile } from "./stream-file.ts";
import { TailFile, tailPath } from "./tail-file.ts";

const memory = createKernelMemory(8 << 20);
const kernels = instantiateKernels(compileKernels(), memory);
const bytes = new Uint8Array(memory.buffer);
const table = reservedBytes;
const indexesAt = table + (1 << 20);
const [source, target] = [indexesAt + (1 << 20), indexesAt + (3 << 20)];
const guard = 0xa7;

function newTable(valueBytes: number): void {
  bytes.fill(0, table, table + dictionaryTableBytes(valueBytes));
}

/** What the kernel makes of the values, read back; undefined when the dictionary has no room. */
function throughKernel<Values extends BigUint64Array | Uint32Array>(values: Values): number[] | undefined {
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const room = dictionaryEncodedBytes(values.length);
  bytes.fill(guard, target, target + room + 64);
  bytes.set(raw, source);
  const valueBytes = values.BYTES_PER_ELEMENT;
  const length = kernels.dictionaryEncode(valueBytes, source, values.length, table, indexesAt, target);
  assert.ok(length <= room, `${length} of ${room} bytes`);
  assert.ok(bytes.subarray(target + room, target + room + 64).every((byte) => byte === guard));
  if (length === 0) return undefined;
  const indexes = new Uint32Array(values.length);
  decodeHybrid(bytes.slice(target + 1, target + length), bytes[target]!, indexes);
  return [...indexes];
}

function entriesIn(valueBytes: number): bigint[] {
  const view = new DataView(memory.buffer, table);
  return Array.from({ length: view.getUint32(0, true) }, (_, at) =>
    valueBytes === 8 ? view.getBigUint64(8 + 8 * at, true) : BigInt(view.getUint32(8 + 4 * at, true)),
  );
}

describe("the dictionary kernel", () => {
  test("values read back through their indexes, for every number of different ones and runs of all lengths", () => {
    let state = 7;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    for (const valueBytes of [4, 8])
      for (const different of [1, 2, 3, 4, 5, 17, 255, 256, 257, 4096, dictionaryEntries])
        for (const longest of [1, 7, 8, 16, 40, 3000]) {
          newTable(valueBytes);
          const seen: bigint[] = [];
          // More than one page with the same dictionary.
          for (const count of [1, 7, 8, 9, 1000, 20_000]) {
            const values = valueBytes === 8 ? new BigUint64Array(count) : new Uint32Array(count);
            for (let at = 0; at < count; ) {
              const value = random(different) * 40_503 + 1;
              for (let run = 1 + random(longest); run > 0 && at < count; run--) {
                if (values instanceof BigUint64Array) values[at++] = BigInt(value) << 31n;
                else values[at++] = value;
              }
            }
            const indexes = throughKernel(values);
            assert.ok(indexes !== undefined);
            const entries = entriesIn(valueBytes);
            assert.deepEqual(entries.slice(0, seen.length), seen, "values keep their indexes");
            seen.push(...entries.slice(seen.length));
            assert.deepEqual(
              indexes.map((index) => seen[index]),
              Array.from(values, BigInt),
            );
          }
          assert.equal(new Set(seen).size, seen.length);
        }
  });

  test("one value more than a dictionary has room for is told, and changes nothing outside", () => {
    newTable(8);
    const full = BigUint64Array.from({ length: dictionaryEntries }, (_, at) => BigInt(at) * 0x1_0000_0001n);
    assert.equal(throughKernel(full)?.length, dictionaryEntries);
    bytes.fill(guard, table + dictionaryTableBytes(8), table + dictionaryTableBytes(8) + 64);
    assert.equal(throughKernel(BigUint64Array.of(1n)), undefined);
    const behind = table + dictionaryTableBytes(8);
    assert.ok(bytes.subarray(behind, behind + 64).every((byte) => byte === guard));
  });

  test("a constant takes a few bytes, whatever the number of rows", () => {
    newTable(8);
    bytes.fill(0, source, source + 8 * 60_000);
    assert.ok(kernels.dictionaryEncode(8, source, 60_000, table, indexesAt, target) < 8);
  });
});

const stream: StreamSchema = {
  name: "repeats",
  kind: "table",
  columns: [
    { name: "constant", dtype: "float64", shape: [], dims: [], unit: "V" },
    { name: "few", dtype: "float64", shape: [], dims: [], nullable: true },
    { name: "more and more", dtype: "int32", shape: [], dims: [] },
    { name: "gains", dtype: "uint16", shape: [3], dims: ["channel"] },
  ],
  source: "test",
  clock: "device",
};

/** Noise of the kind that no run and no difference makes small. */
function noise(at: number): number {
  return Math.imul(at ^ (at >>> 7), 0x9e37_79b1) >>> 8;
}

/** `more and more` has few values in the first 20,000 rows, and then another one in each. */
function repeats(first: number, count: number): Batch {
  const view = (values: ArrayBufferView) => ({
    bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  });
  const row = (at: number): number => first + at;
  const of = { length: count };
  return {
    stream,
    count,
    timestampsNs: BigInt64Array.from(of, (_, at) => 1_764_000_000_000_000_000n + BigInt(noise(row(at)))),
    sequences: BigInt64Array.from(of, (_, at) => BigInt(row(at))),
    columns: [
      view(Float64Array.from(of, () => 1.25)),
      {
        ...view(Float64Array.from(of, (_, at) => [Math.PI, Number.NaN, -0, 1e300][noise(row(at)) % 4]!)),
        validity: Uint8Array.from(of, (_, at) => (noise(row(at)) % 5 === 0 ? 0 : 1)),
      },
      view(
        Int32Array.from(of, (_, at) =>
          row(at) < 20_000 ? (noise(row(at)) % 9) * 1_000_003 : noise(row(at)) * 77 + row(at),
        ),
      ),
      view(Uint16Array.from({ length: count * 3 }, (_, at) => [500, 40_000, 7][noise(3 * first + at) % 3]!)),
    ],
  };
}

describe("columns whose values repeat", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "daq-parquet-dictionary-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const optionsFor = (path: string, compression: string) => ({
    stream,
    info: sampleRun,
    options: { compression, durability: "process", chunkRows: 5000 } as const,
    tail: new TailFile(path, openFileSink, false),
    rowGroupBytes: 4 << 20,
  });

  async function checkRows(path: string, count: number): Promise<void> {
    await using reader = await ParquetReader.open(path);
    const expected = repeats(0, count);
    let row = 0;
    for await (const group of reader.rowGroups()) {
      for (const [at, { bytes: read, validity }] of group.columns.entries()) {
        const { bytes: all, validity: mask } = expected.columns[at]!;
        const item = all.byteLength / count;
        const part = Uint8Array.from(all.subarray(row * item, (row + group.count) * item));
        if (mask !== undefined) {
          assert.deepEqual(validity, mask.subarray(row, row + group.count));
          for (let record = 0; record < group.count; record++)
            if (validity![record] === 0) part.fill(0, record * item, (record + 1) * item);
        }
        assert.ok(Buffer.from(part).equals(read), `${stream.columns[at]!.name} from row ${row} on`);
      }
      row += group.count;
    }
    assert.equal(row, count);
  }

  for (const compression of ["none", "snappy"])
    test(`have a dictionary while it is the smallest way, and another encoding behind it, with ${compression}`, async () => {
      const path = join(folder, `${compression}.parquet`);
      const file = await ParquetStreamFile.create(await openFileSink(path), optionsFor(path, compression));
      await file.append(repeats(0, 60_000));
      await file.append(repeats(60_000, 200_000));
      await file.close({ complete: true, accounts: [] });
      await checkRows(path, 260_000);
      await using input = await ParquetInput.open(path);
      const footer = (await readFooter(input))!;
      assert.ok(footer.rowGroups.length > 2);
      const bytesOf = (name: string) =>
        footer.rowGroups.reduce((sum, group) => sum + group.chunks.find((c) => c.path[0] === name)!.bytes, 0);
      assert.ok(bytesOf("constant") < 5000, `constant: ${bytesOf("constant")}`);
      // Two bits a value, and one for whether it is there.
      assert.ok(bytesOf("few") < (260_000 * 3) / 8 + 8000, `few: ${bytesOf("few")}`);
      // A value of its own in nearly each row: no dictionary has room for them.
      assert.ok(bytesOf("more and more") > 240_000, `more and more: ${bytesOf("more and more")}`);
      // Two bits a value; how the lists lie takes two bytes and a half for each, without compression.
      assert.ok(bytesOf("gains") < 260_000 * 6, `gains: ${bytesOf("gains")}`);
    });

  test("a tail has the values that its pages brought to the dictionary, for recovery and for going on", async () => {
    const path = join(folder, "tail.parquet");
    const file = await ParquetStreamFile.create(await openFileSink(path), optionsFor(path, "snappy"));
    await file.append(repeats(0, 12_000));
    const extent = await file.checkpoint();
    await file.append(repeats(12_000, 6_000));
    await file.checkpoint();
    await file.release();
    const { records } = await recoverParquet(path);
    assert.equal(records, 18_000);
    await checkRows(path, 18_000);
    assert.equal(extent.records, 12_000);
    await assert.rejects(readFile(tailPath(path, 0)), /ENOENT/);
  });
});
