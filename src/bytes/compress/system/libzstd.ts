import { addressOf, loadLibrary, sizeOf } from "./foreign-library.ts";
import type { SystemEngine } from "./system-engine.ts";

/** ZSTD_error_dstSize_tooSmall, as `size_t`. */
const noRoom = 2n ** 64n - 70n;

/** zstd with contexts that are kept, in place. */
export function openLibzstd(): SystemEngine {
  const library = loadLibrary("libzstd.so.1");
  const version = Number(library.func("unsigned int ZSTD_versionNumber()")());
  const create = {
    encoder: library.func("uintptr_t ZSTD_createCCtx()"),
    decoder: library.func("uintptr_t ZSTD_createDCtx()"),
  };
  const release = {
    encoder: library.func("size_t ZSTD_freeCCtx(uintptr_t)"),
    decoder: library.func("size_t ZSTD_freeDCtx(uintptr_t)"),
  };
  const compress = library.func(
    "size_t ZSTD_compressCCtx(uintptr_t, uintptr_t, size_t, uintptr_t, size_t, int)",
  );
  const decompress = library.func(
    "size_t ZSTD_decompressDCtx(uintptr_t, uintptr_t, size_t, uintptr_t, size_t)",
  );
  const contexts: { encoder?: number; decoder?: number } = {};
  // A worker that is closed ends without the process.
  process.once("exit", () => {
    for (const kind of ["encoder", "decoder"] as const)
      if (contexts[kind] !== undefined) release[kind](contexts[kind]);
  });

  function context(kind: "encoder" | "decoder"): number {
    contexts[kind] ??= Number(create[kind]());
    if (contexts[kind] === 0) throw new Error("libzstd has no memory for its state");
    return contexts[kind];
  }

  return {
    version: `${Math.floor(version / 10_000)}.${Math.floor(version / 100) % 100}.${version % 100}`,

    compress(level, { bytes, source, length, target, capacity }) {
      const base = addressOf(bytes);
      const result = compress(context("encoder"), base + target, capacity, base + source, length, level);
      const encoded = sizeOf(result);
      if (encoded === undefined && result !== noRoom)
        throw new Error(`libzstd failed: error ${errorOf(result)}`);
      return encoded ?? 0;
    },

    decompress({ bytes, source, length, target, capacity }) {
      const base = addressOf(bytes);
      const result = decompress(context("decoder"), base + target, capacity, base + source, length);
      const decoded = sizeOf(result);
      if (decoded !== undefined) return decoded;
      throw new Error(
        result === noRoom ? `it holds more than ${capacity} bytes` : `libzstd's error ${errorOf(result)}`,
      );
    },
  };
}

/** Errors are negative numbers in an unsigned type. */
function errorOf(result: number | bigint): bigint {
  return 2n ** 64n - BigInt(result);
}
