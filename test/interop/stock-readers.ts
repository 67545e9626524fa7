import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { ColumnDigest } from "./recorded-columns.ts";

/** Which Python has the stock readers: `PYTHON`, or the one on the PATH. */
const python = process.env.PYTHON ?? "python3";

/** What one stock reader sees in one file. */
export type Table = {
  readonly error?: string;
  readonly columns: {
    readonly [name: string]: ColumnDigest & {
      /** The reader's own guess, where the format does not say. */
      readonly inferred: string;
      readonly shape?: readonly number[];
    };
  };
  readonly units?: { readonly [name: string]: string | null };
  readonly times?: readonly [string, string];
  readonly "time type"?: string;
};

type Answer = {
  readonly readers: { readonly [library: string]: string };
  /** By path and view; the views are described in the script. */
  readonly files: { readonly [path: string]: { readonly [view: string]: Table } };
};

/** Opens files with every stock reader that this Python has. Without a Python, nothing is seen. */
export function readWithStockReaders(paths: readonly string[]): Answer {
  try {
    return JSON.parse(
      execFileSync(python, [join(import.meta.dirname, "read_columns.py"), ...paths], {
        encoding: "utf8",
        maxBuffer: 2 ** 28,
        stdio: ["ignore", "pipe", "inherit"],
      }),
    ) as Answer;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { readers: {}, files: {} };
    throw error;
  }
}

const { readers } = readWithStockReaders([]);

/** Why a test that needs this library is skipped; false when it is not. */
export function withoutLibrary(library: string): string | false {
  return library in readers ? false : `${python} has no ${library}; set PYTHON to one that has`;
}
