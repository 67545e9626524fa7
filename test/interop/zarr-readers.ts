import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Which Python has the readers: `PYTHON`, or the one on the PATH. */
export const python = process.env.PYTHON ?? "python3";

export type SeenArray = {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly sha256: string;
  readonly dimensions?: readonly string[] | null;
  readonly fill?: string | null;
  readonly coordinate?: boolean;
  readonly units?: string | null;
};

/** By library, by name of the array. */
export type SeenStore = { readonly [library: string]: { readonly [name: string]: SeenArray } };

type Answer = {
  readonly readers: { readonly [library: string]: string };
  readonly stores: { readonly [path: string]: SeenStore };
};

/** Opens Zarr stores with every library that this Python has. Without a Python, nothing is seen. */
export function readZarrWithPython(paths: readonly string[]): Answer {
  try {
    return JSON.parse(
      execFileSync(python, [join(import.meta.dirname, "zarr_arrays.py"), ...paths], {
        encoding: "utf8",
        maxBuffer: 2 ** 28,
        stdio: ["ignore", "pipe", "inherit"],
      }),
    ) as Answer;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { readers: {}, stores: {} };
    throw error;
  }
}

export const { readers: zarrReaders } = readZarrWithPython([]);

/** Why a test that needs this library is skipped; false when it is not. */
export function withoutZarrReader(name: string): string | false {
  return name in zarrReaders ? false : `${python} has no ${name}; set PYTHON to one that has`;
}
