// Not a test itself: the parts that the tests of this folder configure. The name keeps it out of the build.
import type { MetadataValue } from "../model/metadata.ts";
import type { CatalogDriver, CatalogFormat, DriverCatalog, FormatCatalog } from "./catalog.ts";
import type { LoadedConfig } from "./config.ts";
import { type LoadConfigOptions, loadConfig } from "./load-config.ts";

const fakeFormats: { readonly [name: string]: CatalogFormat } = {
  hdf5: {
    name: "hdf5",
    extensions: [".h5", ".hdf5"],
    compressions: ["none", "gzip", "lz4"],
    defaultCompression: "gzip",
    maxCompressionLevel: { gzip: 9 },
  },
  arrow: {
    name: "arrow",
    extensions: [".arrow"],
    compressions: ["none", "lz4", "zstd"],
    defaultCompression: "none",
    maxCompressionLevel: { zstd: 22 },
  },
  csv: {
    name: "csv",
    extensions: [".csv", ".csv.gz"],
    compressions: ["none", "gzip"],
    defaultCompression: "none",
    maxCompressionLevel: { gzip: 9 },
  },
};

const fakeDrivers: { readonly [name: string]: CatalogDriver } = {
  "sim.camera": {
    settings: [
      {
        key: "width",
        kind: "integer",
        doc: "Pixels in a row.",
        default: 640,
        min: 1,
        max: 16_384,
        unit: "pixels",
      },
      { key: "height", kind: "integer", doc: "Rows.", default: 480, min: 1, max: 16_384, unit: "pixels" },
      { key: "rate_hz", kind: "number", doc: "Frames per second.", default: 30, unit: "Hz" },
      { key: "model", kind: "string", doc: "Model.", choices: ["mono", "colour"] },
    ],
  },
  "sim.power_meter": {
    settings: [
      { key: "rate_hz", kind: "number", doc: "Readings per second.", default: 10, unit: "Hz" },
      { key: "inverted", kind: "boolean", doc: "Turns the sign.", default: false },
    ],
  },
  listener: {
    settings: [
      {
        key: "port",
        kind: "integer",
        doc: "Port.",
        required: true,
        example: "5025",
        check: (value: MetadataValue) => (value === 13 ? "port 13 is cursed" : undefined),
      },
      { key: "shape", kind: "integers", doc: "Shape.", min: 1 },
      { key: "labels", kind: "strings", doc: "Labels." },
      { key: "extra", kind: "any", doc: "Anything." },
    ],
  },
};

function catalogOf<Part>(parts: { readonly [name: string]: Part }): {
  names: readonly string[];
  load: (name: string) => Promise<Part>;
} {
  return {
    names: Object.keys(parts),
    load: async (name) => {
      const part = Object.hasOwn(parts, name) ? parts[name] : undefined;
      if (part === undefined) throw new Error(`the loader asked for ${name}, which is not in the catalog`);
      return part;
    },
  };
}

/** With hdf5, as a later version has it. */
export const threeFormats: FormatCatalog = catalogOf(fakeFormats);

/** What this version has. */
export const twoFormats: FormatCatalog = catalogOf({ arrow: fakeFormats.arrow!, csv: fakeFormats.csv! });

export const drivers: DriverCatalog = catalogOf(fakeDrivers);

/** Loads a text as "daq.toml" with the parts above. */
export function loadText(
  text: string | undefined,
  options: Partial<LoadConfigOptions> = {},
): Promise<LoadedConfig> {
  const source = text === undefined ? {} : { path: "daq.toml", text };
  return loadConfig({ ...source, env: {}, flags: {}, formats: threeFormats, drivers, ...options });
}
