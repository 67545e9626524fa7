import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { DaqError } from "../../model/errors.ts";
import { LocalStore } from "../../stores/local/local-store.ts";
import { temporaryFolder } from "../../testing/format-contract/recording.ts";
import { ArrayReader } from "./hierarchy/array-reader.ts";
import { readNode } from "./hierarchy/read-node.ts";
import { type ArrayOptions, ZarrWriter } from "./index.ts";

const frames = {
  name: "camera/frames",
  shape: [8, 4],
  chunks: [2, 4],
  dimensions: ["t", "x"],
  dtype: "uint16",
  unit: "count",
} as const satisfies ArrayOptions;

const deleted: Readonly<Record<2 | 3, readonly string[]>> = {
  2: ["camera/frames/.zarray", "camera/.zgroup", ".zgroup"],
  3: ["camera/frames/zarr.json", "camera/zarr.json", "zarr.json"],
};

async function closed(writer: ZarrWriter): Promise<string> {
  try {
    await writer.close();
  } catch (error) {
    assert.ok(error instanceof DaqError, String(error));
    assert.equal(error.code, "path");
    assert.ok(error.hint);
    return error.message;
  }
  return assert.fail("close resolved");
}

for (const zarrFormat of [2, 3] as const)
  for (const finishes of [true, false])
    test(`version ${zarrFormat}: close says which metadata was deleted, and puts it again${finishes ? "" : ", also of one that does not finish"}`, async () => {
      await using folder = await temporaryFolder();
      const path = join(folder.path, "store.zarr");
      const first = await ZarrWriter.create(path, { zarrFormat, attributes: { sample: "GaAs" } });
      await first.createArray(frames);
      const writer = finishes ? first : await ZarrWriter.open(path);
      await writer.setAttributes(frames.name, { gain: 2.5 });
      for (let chunk = 0; chunk < 3; chunk++)
        await writer.writeChunk(frames.name, [chunk, 0], new Uint16Array(8).fill(chunk + 1));
      await writer.flush();
      for (const key of deleted[zarrFormat].slice(0, finishes ? 3 : 1)) rmSync(join(path, key));
      const message = await closed(writer);
      assert.match(message, /deleted the metadata of .*"camera\/frames"/);
      if (finishes) {
        assert.match(message, /the root/);
        assert.match(message, /"camera\/frames" \(3 of its 4 chunks are there\)/);
      } else await first.close();
      const node = await readNode(new LocalStore(path), frames.name);
      assert.ok(node?.kind === "array");
      const { spec } = node.array;
      assert.deepEqual([spec.attributes?.gain, spec.attributes?.units], [2.5, "count"]);
      assert.equal(JSON.parse(String(spec.attributes?.daq_ledger)).stored, 3);
      const values = await new ArrayReader(new LocalStore(path), node.array).readRegion([2, 0], [2, 4]);
      assert.deepEqual([...(values as Uint16Array)], new Array(8).fill(2));
      const root = await readNode(new LocalStore(path), "");
      assert.equal(root?.kind === "group" ? root.attributes.sample : undefined, "GaAs");
    });

test("an array that was deleted with its chunks is there again, and none of them is claimed", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "store.zarr");
  const writer = await ZarrWriter.create(path);
  await writer.createArray(frames);
  await writer.writeChunk(frames.name, [0, 0], new Uint16Array(8));
  await writer.flush();
  rmSync(join(path, "camera"), { recursive: true });
  assert.match(await closed(writer), /"camera\/frames" \(0 of its 4 chunks are there\)/);
  const { attributes } = JSON.parse(await readFile(join(path, "camera/frames/zarr.json"), "utf8"));
  assert.deepEqual(JSON.parse(attributes.daq_ledger), {
    closed: true,
    chunks: 4,
    stored: 0,
    missing: 4,
    ranges: [[0, 4]],
  });
});
