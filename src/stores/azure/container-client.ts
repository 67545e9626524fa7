import type { ContainerClient, StoragePipelineOptions } from "@azure/storage-blob";
import { DaqError } from "../../model/errors.ts";
import { vendorSdk } from "../vendor-sdk.ts";

/** Retries are made around all stores in the same way. */
const pipeline: StoragePipelineOptions = { retryOptions: { maxTries: 1 } };

/**
 * The container with credentials from the environment, first found: connection string; account and key; account and the
 * login that DefaultAzureCredential finds. `accountHost`: the account where the address names it.
 */
export async function containerClient(
  container: string,
  accountHost: string | undefined,
): Promise<ContainerClient> {
  const sdk = await vendorSdk("az://", "@azure/storage-blob", () => import("@azure/storage-blob"));
  const {
    AZURE_STORAGE_CONNECTION_STRING: connection,
    AZURE_STORAGE_ACCOUNT: account,
    AZURE_STORAGE_KEY: key,
  } = process.env;
  if (connection !== undefined && connection !== "" && accountHost === undefined)
    try {
      return sdk.BlobServiceClient.fromConnectionString(connection, pipeline).getContainerClient(container);
    } catch {
      // What the SDK says could have the key in it.
      throw new DaqError("config", "AZURE_STORAGE_CONNECTION_STRING is not a connection string.", {
        hint: "Copy it from the portal: storage account, access keys.",
      });
    }
  const host =
    accountHost ?? (account === undefined || account === "" ? undefined : `${account}.blob.core.windows.net`);
  if (host === undefined)
    throw new DaqError("config", `az://${container}: the environment does not say which storage account.`, {
      hint: "Set AZURE_STORAGE_ACCOUNT or AZURE_STORAGE_CONNECTION_STRING, or write az://account.blob.core.windows.net/container.",
    });
  const name = host.split(".")[0]!;
  const isKeyOfHost = key !== undefined && key !== "" && (account === undefined || account === name);
  const credential = isKeyOfHost ? new sdk.StorageSharedKeyCredential(name, key) : await loginCredential();
  return new sdk.BlobServiceClient(`https://${host}`, credential, pipeline).getContainerClient(container);
}

async function loginCredential() {
  const { DefaultAzureCredential } = await vendorSdk(
    "az:// without an account's key",
    "@azure/identity",
    () => import("@azure/identity"),
  );
  return new DefaultAzureCredential();
}
