import { AttemptTime } from "../attempt-time.ts";
import type { OpenCloud } from "../open-cloud.ts";
import { AzureStore } from "./azure-store.ts";
import { containerClient } from "./container-client.ts";

export const openAzure: OpenCloud = async ({ bucket, prefix, accountHost }, { quietMs }) => {
  const place = accountHost === undefined ? bucket : `${accountHost}/${bucket}`;
  return new AzureStore({
    container: await containerClient(bucket, accountHost),
    url: prefix === "" ? `az://${place}` : `az://${place}/${prefix}`,
    prefix: prefix === "" ? "" : `${prefix}/`,
    time: new AttemptTime(quietMs),
  });
};
