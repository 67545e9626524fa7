import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { freePort, type LoopbackServer, startServer } from "./loopback-server.ts";

const program = resolve(import.meta.dirname, "../servers/node_modules/azurite/dist/src/blob/main.js");

/** Undefined where it is installed; else why tests that need it are skipped. */
export const withoutAzurite = existsSync(program)
  ? undefined
  : "Azurite is not installed: npm ci --prefix test/servers";

/** The account that Azurite has from the beginning; its key is in Microsoft's documentation. */
const account = "devstoreaccount1";
const accountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

export function azuriteConnection(port: number): string {
  return `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};BlobEndpoint=http://127.0.0.1:${port}/${account};`;
}

/** Microsoft's own emulator of Azure Blob Storage, in memory, on loopback. */
export async function startAzurite(): Promise<LoopbackServer> {
  const port = await freePort();
  const place = ["--blobHost", "127.0.0.1", "--blobPort", String(port)];
  return startServer(
    process.execPath,
    [program, ...place, "--inMemoryPersistence", "--silent", "--skipApiVersionCheck", "--disableTelemetry"],
    port,
  );
}

export async function makeContainer(port: number, name: string): Promise<void> {
  const { BlobServiceClient } = await import("@azure/storage-blob");
  await BlobServiceClient.fromConnectionString(azuriteConnection(port)).getContainerClient(name).create();
}
