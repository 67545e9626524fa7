import assert from "node:assert/strict";
import { copyFile, open, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import * as h5wasm from "h5wasm/node";
import type { OpenSink } from "../../bytes/byte-sink.ts";
import { openFileSink } from "../../bytes/file-sink.ts";
import { DaqError } from "../../model/errors.ts";
import { quickFolder, targetIn, temporaryFolder } from "../../testing/format-contract/recording.ts";
import { SampleBatches } from "../../testing/format-contract/sample-batches.ts";
import { camera, gauges, ledgerOf } from "../../testing/format-contract/sample-streams.ts";
import type { FormatOptions } from "../contract.ts";
import { hdf5Format } from "./format.ts";
import { openHdf5 } from "./open-hdf5.ts";

const gzip: FormatOptions = { compression: "gzip", durability: "process", chunkRows: 32 };
const streams = [gauges, camera];

function isFormatError(path: string): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof DaqError, String(error));
    assert.equal(error.code, "format", error.message);
    assert.ok(error.message.includes(path), error.message);
    assert.ok(error.hint !== undefined && error.hint.length > 0);
    return true;
  };
}

/** A file with 100 records of each stream, closed or as a crash leaves it. */
async function recorded(folder: string, isClosed: boolean, options = gzip): Promise<string> {
  const target = targetIn(folder, hdf5Format, streams, options);
  const writer = await hdf5Format.create(target);
  for (const stream of streams) await writer.append(new SampleBatches(stream).next(100));
  await writer.checkpoint();
  if (isClosed) await writer.close(ledgerOf(streams.map((schema) => ({ schema, stored: 100, ranges: [] }))));
  else await writer[Symbol.asyncDispose]();
  return target.path;
}

for (const isClosed of [true, false])
  test(`says that ${isClosed ? "a closed file" : "the file of a crash"} was cut, wherever, and leaves it as it is`, async () => {
    await using folder = await temporaryFolder(quickFolder());
    const path = await recorded(folder.path, isClosed);
    const { size } = await stat(path);
    const cut = join(folder.path, "cut.h5");
    for (const bytes of [size - 1, size - 4096, Math.floor(size / 2), 4096, 49, 48, 20, 8, 7, 0]) {
      await copyFile(path, cut);
      await truncate(cut, bytes);
      const before = await readFile(cut);
      await assert.rejects(hdf5Format.recover(cut), isFormatError(cut), `${bytes} bytes`);
      await assert.rejects(hdf5Format.inspect(cut), isFormatError(cut), `${bytes} bytes`);
      assert.ok((await readFile(cut)).equals(before), `${bytes} bytes`);
    }
    assert.equal((await hdf5Format.recover(path)).changed, !isClosed, "the whole file is fine");
  });

test("a header in which a byte is wrong is an error, and the file stays as it is", async () => {
  await using folder = await temporaryFolder(quickFolder());
  const path = await recorded(folder.path, false);
  const bytes = await readFile(path);
  const headers: number[] = [];
  for (let at = bytes.indexOf("OHDR"); at >= 0; at = bytes.indexOf("OHDR", at + 4)) headers.push(at);
  assert.ok(headers.length > 10, `${headers.length} headers`);
  const handle = await open(path, "r+");
  for (const at of headers) {
    await handle.write(Uint8Array.of(bytes[at + 20]! ^ 0x10), 0, 1, at + 20);
    await assert.rejects(hdf5Format.recover(path), isFormatError(path), `header at ${at}`);
    await handle.write(Uint8Array.of(bytes[at + 20]!), 0, 1, at + 20);
  }
  await handle.close();
  assert.ok((await readFile(path)).equals(bytes));
  assert.equal((await hdf5Format.recover(path)).records, 200, "the whole file is fine");
});

test("inspect says which dataset is damaged, and shows the rest", async () => {
  await using folder = await temporaryFolder(quickFolder());
  const path = await recorded(folder.path, true);
  const bytes = await readFile(path);
  const notes = [];
  for (let at = bytes.indexOf("OHDR"); at >= 0; at = bytes.indexOf("OHDR", at + 4)) {
    const changed = Buffer.from(bytes);
    changed[at + 20]! ^= 0x10;
    await writeFile(path, changed);
    try {
      const summary = await hdf5Format.inspect(path);
      assert.equal(summary.run?.experiment.name, "wavelength_scan");
      for (const { records } of summary.streams) assert.ok(records === 100 || records === 0);
      notes.push(...summary.notes);
    } catch (error) {
      isFormatError(path)(error);
    }
  }
  for (const dataset of [
    "/entry/lab_2.gauges/timestamps",
    "/entry/camera0/timestamps",
    "/entry/camera0/frame",
  ])
    assert.ok(
      notes.some((note) => note.includes(`${dataset} cannot be read`)),
      `${dataset} in ${notes}`,
    );
});

