import { open, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Dataset, File, Group } from "h5wasm/node";
import { DaqError, systemCode } from "../../model/errors.ts";

export type { Dataset, Group } from "h5wasm/node";

const signature = Buffer.from("\x89HDF\r\n\x1a\n", "latin1");

/** An HDF5 file open for reading with h5wasm, which is the HDF5 library itself compiled to WebAssembly. */
export type OpenHdf5 = {
  readonly path: string;
  readonly bytes: number;
  readonly root: Group;
  /** The object at a path from the root; undefined when there is none. Throws `DaqError("format")` for a damaged one. */
  dataset(path: string): Dataset | undefined;
  group(path: string): Group | undefined;
  /**
   * Bytes of rows of a one-dimensional dataset of texts of fixed length, as they are in the file. What the library makes of them
   * has no U+FEFF at the beginning any more, and other characters where bytes are no text.
   */
  textCells(dataset: Dataset, from: number, to: number): Uint8Array;
  close(): void;
};

let library: Promise<typeof import("h5wasm/node")> | undefined;

async function loadLibrary(): Promise<typeof import("h5wasm/node")> {
  library ??= (async () => {
    const h5wasm = await import("h5wasm/node");
    const module = await h5wasm.ready;
    // Otherwise the library prints its error stack to the terminal and returns numbers that mean nothing.
    module.activate_throwing_error_handler();
    await installPlugins(module);
    return h5wasm;
  })();
  return library;
}

/** The codecs that HDF5 itself has not, where the package `h5wasm-plugins` is installed. */
async function installPlugins(module: unknown): Promise<void> {
  const name = "h5wasm-plugins"; // Not a dependency: the timestamps and the account are readable without.
  try {
    const plugins = (await import(name)) as { install_local_plugins(module: unknown): void };
    plugins.install_local_plugins(module);
  } catch (cause) {
    if (systemCode(cause) !== "ERR_MODULE_NOT_FOUND") throw cause;
  }
}

/** Throws `DaqError("path")` when there is no such file, `DaqError("format")` when it is not HDF5 or is damaged. */
export async function openHdf5(path: string): Promise<OpenHdf5> {
  const bytes = await sizeOf(path);
  await checkSignature(path, bytes);
  const h5wasm = await loadLibrary();
  const module = await h5wasm.ready;
  let file: File;
  try {
    file = new h5wasm.File(resolve(path), "r");
  } catch (cause) {
    throw damaged(path, bytes, cause);
  }
  if (file.file_id < 0n) throw damaged(path, bytes, undefined);
  const find = (name: string) => {
    let cause: unknown;
    try {
      const found = file.get(name);
      if (found !== null) return found;
    } catch (error) {
      cause = error;
    }
    // The library says the same of what is not there and of what it cannot read.
    if (isLinked(file, name)) throw unreadable(path, name, cause);
    return undefined;
  };
  return {
    path,
    bytes,
    root: file,
    dataset: (name) => {
      const found = find(name);
      return found instanceof h5wasm.Dataset ? found : undefined;
    },
    group: (name) => {
      const found = find(name);
      return found instanceof h5wasm.Group ? found : undefined;
    },
    textCells: (dataset, from, to) => {
      const bytes = (to - from) * dataset.metadata.size;
      const place = module._malloc(bytes);
      if (place === 0) throw new RangeError(`The HDF5 library has no room for ${bytes} bytes.`);
      try {
        const [count, offset] = [[BigInt(to - from)], [BigInt(from)]];
        module.get_dataset_data(dataset.file_id, dataset.path, count, offset, [1n], BigInt(place));
        return module.HEAPU8.slice(place, place + bytes);
      } finally {
        module._free(place);
      }
    },
    close: () => {
      file.close();
    },
  };
}

async function sizeOf(path: string): Promise<number> {
  try {
    const { size } = await stat(path);
    return size;
  } catch (cause) {
    throw new DaqError(
      "path",
      systemCode(cause) === "ENOENT" ? `${path}: no such file.` : `${path} cannot be read: ${cause}`,
      { hint: "Check the path.", cause },
    );
  }
}

/** Behind a user block of another program the signature is at byte 512, or at a power of two beyond. */
async function checkSignature(path: string, bytes: number): Promise<void> {
  const handle = await open(path, "r");
  try {
    for (let at = 0; at + signature.byteLength <= bytes; at = at === 0 ? 512 : 2 * at) {
      const { buffer } = await handle.read(Buffer.alloc(8), 0, 8, at);
      if (buffer.equals(signature)) return;
    }
  } finally {
    await handle.close();
  }
  throw new DaqError("format", `${path} (${bytes} bytes) is not an HDF5 file: it does not begin as one.`, {
    hint: "Check that this is the file you mean.",
  });
}

/** Whether the groups on the way know the name; true also where one of them cannot be read. */
function isLinked(root: Group, path: string): boolean {
  let group = root;
  for (const part of path.split("/").filter((name) => name !== "")) {
    try {
      if (!group.keys().includes(part)) return false;
      const next = group.get(part);
      if (next === null || !("keys" in next)) return true;
      group = next;
    } catch {
      return true;
    }
  }
  return true;
}

function unreadable(path: string, name: string, cause: unknown): DaqError {
  return new DaqError(
    "format",
    `${path}: ${name} cannot be read: its header, or that of a group above it, is damaged.`,
    {
      hint: "Restore the file from a copy. What is not damaged can still be read with h5py or h5dump.",
      cause,
    },
  );
}

function damaged(path: string, bytes: number, cause: unknown): DaqError {
  const reason = cause instanceof Error ? firstCause(cause.message) : undefined;
  return new DaqError(
    "format",
    `${path} (${bytes} bytes) cannot be opened as HDF5${reason === undefined ? "" : `: ${reason}`}.`,
    {
      hint: "If something cut the file, restore it from a copy; `daq recover` mends what a crash left.",
      cause,
    },
  );
}

/** The innermost line of the library's error stack says what was wrong. */
function firstCause(message: string): string {
  const lines = message.split("\n").filter((line) => line.includes("#"));
  return (lines.at(-1) ?? message.split("\n")[0]!).replace(/^.*\(\): /, "").trim();
}

/** The text of a scalar string dataset; undefined when there is none. */
export function textOf(file: OpenHdf5, path: string): string | undefined {
  const value = file.dataset(path)?.value;
  return typeof value === "string" ? value : undefined;
}
