/** What fills one array, chunk by chunk in any order. */
import type { ChunkBox } from "./chunk-box.ts";

export interface ArrayWriter {
  /**
   * The box's source is borrowed until the promise settles; it is then copied, and stored later. Rejects when this box or
   * one before it could not be stored.
   */
  write(box: ChunkBox): Promise<void>;
  /** Resolves when everything so far is in the store, visible. Rejects when something is not. */
  flush(): Promise<void>;
}