/** Stops, as a kill does, in front of write number `allowed`. */
function stoppingSink(): { openSink: OpenSink; allow: (writes: number) => void; isStopped: () => boolean } {
  let allowed = Number.POSITIVE_INFINITY;
  let isStopped = false;
  const openSink: OpenSink = async (path, options) => {
    const sink = await openFileSink(path, options);
    return {
      path,
      get positionBytes() {
        return sink.positionBytes;
      },
      write: (bytes) => sink.write(bytes),
      writeAll: (pieces) => sink.writeAll(pieces),
      writeAt: async (offset, pieces) => {
        if (allowed-- <= 0) {
          isStopped = true;
          throw new Error("killed");
        }
        await sink.writeAt!(offset, pieces);
      },
      truncate: (bytes) => sink.truncate(bytes),
      flush: () => sink.flush(),
      close: () => sink.close(),
    };
  };
  return { openSink, allow: (writes) => (allowed = writes), isStopped: () => isStopped };
}

for (const options of [gzip, { ...gzip, compression: "none" }, { ...gzip, live: true }])
  test(`a file that was left between any two writes of a checkpoint is completed with equally long datasets (${options.compression}${options.live === true ? ", live" : ""})`, async () => {
    await using folder = await temporaryFolder(quickFolder());
    const lengths = new Set<number>();
    let isOver = false;
    for (let writes = 0; !isOver; writes++) {
      const sink = stoppingSink();
      const path = join(folder.path, `${writes}.h5`);
      const target = { ...targetIn(folder.path, hdf5Format, [gauges], options, sink.openSink), path };
      const writer = await hdf5Format.create(target);
      const source = new SampleBatches(gauges);
      await writer.append(source.next(70));
      await writer.checkpoint();
      sink.allow(writes);
      try {
        // Fills the open chunk, and two more.
        await writer.append(source.next(100));
        await writer.checkpoint();
        isOver = !sink.isStopped();
      } catch {
        assert.ok(sink.isStopped());
      }
      await writer[Symbol.asyncDispose]();

      const { records, changed } = await hdf5Format.recover(path);
      assert.ok(changed && (records === 70 || records === 170), `${records} records after ${writes} writes`);
      lengths.add(records);
      const file = await openHdf5(path);
      for (const name of ["timestamps", "sequence", "power", "power_valid", "AI0", "total"])
        assert.equal(
          file.dataset(`/entry/lab_2.gauges/${name}`)!.shape![0],
          records,
          `${name} after ${writes}`,
        );
      const sequence = file.dataset("/sequence")!.value as BigInt64Array;
      assert.deepEqual(
        [...sequence],
        Array.from({ length: records }, (_, at) => BigInt(at)),
      );
      const again = new SampleBatches(gauges).next(70);
      const found = file.dataset("/AI0")!.value as Int16Array;
      const expected = new Int16Array(again.columns[3]!.bytes.buffer);
      assert.deepEqual(found.subarray(0, 70), expected);
      file.close();
    }
    assert.deepEqual([...lengths].toSorted(), [170, 70]);
  });

test("the account of a recovered file names the sequence numbers that are missing between its records", async () => {
  await using folder = await temporaryFolder();
  const target = targetIn(folder.path, hdf5Format, [gauges], gzip);
  const writer = await hdf5Format.create(target);
  const source = new SampleBatches(gauges);
  source.skip(3);
  await writer.append(source.next(40));
  source.skip(10);
  await writer.append(source.next(2));
  await writer.checkpoint();
  await writer[Symbol.asyncDispose]();
  assert.equal((await hdf5Format.recover(target.path)).records, 42);
  const { ledger, state } = await hdf5Format.inspect(target.path);
  assert.equal(state, "complete");
  assert.equal(ledger!.complete, false, "what came after the last record is not known");
  const [account] = ledger!.accounts;
  assert.deepEqual([account!.produced, account!.stored, account!.lost], [55, 42, 13]);
  assert.deepEqual(
    account!.ranges.map(({ first, count, reason }) => [first, count, reason]),
    [
      [0, 3, "aborted"],
      [43, 10, "aborted"],
    ],
  );
});

test("a file of another program is not touched, and is called that, with a user block too", async () => {
  await using folder = await temporaryFolder();
  for (const userBlock of [0, 512, 2048]) {
    const path = join(folder.path, `theirs-${userBlock}.h5`);
    await h5wasm.ready;
    const file = new h5wasm.File(path, "w");
    file.create_dataset({ name: "data", data: new Float64Array([1, 2, 3]) });
    file.close();
    const plain = await readFile(path);
    // Addresses count from the superblock, so a block in front of it is a user block.
    await writeFile(path, Buffer.concat([Buffer.alloc(userBlock, "#"), plain]));
    const before = await readFile(path);
    assert.deepEqual(await hdf5Format.recover(path), {
      path,
      changed: false,
      isForeign: true,
      records: 0,
      cutBytes: 0,
    });
    assert.deepEqual(await readFile(path), before);
    const { streams: found, run } = await hdf5Format.inspect(path);
    assert.equal(run, undefined);
    assert.deepEqual(
      found.map(({ schema, records }) => [schema.name, records]),
      [["data", 3]],
    );
  }
});
