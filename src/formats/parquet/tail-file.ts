import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { ByteSink, OpenSink } from "../../bytes/byte-sink.ts";
import { syncFolder } from "../../bytes/sync-folder.ts";
import { systemCode } from "../../model/errors.ts";

export type TailSlot = 0 | 1;

/** How far a tail is written at a checkpoint. */
export type TailExtent = { readonly slot: TailSlot; readonly bytes: number };

/** The files beside `path` in which the records of the row group that is not written yet wait. */
export function tailPath(path: string, slot: TailSlot): string {
  return `${path}.tail${slot}`;
}

export const tailSlots: readonly TailSlot[] = [0, 1];

/**
 * The two tails of one file. Each row group takes the one that the row group before it did not have: the last checkpoint
 * that was written down may still need that.
 */
export class TailFile {
  readonly #path: string;
  readonly #openSink: OpenSink;
  readonly #durable: boolean;
  #slot: TailSlot | undefined;
  #sink: ByteSink | undefined;

  constructor(path: string, openSink: OpenSink, durable: boolean) {
    this.#path = path;
    this.#openSink = openSink;
    this.#durable = durable;
  }

  /** Goes on in a tail as it was at a checkpoint, and removes what came after that. */
  async resume(extent: TailExtent | undefined): Promise<void> {
    for (const slot of tailSlots) if (slot !== extent?.slot) await removeTail(this.#path, slot);
    if (extent === undefined) return;
    this.#sink = await this.#openSink(tailPath(this.#path, extent.slot), { resumeAtBytes: extent.bytes });
    this.#slot = extent.slot;
  }

  /** An empty tail for another row group. */
  async begin(): Promise<void> {
    const slot: TailSlot = this.#slot === 0 ? 1 : 0;
    await this.#sink?.close();
    this.#sink = undefined;
    await removeTail(this.#path, slot);
    this.#sink = await this.#openSink(tailPath(this.#path, slot));
    this.#slot = slot;
    if (this.#durable) await syncFolder(dirname(this.#path));
  }

  async write(pieces: readonly Uint8Array[]): Promise<void> {
    await this.#sink!.writeAll(pieces);
  }

  get extent(): TailExtent {
    return { slot: this.#slot!, bytes: this.#sink!.positionBytes };
  }

  async flush(): Promise<void> {
    await this.#sink?.flush();
  }

  async close(): Promise<void> {
    await this.#sink?.close();
    this.#sink = undefined;
  }

  /** When everything is in the file itself. */
  async remove(): Promise<void> {
    await this.close();
    for (const slot of tailSlots) await removeTail(this.#path, slot);
  }
}

async function removeTail(path: string, slot: TailSlot): Promise<void> {
  await rm(tailPath(path, slot), { force: true }).catch((error: unknown) => {
    if (systemCode(error) !== "ENOENT") throw error;
  });
}
