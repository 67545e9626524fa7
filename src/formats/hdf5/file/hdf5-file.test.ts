import assert from "node:assert/strict";
import { test } from "node:test";
import type { ByteSink } from "../../../bytes/byte-sink.ts";
import { DaqError } from "../../../model/errors.ts";
import { compoundType, fixedStringType, floatType, integerType, vlenStringType } from "./datatype.ts";
import type { DatasetSpec } from "./growing-dataset.ts";
import { Hdf5File, type Hdf5FileOptions, type Hdf5State } from "./hdf5-file.ts";

/** A file in memory; from `failAtWrite` on, the disk is full for one write. */
class MemoryFile implements ByteSink {
  readonly path = "memory.h5";
  bytes = Buffer.alloc(0);
  writes = 0;
  flushes = 0;
  failAtWrite = Number.POSITIVE_INFINITY;
  closed = false;

  get positionBytes(): number {
    return this.bytes.byteLength;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.writeAt(this.positionBytes, [bytes]);
  }

  writeAll(pieces: readonly Uint8Array[]): Promise<void> {
    return this.writeAt(this.positionBytes, pieces);
  }

  writeAt = async (offset: number, pieces: readonly Uint8Array[]): Promise<void> => {
    if (++this.writes === this.failAtWrite) throw new DaqError("disk-full", "The disk is full.");
    const bytes = Buffer.concat(pieces);
    const end = offset + bytes.byteLength;
    if (end > this.positionBytes) await this.truncate(end);
    bytes.copy(this.bytes, offset);
  };

  async truncate(length: number): Promise<void> {
    const bytes = Buffer.alloc(length);
    this.bytes.copy(bytes);
    this.bytes = bytes;
  }

  async flush(): Promise<void> {
    this.flushes++;
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  read = async (offset: number, length: number): Promise<Uint8Array> =>
    new Uint8Array(this.bytes.subarray(offset, offset + length));
}

const options: Hdf5FileOptions = { durability: "process", headroomBytes: 8192 };
const rowSpec: DatasetSpec = { datatype: integerType(2, false), itemShape: [], rowsPerChunk: 4, filters: [] };

function refusal(pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof DaqError, String(error));
    assert.equal(error.code, "format");
    assert.match(error.message, pattern);
    assert.ok(error.hint !== undefined && error.hint.length > 0);
    return true;
  };
}

async function declared(
  sink: ByteSink,
  more: Partial<DatasetSpec> = {},
  rest: Partial<Hdf5FileOptions> = {},
) {
  const file = await Hdf5File.create(sink, { ...options, ...rest });
  const group = file.root.group("entry", { title: "a title" });
  const rows = group.dataset("rows", { ...rowSpec, ...more });
  return { file, group, rows };
}

function chunk(first: number): Uint8Array {
  return new Uint8Array(Uint16Array.of(first, first + 1, first + 2, first + 3).buffer);
}

test("refuses a sink that can only be appended to", async () => {
  const appendOnly = Object.assign(new MemoryFile(), { writeAt: undefined }) as ByteSink;
  await assert.rejects(Hdf5File.create(appendOnly, options), refusal(/only be appended to/));
});

test("refuses names that no link can have, and names that are taken", async () => {
  const { file, group } = await declared(new MemoryFile());
  for (const name of ["", ".", "..", "a/b", "a\0b", "\ud800", "x".repeat(5000)])
    assert.throws(() => group.group(name), refusal(/cannot hold the name .* in the group \/entry/), name);
  assert.throws(() => group.dataset("rows", rowSpec), refusal(/\/entry has something named "rows" already/));
  assert.throws(() => file.root.link("entry", group), refusal(/already/));
  assert.throws(() => group.setAttribute("", 1), refusal(/its name is empty/));
});

test("refuses attributes that HDF5 cannot hold when they are declared, not later", async () => {
  const { group, rows } = await declared(new MemoryFile());
  assert.throws(
    () => group.setAttribute("large", new Float64Array(8192)),
    refusal(/"large" of \/entry: it takes 65/),
  );
  assert.throws(
    () => rows.setAttribute("mixed", [1, "a"] as unknown as number[]),
    refusal(/different types/),
  );
  assert.throws(() => group.setAttribute("nul", "a\0b"), refusal(/the character NUL/));
  assert.throws(() => group.setAttribute("huge", 2n ** 64n), refusal(/more than 64 bits/));
  assert.throws(() => group.group("late", { large: new Uint8Array(70_000) }), refusal(/\/entry\/late/));
});

