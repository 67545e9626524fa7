import type { OpenCloud } from "./open-cloud.ts";
import type { StoreScheme } from "./store-url.ts";

/** Adding a cloud is a folder and a line here. */
export const clouds: Record<StoreScheme, () => Promise<OpenCloud>> = {
  s3: async () => (await import("./s3/open-s3.ts")).openS3,
  az: async () => (await import("./azure/open-azure.ts")).openAzure,
  gs: async () => (await import("./gcs/open-gcs.ts")).openGcs,
};
