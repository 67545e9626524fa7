import type { ByteSink } from "../../../bytes/byte-sink.ts";
import { encodeSuperblock } from "./superblock.ts";

export type FileExtentOptions = {
  readonly version: 2 | 3;
  readonly headroomBytes: number;
  readonly rootAddress: () => number;
};

/**
 * The length that the superblock tells readers. It is ahead of the data, so that a reader that opened the file a moment
 * ago finds no address behind it, and never ahead of the file's real length, which readers compare it with: the file
 * grows (sparsely) at one checkpoint, and the superblock says so at the next.
 */
export class FileExtent {
  readonly #sink: ByteSink;
  readonly #options: FileExtentOptions;
  #publishedBytes = 0;
  #fileBytes = 0;
  #endBytes = 0;
  #nextBytes = 0;

  constructor(sink: ByteSink, options: FileExtentOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  /** What a file that exists says, and how long it is: shorter, where the sink has cut it. */
  restore(publishedBytes: number, fileBytes: number): void {
    this.#publishedBytes = publishedBytes;
    this.#fileBytes = fileBytes;
  }

  /** Makes the file long enough for data that ends at `endBytes`, and for some time after. */
  async reserve(endBytes: number): Promise<void> {
    // Four times what came since the last checkpoint: the next one then does not exceed it at once.
    const headroom = Math.max(this.#options.headroomBytes, 4 * (endBytes - this.#endBytes));
    if (this.#fileBytes < this.#publishedBytes) await this.#grow(this.#publishedBytes);
    this.#nextBytes = this.#fileBytes;
    if (endBytes > this.#fileBytes) {
      await this.#grow(endBytes + headroom);
      this.#nextBytes = this.#fileBytes;
    } else if (this.#fileBytes - endBytes < headroom / 2) await this.#grow(endBytes + headroom);
    this.#endBytes = endBytes;
  }

  /**
   * Lets the superblock tell the length that the file has had for a while; before anything leads to the data. True when
   * it was written.
   */
  async cover(): Promise<boolean> {
    if (this.#nextBytes <= this.#publishedBytes) return false;
    await this.publish(this.#nextBytes);
    return true;
  }

  async #grow(bytes: number): Promise<void> {
    await this.#sink.truncate(bytes);
    this.#fileBytes = bytes;
  }

  async publish(bytes: number): Promise<void> {
    const { version, rootAddress } = this.#options;
    const superblock = encodeSuperblock({ version, endOfFileBytes: bytes, rootAddress: rootAddress() });
    await this.#sink.writeAt!(0, [superblock]);
    this.#publishedBytes = bytes;
  }

  /** Ends the file at `endBytes`: the superblock says so first, so that the file is whole in between. */
  async end(endBytes: number, flush: () => Promise<void>): Promise<void> {
    await this.publish(endBytes);
    await flush();
    await this.#sink.truncate(endBytes);
    await flush();
    this.#fileBytes = endBytes;
    this.#endBytes = endBytes;
  }
}
