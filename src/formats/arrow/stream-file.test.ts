import assert from "node:assert/strict";
import { test } from "node:test";
import { type RecordBatch, RecordBatchReader, tableFromIPC } from "apache-arrow";
import { Footer } from "apache-arrow/ipc/metadata/file";
import { Message } from "apache-arrow/ipc/metadata/message";
import type { ByteSink } from "../../bytes/byte-sink.ts";
import { DaqError } from "../../model/errors.ts";
import type { Ledger } from "../../model/ledger.ts";
import { SampleBatches } from "../../testing/format-contract/sample-batches.ts";
import {
  camera,
  everyType,
  gauges,
  logbook,
  sampleRun,
  spectrum,
} from "../../testing/format-contract/sample-streams.ts";
import type { FormatOptions } from "../contract.ts";
import { ArrowStreamFile, type ArrowStreamOptions } from "./stream-file.ts";

const plain: FormatOptions = { compression: "none", durability: "process" };
const ledger: Ledger = { complete: true, accounts: [] };

/** Keeps what was written, the pieces of each gathered write, and fails on demand after some bytes. */
class KeepingSink implements ByteSink {
  readonly path = "memory.arrow";
  readonly gathered: (readonly Uint8Array[])[] = [];
  failAfterBytes = Number.POSITIVE_INFINITY;
  truncations = 0;
  flushes = 0;
  #bytes = Buffer.alloc(0);

  get positionBytes(): number {
    return this.#bytes.byteLength;
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.#bytes);
  }

  async write(bytes: Uint8Array): Promise<void> {
    const room = this.failAfterBytes - this.#bytes.byteLength;
    this.#bytes = Buffer.concat([this.#bytes, bytes.subarray(0, Math.max(0, room))]);
    if (bytes.byteLength > room)
      throw new DaqError("disk-full", `The disk is full: writing ${this.path} failed.`);
  }

  async writeAll(pieces: readonly Uint8Array[]): Promise<void> {
    this.gathered.push(pieces);
    await this.write(Buffer.concat(pieces));
  }

  async truncate(bytes: number): Promise<void> {
    this.truncations++;
    this.#bytes = this.#bytes.subarray(0, bytes);
  }

  async flush(): Promise<void> {
    this.flushes++;
  }

  async close(): Promise<void> {}
}

function optionsOf(rest: Partial<ArrowStreamOptions> = {}): ArrowStreamOptions {
  return { stream: everyType, info: sampleRun, options: plain, ...rest };
}

