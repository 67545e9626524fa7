import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import * as zarrita from "zarrita";
import { spawnDaq } from "../../src/cli/captured-terminal.test.ts";
import { openStore } from "../../src/stores/open-store.ts";
import { azuriteConnection, makeContainer, startAzurite, withoutAzurite } from "./azurite-server.ts";
import type { LoopbackServer } from "./loopback-server.ts";
import { makeBucket } from "./make-bucket.ts";
import { startSwift, swiftEnvironment, withoutSwift } from "./swift-server.ts";

/** A bucket as the vendor's own package sees it, without any code of ours. */
type ForeignBucket = {
  get(key: string): Promise<Uint8Array | undefined>;
  keys(prefix: string): Promise<string[]>;
};

async function s3Bucket(): Promise<ForeignBucket> {
  const { GetObjectCommand, ListObjectsV2Command, NoSuchKey, S3Client } = await import("@aws-sdk/client-s3");
  const client = new S3Client({ forcePathStyle: true, region: "us-east-1" });
  return {
    async get(key) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: "data", Key: key }));
        return await Body?.transformToByteArray();
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
    async keys(prefix) {
      const { Contents = [] } = await client.send(
        new ListObjectsV2Command({ Bucket: "data", Prefix: prefix }),
      );
      return Contents.map(({ Key }) => Key!);
    },
  };
}

async function azureBucket(port: number): Promise<ForeignBucket> {
  const { BlobServiceClient } = await import("@azure/storage-blob");
  const container = BlobServiceClient.fromConnectionString(azuriteConnection(port)).getContainerClient(
    "data",
  );
  return {
    async get(key) {
      const blob = container.getBlobClient(key);
      return (await blob.exists()) ? blob.downloadToBuffer() : undefined;
    },
    async keys(prefix) {
      const names: string[] = [];
      for await (const { name } of container.listBlobsFlat({ prefix })) names.push(name);
      return names;
    },
  };
}

/** A folder of the bucket as zarrita wants it. */
function asSeen(bucket: ForeignBucket, folder: string): Required<zarrita.AsyncReadable> {
  const get = (path: string): Promise<Uint8Array | undefined> => bucket.get(`${folder}${path}`);
  return {
    get,
    async getRange(path, range) {
      const bytes = await get(path);
      return "suffixLength" in range
        ? bytes?.subarray(-range.suffixLength)
        : bytes?.subarray(range.offset, range.offset + range.length);
    },
  };
}

type ArrayMetadata = {
  readonly shape: readonly number[];
  readonly chunk_grid: { readonly configuration: { readonly chunk_shape: readonly number[] } };
};

type Cloud = {
  readonly name: string;
  readonly scheme: "s3" | "az";
  readonly without: string | undefined;
  start(): Promise<{ readonly server: LoopbackServer; readonly bucket: ForeignBucket }>;
};

const clouds: readonly Cloud[] = [
  {
    name: "S3 (Swift)",
    scheme: "s3",
    without: withoutSwift,
    async start() {
      const server = await startSwift();
      Object.assign(process.env, swiftEnvironment(server.port), { AWS_REGION: "us-east-1" });
      await makeBucket("data");
      return { server, bucket: await s3Bucket() };
    },
  },
  {
    name: "Azure (Azurite)",
    scheme: "az",
    without: withoutAzurite,
    async start() {
      const server = await startAzurite();
      process.env.AZURE_STORAGE_CONNECTION_STRING = azuriteConnection(server.port);
      await makeContainer(server.port, "data");
      return { server, bucket: await azureBucket(server.port) };
    },
  },
];