test("refuses datasets that HDF5 cannot hold when they are declared", async () => {
  const { group } = await declared(new MemoryFile());
  const refuse = (more: Partial<DatasetSpec>, pattern: RegExp) =>
    assert.throws(() => group.dataset("other", { ...rowSpec, ...more }), refusal(pattern));
  refuse({ rowsPerChunk: 2 ** 31 }, /4294967296 bytes, and must stay below 4 GiB/);
  refuse({ itemShape: Array.from({ length: 32 }, () => 1) }, /33 dimensions/);
  refuse({ itemShape: [4, 0] }, /not positive integers/);
  refuse({ itemShape: [4, 4], chunkItemShape: [4, 5] }, /a chunk of 4 × 4 × 5 is not a part of/);
  refuse({ itemShape: [4, 4], chunkItemShape: [4] }, /is not a part of/);
  refuse({ fillValue: new Uint8Array(1) }, /not one element of 2 bytes/);
  const fixed = { datatype: floatType(8), dims: [2], data: new Uint8Array(15) };
  assert.throws(() => group.fixedDataset("fixed", fixed), refusal(/takes 16 bytes, 15 bytes are given/));
  const texts = { datatype: vlenStringType, dims: [3], data: ["a"] };
  assert.throws(() => group.fixedDataset("texts", texts), refusal(/1 texts are given/));
  assert.throws(
    () =>
      compoundType([
        { name: "a", type: floatType(4) },
        { name: "a", type: floatType(4) },
      ]),
    refusal(/different names/),
  );
});

test("refuses a header whose parts are longer than a message", async () => {
  const { file, group } = await declared(new MemoryFile());
  const members = Array.from({ length: 900 }, (_, index) => ({
    name: `${index} ${"x".repeat(60)}`,
    type: fixedStringType(1),
  }));
  group.dataset("wide", { ...rowSpec, datatype: compoundType(members) });
  await assert.rejects(file.begin(), refusal(/the header of \/entry\/wide/));
});

test("refuses calls that come too early or too late", async () => {
  const sink = new MemoryFile();
  const { file, group, rows } = await declared(sink);
  await assert.rejects(rows.appendChunk([chunk(0)]), refusal(/the file is not begun/));
  await assert.rejects(file.checkpoint(), refusal(/the file is declaring/));
  assert.equal(sink.writes, 0);
  await file.begin();
  assert.throws(() => group.group("late"), refusal(/\/entry\/late is declared after the file was laid out/));
  await file.close();
  assert.ok(sink.closed);
  await assert.rejects(rows.appendChunk([chunk(0)]), refusal(/the file is closed/));
  await assert.rejects(file.checkpoint(), refusal(/the file is closed/));
});

test("refuses rows that no chunk was written for, and chunks of the wrong length", async () => {
  const { file, rows } = await declared(new MemoryFile());
  await file.begin();
  await assert.rejects(rows.appendChunk([new Uint8Array(7)]), refusal(/7 bytes instead of 8/));
  await rows.appendChunk([chunk(0)]);
  rows.setRows(5);
  await assert.rejects(file.checkpoint(), refusal(/shall have 5 rows, but only 1 chunks/));
  rows.setRows(4);
  await file.checkpoint();
});

test("chunks that were taken back leave their place to the next ones", async () => {
  const { file, rows } = await declared(new MemoryFile());
  await file.begin();
  const before = await file.checkpoint();
  await rows.appendChunk([chunk(100)]);
  await rows.appendChunk([chunk(200)]);
  await rows.retractChunks(2);
  await assert.rejects(rows.retractChunks(1), refusal(/1 chunks of \/entry\/rows are taken back, 0 came/));
  assert.equal((await file.checkpoint()).endBytes, before.endBytes);
});

test("an open chunk is written only where it changed", async () => {
  const sink = new MemoryFile();
  const { file, rows } = await declared(sink);
  await file.begin();
  const raw = chunk(10);
  await rows.setOpenChunk(raw, 0, 2);
  rows.setRows(1);
  const state = await file.checkpoint();
  const { open } = state.objects["/entry/rows"] as { open: number };
  const changed = chunk(50);
  await rows.setOpenChunk(changed, 2, 4);
  assert.deepEqual(
    new Uint8Array(sink.bytes.subarray(open, open + 8)),
    Uint8Array.of(10, 0, 51, 0, 12, 0, 13, 0),
  );
  rows.completeOpenChunk();
  await rows.setOpenChunk(chunk(70), 0);
  await assert.rejects(rows.appendChunk([chunk(0)]), refusal(/is to be completed there/));
});

test("tiles have to be whole", async () => {
  const { file, rows } = await declared(new MemoryFile(), { itemShape: [2, 2], chunkItemShape: [1, 2] });
  await file.begin();
  assert.equal(rows.chunksPerRowBlock, 2);
  await assert.rejects(rows.setOpenChunk(new Uint8Array(16), 0), refusal(/divided into tiles/));
});

