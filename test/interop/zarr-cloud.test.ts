import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as zarrita from "zarrita";
import { ZarrWriter } from "../../src/formats/zarr/index.ts";
import { openStore } from "../../src/stores/open-store.ts";
import { writeSampleStore } from "../zarr/sample-store.ts";
import { asSeen, checkWithZarrita } from "../zarr/zarrita-store.ts";
import { azuriteConnection, makeContainer, startAzurite, withoutAzurite } from "./azurite-server.ts";
import type { LoopbackServer } from "./loopback-server.ts";
import { makeBucket } from "./make-bucket.ts";
import { startSwift, swiftEnvironment, withoutSwift } from "./swift-server.ts";

function scansIn(scheme: string): void {
  for (const zarrFormat of [2, 3] as const)
    test(`zarrita reads version ${zarrFormat} from there`, async () => {
      const place = `${scheme}://scans/samples-${zarrFormat}.zarr`;
      const expected = await writeSampleStore(place, zarrFormat, {
        dtypes: ["uint16"],
        codecs: ["none", "blosc_zstd_byte"],
      });
      assert.equal(expected.size, zarrFormat === 3 ? 4 : 2);
      const store = await openStore(place);
      await checkWithZarrita(store, zarrFormat, expected);
      await store.close();
    });

  test("a shard of several parts arrives whole, and what is missing is known", async () => {
    const place = `${scheme}://scans/large.zarr`;
    const [frames, height, width] = [9, 1024, 1024];
    const frameOf = (frame: number): Uint16Array =>
      Uint16Array.from({ length: height * width }, (_unused, pixel) => (pixel * (frame + 1)) & 0xffff);
    await using writer = await ZarrWriter.create(place);
    await writer.createArray({
      name: "frames",
      shape: [16, height, width],
      chunks: [1, height, width],
      shards: [8, height, width],
      dimensions: ["t", "y", "x"],
      dtype: "uint16",
      compression: "none",
    });
    for (let frame = 0; frame < frames; frame++)
      await writer.writeChunk("frames", [frame, 0, 0], frameOf(frame));
    await writer.close();
    const store = await openStore(place);
    const array = await zarrita.open.v3(zarrita.root(asSeen(store)).resolve("frames"), { kind: "array" });
    for (let frame = 0; frame < frames; frame++) {
      const { data } = await zarrita.get(array, [frame, null, null]);
      assert.ok(Buffer.from((data as Uint16Array).slice().buffer).equals(Buffer.from(frameOf(frame).buffer)));
    }
    const { stored, missing, ranges } = JSON.parse(String(array.attrs.daq_ledger));
    assert.deepEqual({ stored, missing, ranges }, { stored: 9, missing: 7, ranges: [[9, 7]] });
    await store.close();
  });
}

describe("scans in Azure Blob Storage, as Azurite has it", { skip: withoutAzurite ?? false }, () => {
  let server: LoopbackServer;
  before(async () => {
    server = await startAzurite();
    process.env.AZURE_STORAGE_CONNECTION_STRING = azuriteConnection(server.port);
    await makeContainer(server.port, "scans");
  });
  after(async () => {
    delete process.env.AZURE_STORAGE_CONNECTION_STRING;
    await server.stop();
  });
  scansIn("az");
});

describe("scans in S3, as OpenStack Swift has it", { skip: withoutSwift ?? false }, () => {
  let server: LoopbackServer;
  before(async () => {
    server = await startSwift();
    Object.assign(process.env, swiftEnvironment(server.port));
    await makeBucket("scans");
  });
  after(() => server.stop());
  scansIn("s3");
});
