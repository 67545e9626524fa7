import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { targetIn, temporaryFolder } from "../../testing/format-contract/recording.ts";
import { SampleBatches } from "../../testing/format-contract/sample-batches.ts";
import { camera, gauges, ledgerOf } from "../../testing/format-contract/sample-streams.ts";
import type { FormatOptions } from "../contract.ts";
import { hdf5Format } from "./format.ts";
import { openHdf5 } from "./open-hdf5.ts";

const streams = [gauges, camera];

for (const live of [false, true])
  for (const compression of ["gzip", "none"]) {
    const options: FormatOptions = { compression, durability: "process", chunkRows: 50, live };
    const name = `${compression}${live ? ", live" : ""}`;

    test(`a program that opens the file while it is written finds every record up to the last checkpoint (${name})`, async () => {
      await using folder = await temporaryFolder();
      const target = targetIn(folder.path, hdf5Format, streams, options);
      const writer = await hdf5Format.create(target);
      const sources = streams.map((stream) => new SampleBatches(stream));
      const look = async (records: number, isComplete: boolean) => {
        const file = await openHdf5(target.path);
        for (const { name: group, columns } of streams)
          for (const dataset of ["timestamps", "sequence", columns[0]!.name])
            assert.equal(
              file.dataset(`/entry/${group}/${dataset}`)!.shape![0],
              records,
              `${group}/${dataset}`,
            );
        if (records > 0) {
          const sequence = file.dataset("/entry/camera0/sequence")!.value as BigInt64Array;
          assert.deepEqual(
            [...sequence],
            Array.from({ length: records }, (_, at) => BigInt(at)),
          );
          const again = new SampleBatches(camera).next(records);
          const frames = file.dataset("/entry/camera0/frame")!.value as Uint16Array;
          assert.deepEqual(frames, new Uint16Array(again.columns[0]!.bytes.buffer));
        }
        const complete = file.group("/entry")!.attrs.complete!.value;
        assert.equal(complete === true || complete === 1, isComplete);
        file.close();
      };
      await look(0, false);
      let records = 0;
      // Within a chunk, up to its end, over its end, over several.
      for (const count of [1, 7, 42, 1, 49, 100, 3, 160]) {
        for (const source of sources) await writer.append(source.next(count));
        await look(records, false);
        await writer.checkpoint();
        records += count;
        await look(records, false);
      }
      await writer.close(ledgerOf(streams.map((schema) => ({ schema, stored: records, ranges: [] }))));
      await look(records, true);
    });

    test(`the superblock is of HDF5 ${live ? "1.10" : "1.8"}, and never says that somebody writes (${name})`, async () => {
      await using folder = await temporaryFolder();
      const target = targetIn(folder.path, hdf5Format, streams, options);
      const writer = await hdf5Format.create(target);
      for (let round = 0; round < 3; round++) {
        await writer.append(new SampleBatches(camera).next(60));
        await writer.checkpoint();
        const bytes = await readFile(target.path);
        assert.equal(bytes.toString("latin1", 1, 4), "HDF");
        assert.deepEqual([bytes[8], bytes[11]], [live ? 3 : 2, 0]);
        const endOfFile = Number(bytes.readBigUInt64LE(28));
        assert.ok(endOfFile <= bytes.byteLength, `${endOfFile} of ${bytes.byteLength} bytes`);
        assert.equal(bytes.includes("EAHD"), live);
        assert.equal(bytes.includes("TREE"), !live);
      }
      await writer.close(ledgerOf(streams.map((schema) => ({ schema, stored: 180, ranges: [] }))));
      const closed = await readFile(target.path);
      assert.equal(Number(closed.readBigUInt64LE(28)), closed.byteLength);
      assert.equal(closed[11], 0);
    });
  }
