import type { Store } from "./contract.ts";
import { LocalStore, type LocalStoreOptions } from "./local/local-store.ts";
import { objectsOfCloud } from "./objects-of-cloud.ts";
import { clouds } from "./registry.ts";
import { parseStoreUrl } from "./store-url.ts";
import { withLimit } from "./with-limit.ts";
import { type RetryOptions, withRetries } from "./with-retries.ts";

export type StoreOptions = LocalStoreOptions & {
  /** Calls to a cloud that are under way at once; each holds its object, or a part of it. */
  readonly callsAtOnce?: number;
  /** An attempt at a call to a cloud that moves nothing for this long has failed. */
  readonly quietMs?: number;
  readonly retries?: RetryOptions;
};

/**
 * A store by its address: a folder's path, `s3://bucket/prefix`, `az://container/prefix`, `gs://bucket/prefix`. Loads the
 * vendor's package, but does not talk to the store yet. Throws `DaqError("config")`.
 */
export async function openStore(address: string, options: StoreOptions = {}): Promise<Store> {
  const url = parseStoreUrl(address);
  if (url.kind === "folder") return new LocalStore(url.path, options);
  const { callsAtOnce = 16, quietMs = 20_000, retries } = options;
  const openCloud = await clouds[url.kind]();
  const cloud = await openCloud(url, { connections: callsAtOnce, quietMs });
  return objectsOfCloud(withRetries(withLimit(cloud, callsAtOnce), retries));
}