for (const { name, scheme, without, start } of clouds)
  describe(`a Zarr run to ${name}`, { skip: without ?? false }, () => {
    const folder = mkdtempSync(join(tmpdir(), "daq-upload-zarr-"));
    let server: LoopbackServer;
    let bucket: ForeignBucket;
    before(async () => {
      ({ server, bucket } = await start());
    });
    after(async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    test("grows there while it is recorded, never a shape beyond its data, and zarrita reads it back", async () => {
      const sets = [
        "storage.keep_spool=true",
        "storage.chunk_size=4",
        "storage.zarr.shard_chunks=2",
        "storage.flush_interval_ms=200",
      ].flatMap((each) => ["--set", each]);
      const running = spawnDaq(
        ["record", "--duration", "10s", "-o", `${scheme}://data/live/x_v{version}.zarr`, ...sets],
        { cwd: folder },
      );
      const shapes = new Set<number>();
      while (running.child.exitCode === null) {
        const text = await bucket.get("live/x_v1.zarr/camera0/frame/zarr.json");
        if (text !== undefined) {
          const { shape, chunk_grid } = JSON.parse(Buffer.from(text).toString("utf8")) as ArrayMetadata;
          shapes.add(shape[0]!);
          const there = await bucket.keys("live/x_v1.zarr/camera0/frame/c/");
          const objects = Math.ceil(shape[0]! / chunk_grid.configuration.chunk_shape[0]!);
          for (let index = 0; index < objects; index++)
            assert.ok(
              there.includes(`live/x_v1.zarr/camera0/frame/c/${index}/0/0`),
              `${index} of ${objects}`,
            );
        }
        await setTimeout(100);
      }
      const { code, error } = await running.done;
      assert.equal(code, 0, error);
      assert.ok(shapes.size >= 2, `it was seen to grow: ${[...shapes].join()}`);

      const spool = join(folder, `spool/${scheme}/data`);
      const files = (readdirSync(spool, { recursive: true }) as string[]).filter(
        (file) => statSync(join(spool, file)).isFile() && !file.endsWith(".upload.jsonl"),
      );
      const there = (await bucket.keys("live/")).filter((key) => !key.endsWith(".upload.json"));
      assert.deepEqual(there.sort(), [...files].sort());
      for (const key of files) {
        const bytes = await bucket.get(key);
        assert.ok(bytes !== undefined && readFileSync(join(spool, key)).equals(bytes), key);
      }

      for (const name of ["x_v1.zarr", "x_v1.run.json"]) {
        const inspected = await spawnDaq(["inspect", "--json", `${scheme}://data/live/${name}`]).done;
        assert.equal(inspected.code, 0, inspected.error);
        const { streams, ledgers } = JSON.parse(inspected.out) as {
          streams: { parts: { records: number }[] }[];
          ledgers: { ledger: { accounts: { stored: number }[] } }[];
        };
        assert.equal(streams[0]!.parts[0]!.records, ledgers[0]!.ledger.accounts[0]!.stored);
        assert.ok(streams[0]!.parts[0]!.records > 200);
      }

      const place = zarrita.root(asSeen(bucket, "live/x_v1.zarr"));
      const frame = await zarrita.open.v3(place.resolve("camera0/frame"), { kind: "array" });
      const sequence = await zarrita.open.v3(place.resolve("camera0/sequence"), { kind: "array" });
      assert.equal(frame.shape[0], sequence.shape[0]);
      assert.ok(frame.shape[0]! > 200, `${frame.shape[0]} frames`);
      const { data } = await zarrita.get(sequence);
      assert.deepEqual(Array.from(data as BigUint64Array, Number), [...Array(frame.shape[0]).keys()]);
      const last = await zarrita.get(frame, [frame.shape[0]! - 1, null, null]);
      assert.deepEqual(last.shape, [480, 640]);
      assert.ok(new Set(last.data as Uint8Array).size > 10, "an image, not the fill value");

      const store = await openStore(`${scheme}://data/live`);
      await store.delete("x_v1.zarr/camera0/frame/c/1/0/0");
      await store.close();
      const damaged = await spawnDaq(["inspect", `${scheme}://data/live/x_v1.zarr`]).done;
      assert.equal(damaged.code, 1, damaged.out);
      assert.match(damaged.out, /camera0\/frame\/c\/1\/0\/0 is not there: one of the \d+ shards/);
    });
  });
