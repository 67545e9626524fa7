/**
 * A page-aligned range of a pool's memory: `bytes` are whole pages, so at least as many as were asked for. Files can be
 * read into it and written from it, also past the page cache (O_DIRECT).
 */
export type Block = {
  /** Offset in the memory: what kernels take. */
  readonly address: number;
  readonly bytes: Uint8Array;
};
