import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Kernels } from "./kernels.ts";
import { reservedBytes } from "./kernels.ts";

const pageBytes = 65_536;

/** Memory for the kernels of one process and its workers; grows to `maximumBytes` (at most 4 GiB), never moves. */
export function createKernelMemory(initialBytes = reservedBytes): WebAssembly.Memory {
  const initial = Math.ceil(Math.max(initialBytes, reservedBytes) / pageBytes);
  return new WebAssembly.Memory({ initial, maximum: 65_536, shared: true });
}

/** Compiles the module; it may be posted to workers. Throws when the package was not built. */
export function compileKernels(): WebAssembly.Module {
  const path = fileURLToPath(new URL("./kernels.wasm", import.meta.url));
  try {
    return new WebAssembly.Module(readFileSync(path));
  } catch (cause) {
    throw new Error(
      `${path} cannot be loaded. It is built by \`npm ci\`; build it alone with \`npm run build:kernels\`.`,
      { cause },
    );
  }
}

/** An instance for the calling thread over `memory`. */
export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  return instance.exports as unknown as Kernels;
}
