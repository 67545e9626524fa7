import { before, describe } from "node:test";
import { openStore } from "../../src/stores/open-store.ts";
import { storeContract } from "../../src/testing/store-contract.ts";
import { storeFaults } from "./store-faults.ts";

/** Google's own testbench (github.com/googleapis/storage-testbench) or another server, started by whoever runs this. */
const server = process.env.STORAGE_EMULATOR_HOST;
const without = server === undefined ? "STORAGE_EMULATOR_HOST names no server" : false;

describe("Google Cloud Storage, as a server of its own has it", { skip: without }, () => {
  const bucket = `daq-${process.pid}-${Date.now()}`;
  let count = 0;
  before(async () => {
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ name: bucket });
    const answer = await fetch(`${server}/storage/v1/b?project=test`, { method: "POST", headers, body });
    if (!answer.ok) throw new Error(`${server} makes no bucket: ${answer.status} ${await answer.text()}`);
  });

  storeContract({ name: "its server", open: () => openStore(`gs://${bucket}/run ${count++}`) });

  storeFaults({
    name: "its server",
    putMethod: "POST",
    serverPort: () => Number(new URL(server!).port),
    openAt: async (port, options) => {
      process.env.STORAGE_EMULATOR_HOST = `http://127.0.0.1:${port}`;
      const store = await openStore(`gs://${bucket}/run ${count++}`, options);
      process.env.STORAGE_EMULATOR_HOST = server;
      return store;
    },
  });
});
