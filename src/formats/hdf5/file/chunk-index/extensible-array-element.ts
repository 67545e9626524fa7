import { type ChunkGrid, chunkBytes } from "../chunk-grid.ts";
import type { ChunkEntry } from "./contract.ts";

/** How a chunk stands in the array: its address; with filters also its length and the mask. */
export class ElementCodec {
  readonly elementBytes: number;
  /** 0: chunks without filters; 1: with. */
  readonly clientId: 0 | 1;
  readonly #lengthBytes: number;
  readonly #chunkBytes: number;

  constructor(grid: ChunkGrid, isFiltered: boolean) {
    this.#chunkBytes = chunkBytes(grid);
    this.clientId = isFiltered ? 1 : 0;
    // One byte more than the chunk's own length needs: filters may make it longer.
    this.#lengthBytes = Math.min(8, 1 + Math.floor((Math.floor(Math.log2(this.#chunkBytes)) + 8) / 8));
    this.elementBytes = isFiltered ? 8 + this.#lengthBytes + 4 : 8;
  }

  put(bytes: Uint8Array, at: number, entry: ChunkEntry | undefined): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, this.elementBytes);
    view.setBigUint64(0, entry === undefined ? 2n ** 64n - 1n : BigInt(entry.address), true);
    if (this.clientId === 0) return;
    let rest = BigInt(entry?.bytes ?? 0);
    for (let index = 0; index < this.#lengthBytes; index++) {
      view.setUint8(8 + index, Number(rest & 0xffn));
      rest >>= 8n;
    }
    view.setUint32(8 + this.#lengthBytes, entry?.filterMask ?? 0, true);
  }

  get(bytes: Uint8Array, at: number): ChunkEntry {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, this.elementBytes);
    const address = Number(view.getBigUint64(0, true));
    if (this.clientId === 0) return { address, bytes: this.#chunkBytes, filterMask: 0 };
    let length = 0;
    for (let index = this.#lengthBytes - 1; index >= 0; index--)
      length = length * 256 + view.getUint8(8 + index);
    return { address, bytes: length, filterMask: view.getUint32(8 + this.#lengthBytes, true) };
  }

  /** Elements that lead to no chunk. */
  empty(count: number): Uint8Array {
    const bytes = new Uint8Array(count * this.elementBytes);
    for (let index = 0; index < count; index++) this.put(bytes, index * this.elementBytes, undefined);
    return bytes;
  }
}
