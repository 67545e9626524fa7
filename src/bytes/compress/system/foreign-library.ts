import { createRequire } from "node:module";

/** A function of a C library that takes numbers: sizes, levels and addresses (below 2⁵³ on every 64-bit system). */
export type ForeignFunction = (...args: number[]) => number | bigint;

export type ForeignLibrary = {
  /** `signature` in C: "size_t compressBound(size_t)"; addresses are `uintptr_t`. */
  func(signature: string): ForeignFunction;
};

type Koffi = {
  load(name: string): ForeignLibrary;
  address(bytes: Uint8Array): bigint;
};

let koffi: Koffi | undefined;

/** Loaded when the first library is asked for: most processes never do. */
function loadKoffi(): Koffi {
  koffi ??= createRequire(import.meta.url)("koffi") as Koffi;
  return koffi;
}

/** The library is not there, or one that it needs is not. */
export class LibraryMissingError extends Error {
  override readonly name = "LibraryMissingError";
}

/** Throws `LibraryMissingError`. */
export function loadLibrary(soname: string): ForeignLibrary {
  const foreign = loadKoffi();
  try {
    return foreign.load(soname);
  } catch (cause) {
    throw new LibraryMissingError(`${soname} cannot be loaded`, { cause });
  }
}

const starts = new WeakMap<ArrayBufferLike, number>();

/** Where the memory of `bytes` starts. It must not move: a `Buffer`'s own memory, or a WebAssembly memory, does not. */
export function addressOf(bytes: Uint8Array): number {
  let start = starts.get(bytes.buffer);
  if (start === undefined) {
    start = Number(loadKoffi().address(new Uint8Array(bytes.buffer)));
    starts.set(bytes.buffer, start);
  }
  return start + bytes.byteOffset;
}

/** Results of type `size_t` above 2⁵³, as error codes are, come as `bigint`. */
export function sizeOf(result: number | bigint): number | undefined {
  return typeof result === "number" ? result : undefined;
}