/** Absolute place of each message and buffer, by the library's own decoder. */
function placesIn(bytes: Uint8Array): { messages: number[]; buffers: { at: number; length: number }[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const tail = bytes.byteLength - 10;
  const footerBytes = view.getInt32(tail, true);
  const footer = Footer.decode(bytes.subarray(tail - footerBytes, tail));
  const blocks = [...footer.recordBatches()];
  const buffers = blocks.flatMap(({ offset, metaDataLength }) => {
    const header = Message.decode(bytes.subarray(offset + 8, offset + metaDataLength)).header() as {
      buffers: { offset: number; length: number }[];
    };
    return header.buffers.map((buffer) => ({
      at: offset + metaDataLength + buffer.offset,
      length: buffer.length,
    }));
  });
  return { messages: blocks.map((block) => block.offset), buffers };
}

for (const compression of ["none", "lz4", "zstd"])
  test(`puts every message and every buffer at a multiple of 64 bytes with compression ${compression}`, async () => {
    for (const stream of [everyType, gauges, logbook, spectrum, camera])
      for (const index of ["full", "timestamp", "none"] as const) {
        const sink = new KeepingSink();
        const options = { ...plain, compression };
        const file = await ArrowStreamFile.create(sink, optionsOf({ stream, index, options }));
        const source = new SampleBatches(stream);
        for (const count of [1, 37, 64, 501]) await file.append(source.next(count));
        await file.close(ledger);
        const { messages, buffers } = placesIn(sink.bytes);
        assert.equal(messages.length, 4);
        assert.ok(buffers.length >= 4 * stream.columns.length);
        for (const at of messages) assert.equal(at % 64, 0);
        for (const { at } of buffers) assert.equal(at % 64, 0);
      }
  });

test("is a complete Arrow stream behind its first 8 bytes at every batch boundary while it is open", async () => {
  for (const stream of [everyType, gauges, logbook, camera]) {
    const sink = new KeepingSink();
    const file = await ArrowStreamFile.create(sink, optionsOf({ stream }));
    const source = new SampleBatches(stream);
    for (let appended = 0; appended <= 4; appended++) {
      const batches: RecordBatch[] = [...RecordBatchReader.from(sink.bytes.subarray(8))];
      const rows = batches.reduce((sum, batch) => sum + batch.numRows, 0);
      assert.equal(rows, appended * 25);
      if (appended > 0)
        assert.equal(batches.at(-1)!.getChild("sequence")!.get(24), BigInt(appended * 25 - 1));
      await file.append(source.next(25));
    }
  }
});

test("hands the memory of the batch itself to one gathered write", async () => {
  const sink = new KeepingSink();
  const file = await ArrowStreamFile.create(sink, optionsOf());
  const batch = new SampleBatches(everyType).next(640);
  sink.gathered.length = 0;
  await file.append(batch);
  assert.equal(sink.gathered.length, 1);
  const written = sink.gathered[0]!;
  for (const { bytes } of batch.columns)
    assert.ok(
      written.some((piece) => piece.buffer === bytes.buffer && piece.byteLength === bytes.byteLength),
    );
  assert.ok(written.some((piece) => piece.buffer === batch.timestampsNs.buffer));
  assert.ok(written.some((piece) => piece.buffer === batch.sequences.buffer));
});

test("keeps the open ledger in the first schema and the final one in the footer", async () => {
  const sink = new KeepingSink();
  const file = await ArrowStreamFile.create(sink, optionsOf());
  await file.append(new SampleBatches(everyType).next(3));
  const open = [...RecordBatchReader.from(sink.bytes.subarray(8))][0]!.schema.metadata;
  assert.deepEqual(JSON.parse(open.get("daq.ledger")!), { complete: false, accounts: [] });
  const account = { stream: everyType.name, produced: 5, stored: 3, lost: 2, ranges: [] };
  await file.close({ complete: true, accounts: [account] });
  const closed = tableFromIPC(sink.bytes).schema.metadata;
  assert.deepEqual(JSON.parse(closed.get("daq.ledger")!), { complete: true, accounts: [account] });
});

test("describes a frame as a fixed-shape tensor and says what each column is", async () => {
  const sink = new KeepingSink();
  const file = await ArrowStreamFile.create(sink, optionsOf({ stream: camera }));
  await file.close(ledger);
  const { fields } = tableFromIPC(sink.bytes).schema;
  const { metadata, type } = fields[2]!;
  assert.equal(String(type), "FixedSizeList[35]<Uint16>");
  assert.equal(metadata.get("ARROW:extension:name"), "arrow.fixed_shape_tensor");
  assert.deepEqual(JSON.parse(metadata.get("ARROW:extension:metadata")!), {
    shape: [5, 7],
    dim_names: ["y", "x"],
  });
  assert.equal(metadata.get("unit"), "count");
  assert.equal(metadata.get("source"), "format contract");
});

test("writes a validity bitmap only for a batch that misses something, with the count right", async () => {
  const sink = new KeepingSink();
  const file = await ArrowStreamFile.create(sink, optionsOf({ stream: gauges }));
  const batch = new SampleBatches(gauges).next(30);
  const valid = batch.columns.map(({ bytes, validity }) => ({
    bytes,
    ...(validity === undefined ? {} : { validity: new Uint8Array(30).fill(1) }),
  }));
  await file.append({ ...batch, columns: valid });
  await file.append(batch);
  await file.close(ledger);
  const [first, second] = tableFromIPC(sink.bytes).getChild("power")!.data;
  assert.equal(first!.nullCount, 0);
  assert.equal(first!.nullBitmap.byteLength, 0);
  assert.equal(second!.nullCount, batch.columns[0]!.validity!.filter((byte) => byte === 0).length);
});

test("leaves index columns out when asked to", async () => {
  for (const [index, names] of [
    ["full", ["timestamp", "sequence", "frame"]],
    ["timestamp", ["timestamp", "frame"]],
    ["none", ["frame"]],
  ] as const) {
    const sink = new KeepingSink();
    const file = await ArrowStreamFile.create(sink, optionsOf({ stream: camera, index }));
    await file.append(new SampleBatches(camera).next(2));
    await file.close(ledger);
    const table = tableFromIPC(sink.bytes);
    assert.deepEqual(
      table.schema.fields.map((field) => field.name),
      names,
    );
    assert.equal(table.numRows, 2);
  }
});

test("a write that fails half way leaves no trace: the next batch goes where the failed one began", async () => {
  const sink = new KeepingSink();
  const file = await ArrowStreamFile.create(sink, optionsOf());
  const source = new SampleBatches(everyType);
  await file.append(source.next(10));
  const { bytes } = await file.checkpoint();
  sink.failAfterBytes = bytes + 300;
  await assert.rejects(file.append(source.next(100)), { code: "disk-full" });
  assert.equal(sink.positionBytes, bytes + 300);
  assert.deepEqual(await file.checkpoint(), { bytes, records: 10, batches: 1 });
  sink.failAfterBytes = Number.POSITIVE_INFINITY;
  await file.append(source.next(7));
  await file.close(ledger);
  const table = tableFromIPC(sink.bytes);
  assert.equal(table.numRows, 17);
  assert.deepEqual(
    table.batches.map((batch) => batch.getChild("sequence")!.get(0)),
    [0n, 110n],
  );
});

test("what fails behind a compressed append is told by every call after it, and nothing follows the hole", async () => {
  const sink = new KeepingSink();
  const options = { compression: "lz4", durability: "process" } as const;
  const file = await ArrowStreamFile.create(sink, optionsOf({ options }));
  const source = new SampleBatches(everyType);
  await file.append(source.next(10));
  const { bytes } = await file.checkpoint();
  sink.failAfterBytes = bytes + 300;
  await assert.rejects(
    async () => {
      for (let round = 0; round < 4; round++) await file.append(source.next(100));
    },
    { code: "disk-full" },
  );
  sink.failAfterBytes = Number.POSITIVE_INFINITY;
  for (const call of [() => file.append(source.next(1)), () => file.checkpoint(), () => file.close(ledger)])
    await assert.rejects(call(), { code: "disk-full" });
  await file.release();
  assert.equal(sink.positionBytes, bytes + 300);
});

test("a compressed batch that was overwritten while it was copied is taken back, and those around it stay", async () => {
  const sink = new KeepingSink();
  const options = { compression: "lz4", durability: "process" } as const;
  const file = await ArrowStreamFile.create(sink, optionsOf({ options }));
  const source = new SampleBatches(everyType);
  assert.equal(await file.appendShared(source.next(5), () => true), true);
  assert.equal(await file.appendShared(source.next(6), () => false), false);
  assert.equal(await file.appendShared(source.next(7), () => true), true);
  assert.equal((await file.checkpoint()).records, 12);
});

test("a footer that does not fit is an error that can be tried again, and the file stays a stream", async () => {
  const sink = new KeepingSink();
  const file = await ArrowStreamFile.create(sink, optionsOf());
  await file.append(new SampleBatches(everyType).next(10));
  const { bytes } = await file.checkpoint();
  sink.failAfterBytes = bytes + 20;
  await assert.rejects(file.close(ledger), { code: "disk-full" });
  assert.equal(sink.positionBytes, bytes);
  sink.failAfterBytes = Number.POSITIVE_INFINITY;
  await file.close(ledger);
  await file.close(ledger);
  assert.equal(tableFromIPC(sink.bytes).numRows, 10);
});

test("does not call a file finished that was let go", async () => {
  const file = await ArrowStreamFile.create(new KeepingSink(), optionsOf());
  await file.release();
  await assert.rejects(file.close(ledger), { code: "format" });
  await assert.rejects(file.append(new SampleBatches(everyType).next(1)), { code: "format" });
});

test("flushes at a checkpoint and at the end only when durability is power", async () => {
  for (const [durability, flushes] of [
    ["process", [0, 0]],
    ["power", [1, 2]],
  ] as const) {
    const sink = new KeepingSink();
    const file = await ArrowStreamFile.create(
      sink,
      optionsOf({ options: { compression: "none", durability } }),
    );
    await file.checkpoint();
    const atCheckpoint = sink.flushes;
    await file.close(ledger);
    assert.deepEqual([atCheckpoint, sink.flushes], flushes);
  }
});

test("an empty batch adds nothing", async () => {
  const sink = new KeepingSink();
  const file = await ArrowStreamFile.create(sink, optionsOf());
  const before = sink.positionBytes;
  await file.append(new SampleBatches(camera).next(0)).catch((error) => assert.equal(error.code, "format"));
  const { stream } = optionsOf();
  await file.append({
    ...new SampleBatches(stream).next(1),
    count: 0,
    timestampsNs: new BigInt64Array(0),
    sequences: new BigInt64Array(0),
    columns: stream.columns.map(() => ({ bytes: new Uint8Array(0) })),
  });
  assert.equal(sink.positionBytes, before);
});
