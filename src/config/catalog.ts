import type { Driver } from "../devices/contract.ts";
import type { Format } from "../formats/contract.ts";

/** Parts that a configuration can name, loaded only when it does. */
export type Catalog<Part> = {
  readonly names: readonly string[];
  readonly load: (name: string) => Promise<Part>;
};

/** What the check of a configuration needs to know of a format. */
export type CatalogFormat = Pick<
  Format,
  "name" | "extensions" | "compressions" | "defaultCompression" | "maxCompressionLevel"
>;

/** What the check of a configuration needs to know of a driver. */
export type CatalogDriver = Pick<Driver, "settings" | "create">;

export type FormatCatalog = Catalog<CatalogFormat>;
export type DriverCatalog = Catalog<CatalogDriver>;
