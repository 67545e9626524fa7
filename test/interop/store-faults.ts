import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { Store } from "../../src/stores/contract.ts";
import type { StoreOptions } from "../../src/stores/open-store.ts";
import { sampleBytes } from "../../src/testing/store-contract/sample-bytes.ts";
import { type ConnectionFault, type FaultyProxy, startFaultyProxy } from "./faulty-proxy.ts";

export type StoreFaultsOptions = {
  readonly name: string;
  /** An empty store on the server behind this port. */
  readonly openAt: (port: number, options: StoreOptions) => Promise<Store>;
  readonly serverPort: () => number;
  /** With which objects are put. */
  readonly putMethod?: "PUT" | "POST";
};

/** So that a test does not wait for what a laboratory would. */
const impatient: StoreOptions = { quietMs: 1500, retries: { firstDelayMs: 20, maxDelayMs: 200 } };

function firstConnections(count: number, fault: ConnectionFault): () => ConnectionFault | undefined {
  let left = count;
  return () => (left-- > 0 ? fault : undefined);
}

/** Registers tests of what a network does to a store; the server and everything between are real. */
export function storeFaults({ name, openAt, serverPort, putMethod = "PUT" }: StoreFaultsOptions): void {
  describe(`faults between here and ${name}`, () => {
    const proxies: FaultyProxy[] = [];
    after(() => Promise.all(proxies.map((proxy) => proxy.close())));
    const opened = async (): Promise<{ readonly store: Store; readonly proxy: FaultyProxy }> => {
      const proxy = await startFaultyProxy(serverPort());
      proxies.push(proxy);
      return { proxy, store: await openAt(proxy.port, impatient) };
    };
    const bytes = sampleBytes(300_000);
    const putAndRead = async (fault: ConnectionFault, connections: number): Promise<void> => {
      const { store, proxy } = await opened();
      proxy.faultOf = firstConnections(connections, fault);
      await store.put("object", [bytes]);
      assert.equal(proxy.faults, connections);
      assert.ok(Buffer.from(bytes).equals((await store.get("object"))!));
      await store.close();
    };

    test("a connection that breaks in the middle of an object", () =>
      putAndRead({ kind: "break", afterRequestBytes: 100_000 }, 3));

    test("a server that is too busy", () => putAndRead({ kind: "busy" }, 3));

    test("a connection that stalls", () => putAndRead({ kind: "stall", afterRequestBytes: 100_000 }, 1));

    test("an answer that is lost after the object was stored", () =>
      putAndRead({ kind: "lose answer", method: putMethod }, 2));

    test("an answer that breaks off in the middle of an object", async () => {
      const { store, proxy } = await opened();
      await store.put("object", [bytes]);
      proxy.isUp = false; // Connections that are open go on without a fault.
      proxy.isUp = true;
      proxy.faultOf = firstConnections(2, { kind: "break answer", afterAnswerBytes: 100_000 });
      assert.ok(Buffer.from(bytes).equals((await store.get("object"))!));
      assert.ok(
        Buffer.from(bytes.subarray(1000, 250_000)).equals((await store.getRange("object", 1000, 249_000))!),
      );
      assert.equal(proxy.faults, 2);
      await store.close();
    });

    test("putIfAbsent meets its own object after an answer that was lost, and still says true", async () => {
      const { store, proxy } = await opened();
      proxy.faultOf = firstConnections(1, { kind: "lose answer", method: putMethod });
      assert.equal(await store.putIfAbsent("object", [bytes]), true);
      assert.equal(proxy.faults, 1);
      assert.equal(await store.putIfAbsent("object", [bytes.subarray(1)]), false);
      assert.equal((await store.stat("object"))?.bytes, bytes.byteLength);
      await store.close();
    });

    test("an object in parts, whose connections break and whose last answer is lost", async () => {
      const { store, proxy } = await opened();
      const large = sampleBytes((8 << 20) + 12_345);
      proxy.faultOf = firstConnections(2, { kind: "break", afterRequestBytes: 1 << 20 });
      const writer = await store.beginMultipart("object");
      for (let done = 0; done < large.byteLength; done += 1 << 20)
        await writer.write(large.subarray(done, done + (1 << 20)));
      proxy.isUp = false; // What is completed goes over new connections.
      proxy.isUp = true;
      proxy.faultOf = firstConnections(3, { kind: "lose answer" });
      const before = proxy.faults;
      assert.equal((await writer.complete()).bytes, large.byteLength);
      assert.ok(proxy.faults > before);
      assert.ok(Buffer.from(large).equals((await store.get("object"))!));
      await store.close();
    });

    test("many objects while every third connection meets some fault: all are there, whole", async () => {
      const { store, proxy } = await opened();
      const faults: readonly ConnectionFault[] = [
        { kind: "break", afterRequestBytes: 5000 },
        { kind: "busy" },
        { kind: "lose answer" },
        { kind: "break", afterRequestBytes: 0 },
      ];
      let connections = 0;
      proxy.faultOf = () =>
        connections++ % 3 === 0 ? faults[((connections / 3) % faults.length) | 0] : undefined;
      await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          store.put(`object-${index}`, [sampleBytes(20_000, index + 1)]),
        ),
      );
      assert.ok(proxy.faults >= 4, `${proxy.faults} faults`);
      for (let index = 0; index < 40; index++)
        assert.ok(Buffer.from(sampleBytes(20_000, index + 1)).equals((await store.get(`object-${index}`))!));
      await store.close();
    });

    test("a server that is gone: an error that names the place, the tries and what to do", async () => {
      const { store, proxy } = await opened();
      proxy.isUp = false;
      await assert.rejects(
        store.put("a/object", [bytes]),
        (error: Error & { code: string; hint: string }) => {
          assert.equal(error.code, "io");
          assert.ok(error.message.startsWith(`Writing ${store.url}/a/object failed: `), error.message);
          assert.match(error.message, /\(6 tries in \d+ s\)$/);
          assert.match(error.hint, /network/);
          return true;
        },
      );
      proxy.isUp = true;
      await store.put("a/object", [bytes]);
      await store.close();
    });
  });
}
