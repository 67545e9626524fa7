import type { CloudStore } from "./cloud-store.ts";
import type { StoreScheme, StoreUrl } from "./store-url.ts";

export type CloudOptions = {
  /** Connections held open. */
  readonly connections: number;
  /** An attempt that moves nothing for this long has failed. */
  readonly quietMs: number;
};

type CloudUrl = Extract<StoreUrl, { readonly kind: StoreScheme }>;
export type OpenCloud = (url: CloudUrl, options: CloudOptions) => Promise<CloudStore>;