test("a write that fails counts as not done, and the next attempt goes on", async () => {
  for (const chunkIndex of ["btree", "extensible-array"] as const) {
    const whole = new MemoryFile();
    await writeAll(whole, chunkIndex, 0);
    for (let failing = 6; failing < whole.writes; failing++) {
      const sink = new MemoryFile();
      await writeAll(sink, chunkIndex, failing);
      assert.deepEqual(sink.bytes, whole.bytes, `${chunkIndex}: write ${failing} of ${whole.writes} failed`);
    }
  }

  async function writeAll(sink: MemoryFile, chunkIndex: "btree" | "extensible-array", failing: number) {
    const { file, rows } = await declared(sink, {}, { chunkIndex });
    await file.begin();
    if (failing > 0) sink.failAtWrite = failing;
    const attempt = async <T>(action: () => Promise<T>): Promise<T> => {
      try {
        return await action();
      } catch (error) {
        assert.ok(error instanceof DaqError && error.code === "disk-full", String(error));
        return action();
      }
    };
    for (let first = 0; first < 4 * 100; first += 4) {
      await attempt(() => rows.appendChunk([chunk(first)]));
      rows.setRows(first + 4);
      rows.setAttribute("last", first);
      if (first % 28 === 0) await attempt(() => file.checkpoint());
    }
    await attempt(() => file.close());
  }
});

test("the state of a checkpoint does not grow with the file", async () => {
  for (const chunkIndex of ["btree", "extensible-array"] as const) {
    const { file, rows } = await declared(new MemoryFile(), {}, { chunkIndex });
    await file.begin();
    let state: Hdf5State | undefined;
    for (let count = 1; count <= 5000; count++) {
      await rows.appendChunk([chunk(count)]);
      rows.setRows(count * 4);
      if (count % 500 === 0) state = await file.checkpoint();
    }
    assert.ok(JSON.stringify(state).length < 250, JSON.stringify(state));
  }
});

test("flushes around the headers only when a checkpoint has to survive the machine", async () => {
  for (const [durability, flushes] of [
    ["process", 0],
    ["power", 3],
  ] as const) {
    const sink = new MemoryFile();
    const { file, rows } = await declared(sink, {}, { durability });
    await file.begin();
    await rows.appendChunk([chunk(0)]);
    rows.setRows(4);
    const before = sink.flushes;
    await file.checkpoint();
    assert.equal(sink.flushes - before, flushes);
  }
});

test("does not go on in a file that is not the one of the state, and leaves it as it is", async () => {
  for (const chunkIndex of ["btree", "extensible-array"] as const) {
    const sink = new MemoryFile();
    const { file, rows } = await declared(sink, {}, { chunkIndex });
    await file.begin();
    for (let count = 0; count < 200; count++) await rows.appendChunk([chunk(count)]);
    rows.setRows(800);
    const state = await file.checkpoint();
    const header = 512 * 3;
    const { places } = state.objects["/entry/rows"] as unknown as { places: number[] };
    const indexAt = chunkIndex === "btree" ? places[0]! : places[3]!;

    const resumed = async (
      change: (copy: MemoryFile) => void,
      given: unknown = state,
      more: Partial<DatasetSpec> = {},
    ) => {
      const copy = new MemoryFile();
      copy.bytes = Buffer.from(sink.bytes);
      change(copy);
      const before = Buffer.from(copy.bytes);
      const again = await declared(copy, more, { chunkIndex });
      try {
        await again.file.resume(given as Hdf5State, copy.read);
      } catch (error) {
        assert.deepEqual(copy.bytes, before, "nothing is written");
        await assert.rejects(again.rows.appendChunk([chunk(0)]), refusal(/the file is/));
        throw error;
      }
    };
    const flip = (at: number) => (copy: MemoryFile) => {
      copy.bytes[at]! ^= 1;
    };
    await resumed(() => undefined);
    await assert.rejects(
      resumed(() => undefined, state, { rowsPerChunk: 8 }),
      refusal(/objects declared now are not/),
    );
    await assert.rejects(
      resumed(() => undefined, { version: 9 }),
      refusal(/its checkpoint is not one of this/),
    );
    await assert.rejects(
      resumed(() => undefined, { ...state, objects: {} }),
      refusal(/says nothing about \/entry\/rows/),
    );
    await assert.rejects(resumed(flip(3)), refusal(/signature of an HDF5 file/));
    await assert.rejects(resumed(flip(30)), refusal(/the superblock at byte 0/));
    await assert.rejects(
      resumed(flip(header + 100)),
      refusal(/where \/entry\/rows should begin, there is no whole header/),
    );
    await assert.rejects(resumed(flip(indexAt)), refusal(/the index of \/entry\/rows has no/));
    await assert.rejects(
      resumed((copy) => {
        copy.bytes = copy.bytes.subarray(0, state.endBytes - 3000);
      }),
      refusal(/it ends before byte/),
    );
  }
});
