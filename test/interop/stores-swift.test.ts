import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { inspect } from "node:util";
import { openStore } from "../../src/stores/open-store.ts";
import { storeContract } from "../../src/testing/store-contract.ts";
import type { LoopbackServer } from "./loopback-server.ts";
import { makeBucket } from "./make-bucket.ts";
import { storeFaults } from "./store-faults.ts";
import { startSwift, swiftEnvironment, withoutSwift } from "./swift-server.ts";

describe("S3, as OpenStack Swift has it", { skip: withoutSwift ?? false }, () => {
  let server: LoopbackServer;
  let count = 0;
  before(async () => {
    server = await startSwift();
    Object.assign(process.env, swiftEnvironment(server.port));
    await makeBucket("data");
  });
  after(() => server.stop());

  storeContract({ name: "Swift", open: () => openStore(`s3://data/run ${count++}`) });

  storeFaults({
    name: "Swift",
    serverPort: () => server.port,
    openAt: async (port, options) => {
      process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${port}`;
      const store = await openStore(`s3://data/run ${count++}`, options);
      process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${server.port}`;
      return store;
    },
  });

  test("a bucket that is missing, and a wrong key, are errors that waiting does not cure", async () => {
    const store = await openStore("s3://nothing");
    await assert.rejects(store.put("a", [Buffer.from("1")]), {
      code: "config",
      message: /s3:\/\/nothing\/a failed: .*NoSuchBucket/,
    });
    process.env.AWS_SECRET_ACCESS_KEY = "not-the-secret";
    const denied = await openStore("s3://data/x");
    await assert.rejects(denied.put("a", [Buffer.from("1")]), (error: Error & { code: string }) => {
      assert.equal(error.code, "config");
      assert.match(error.message, /HTTP 403/);
      assert.doesNotMatch(inspect(error, { depth: 9 }), /not-the-secret|lab:recorder/);
      return true;
    });
    process.env.AWS_SECRET_ACCESS_KEY = "testing";
  });
});
