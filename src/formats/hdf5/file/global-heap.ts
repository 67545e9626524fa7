import { ByteWriter } from "./byte-writer.ts";
import type { FileSpace } from "./file-space.ts";

/** Where an element of variable length lies. Also an empty one has a place, as the library gives it one. */
export type HeapReference = { readonly address: number; readonly index: number };

type Collection = {
  readonly address: number;
  readonly bytes: number;
  readonly objects: Uint8Array[];
  usedBytes: number;
};

/** The library refuses smaller ones. */
const minCollectionBytes = 4096;
const headerBytes = 16;

/**
 * The file's global heap: collections of the elements that have no fixed length. A collection is written once, before
 * the header that refers to it, and never changed: its bytes have no checksum that would show a torn one.
 */
export class GlobalHeap {
  readonly #space: FileSpace;
  #unwritten: Collection[] = [];

  constructor(space: FileSpace) {
    this.#space = space;
  }

  add(bytes: Uint8Array): HeapReference {
    const needed = headerBytes + paddedBytes(bytes);
    let collection = this.#unwritten.at(-1);
    if (collection === undefined || collection.usedBytes + needed > collection.bytes) {
      const size = Math.max(minCollectionBytes, headerBytes + needed);
      const address = this.#space.allocate(size, 8);
      collection = { address, bytes: size, objects: [], usedBytes: headerBytes };
      this.#unwritten.push(collection);
    }
    collection.objects.push(bytes);
    collection.usedBytes += needed;
    return { address: collection.address, index: collection.objects.length };
  }

  /** Hands over the collections that the file does not have yet; what is added later goes into others. */
  async write(writeAt: (address: number, pieces: readonly Uint8Array[]) => Promise<void>): Promise<void> {
    for (let first = this.#unwritten[0]; first !== undefined; first = this.#unwritten[0]) {
      await writeAt(first.address, [encodeCollection(first)]);
      this.#unwritten.shift();
    }
  }

  /** The collections are in the file already. */
  forget(): void {
    this.#unwritten = [];
  }
}

function paddedBytes(bytes: Uint8Array): number {
  return Math.ceil(bytes.byteLength / 8) * 8;
}

/** "GCOL", version 1, size; objects (index, references, size, padded bytes); what is free is object 0. */
function encodeCollection(collection: Collection): Uint8Array {
  const writer = new ByteWriter().text("GCOL").uint32(1).uint64(collection.bytes);
  for (const [index, object] of collection.objects.entries())
    writer
      .uint16(index + 1)
      .uint16(1)
      .uint32(0)
      .uint64(object.byteLength)
      .bytes(object)
      .zeros(paddedBytes(object) - object.byteLength);
  const free = collection.bytes - writer.length;
  // Less room than an object's header takes is free without saying so.
  if (free >= headerBytes)
    writer
      .uint64(0)
      .uint64(free)
      .zeros(free - headerBytes);
  else writer.zeros(free);
  return writer.finish();
}
