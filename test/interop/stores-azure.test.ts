import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { inspect } from "node:util";
import { openStore } from "../../src/stores/open-store.ts";
import { storeContract } from "../../src/testing/store-contract.ts";
import { azuriteConnection, makeContainer, startAzurite, withoutAzurite } from "./azurite-server.ts";
import type { LoopbackServer } from "./loopback-server.ts";
import { storeFaults } from "./store-faults.ts";

describe("Azure Blob Storage, as Azurite has it", { skip: withoutAzurite ?? false }, () => {
  let server: LoopbackServer;
  let count = 0;
  before(async () => {
    server = await startAzurite();
    process.env.AZURE_STORAGE_CONNECTION_STRING = azuriteConnection(server.port);
    await makeContainer(server.port, "data");
  });
  after(async () => {
    delete process.env.AZURE_STORAGE_CONNECTION_STRING;
    await server.stop();
  });

  storeContract({ name: "Azurite", open: () => openStore(`az://data/run ${count++}`) });

  storeFaults({
    name: "Azurite",
    serverPort: () => server.port,
    openAt: async (port, options) => {
      process.env.AZURE_STORAGE_CONNECTION_STRING = azuriteConnection(port);
      const store = await openStore(`az://data/run ${count++}`, options);
      process.env.AZURE_STORAGE_CONNECTION_STRING = azuriteConnection(server.port);
      return store;
    },
  });

  test("a container that is missing, and a wrong key, are errors that waiting does not cure", async () => {
    const store = await openStore("az://nothing");
    await assert.rejects(store.put("a", [Buffer.from("1")]), {
      code: "config",
      message: /az:\/\/nothing\/a failed: .*ContainerNotFound/,
    });
    await assert.rejects(store.get("a"), { code: "config" });
    process.env.AZURE_STORAGE_CONNECTION_STRING = azuriteConnection(server.port).replace("Eby8", "Eby9");
    const denied = await openStore("az://data/x");
    process.env.AZURE_STORAGE_CONNECTION_STRING = azuriteConnection(server.port);
    await assert.rejects(denied.put("a", [Buffer.from("1")]), (error: Error & { code: string }) => {
      assert.equal(error.code, "config");
      assert.match(error.message, /HTTP 403/);
      assert.doesNotMatch(inspect(error, { depth: 9 }), /Eby|SharedKey/);
      return true;
    });
  });
});
