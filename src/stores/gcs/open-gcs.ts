import { AttemptTime } from "../attempt-time.ts";
import type { OpenCloud } from "../open-cloud.ts";
import { vendorSdk } from "../vendor-sdk.ts";
import { findGcsCredentials } from "./find-credentials.ts";
import { GcsStore } from "./gcs-store.ts";

/** Credentials are Google's application default credentials; `STORAGE_EMULATOR_HOST` names another server. */
export const openGcs: OpenCloud = async ({ bucket, prefix }, { quietMs }) => {
  const { Storage } = await vendorSdk(
    "gs://",
    "@google-cloud/storage",
    () => import("@google-cloud/storage"),
  );
  // Retries are made around all stores in the same way.
  const storage = new Storage({ retryOptions: { autoRetry: false, maxRetries: 0 } });
  const isOwnServer = (process.env.STORAGE_EMULATOR_HOST ?? "") !== "";
  if (!isOwnServer) await findGcsCredentials(`gs://${bucket}`);
  // The SDK leaves the path out there, which Google's own testbench and others expect.
  if (isOwnServer && storage.baseUrl === storage.apiEndpoint)
    storage.baseUrl = `${storage.apiEndpoint}/storage/v1`;
  return new GcsStore({
    storage,
    bucket,
    url: prefix === "" ? `gs://${bucket}` : `gs://${bucket}/${prefix}`,
    prefix: prefix === "" ? "" : `${prefix}/`,
    time: new AttemptTime(quietMs),
  });
};
