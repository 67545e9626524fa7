import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Digest } from "./hdf5-samples.ts";

const python = process.env.PYTHON ?? "python3";

type Datasets = {
  readonly error?: string;
  /** A dataset that this reader has no filter for shows the filters. */
  readonly [path: string]: Digest | { readonly filters: readonly number[] } | string | undefined;
};

export type XarrayGroup = {
  readonly sizes: { readonly [dimension: string]: number };
  readonly coordinates: readonly string[];
  readonly variables: { readonly [name: string]: Digest & { readonly dimensions: readonly string[] } };
  readonly times: { readonly name: string; readonly dtype: string; readonly sha256: string } | null;
};

export type Plot = {
  readonly error?: string;
  readonly classes: readonly string[];
  readonly group: string;
  readonly signal: string;
  readonly shape: readonly number[];
  readonly axes: readonly string[];
  readonly lengths: readonly (readonly number[] | null)[];
  readonly units: string;
};

/** What a Python sees in one file; a view is absent when its libraries are. */
export type SeenFile = {
  readonly h5py: Datasets;
  readonly tables?: Datasets;
  readonly netCDF4?: Datasets;
  readonly imagecodecs?: Datasets;
  readonly xarray?: { readonly error?: string; readonly [group: string]: XarrayGroup | string | undefined };
  readonly plot: Plot;
  readonly attributes: { readonly [place: string]: { readonly [name: string]: unknown } };
};

type Answer = {
  readonly readers: { readonly [name: string]: string };
  /** Filters of HDF5 plugins that a reader brings along. */
  readonly extra: { readonly [name: string]: readonly number[] };
  readonly files: { readonly [path: string]: SeenFile };
};

export function readHdf5WithPython(paths: readonly string[]): Answer {
  try {
    return JSON.parse(
      execFileSync(python, [join(import.meta.dirname, "hdf5_run.py"), ...paths], {
        encoding: "utf8",
        maxBuffer: 2 ** 28,
        stdio: ["ignore", "pipe", "inherit"],
      }),
    ) as Answer;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { readers: {}, extra: {}, files: {} };
    throw error;
  }
}

const { readers } = readHdf5WithPython([]);

/** Why a test that needs these libraries is skipped; false when it is not. */
export function withoutReaders(...names: readonly string[]): string | false {
  const missing = names.filter((name) => !(name in readers));
  return missing.length === 0 ? false : `${python} has no ${missing.join(", ")}; set PYTHON to one that has`;
}

/** Why a test that needs this program is skipped; false when it is not. */
export function withoutProgram(name: string): string | false {
  const { error } = spawnSync(name, ["--version"], { stdio: "ignore" });
  return error === undefined ? false : `${name} is not installed`;
}
