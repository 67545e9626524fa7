/** Where named objects go: a folder, S3, Azure Blob Storage, Google Cloud Storage. */
export type { Checksum, MultipartWrite, Store, StoredObject } from "./contract.ts";
export { LocalStore, type LocalStoreOptions } from "./local/local-store.ts";
export { openStore, type StoreOptions } from "./open-store.ts";
export { isStoreUrl, type StoreScheme, storeSchemes } from "./store-url.ts";
export type { RetryOptions } from "./with-retries.ts";
