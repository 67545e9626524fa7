import { ByteWriter, undefinedAddress } from "../byte-writer.ts";
import { hasValidChecksum, withChecksum } from "../lookup3.ts";
import type { ElementCodec } from "./extensible-array-element.ts";
import {
  dataBlocksOfIndexBlock,
  elementsInIndexBlock,
  pageElements,
  parameters,
  superBlockShape,
  superBlocksOfIndexBlock,
  superBlocksWithoutBlock,
} from "./extensible-array-shape.ts";

/** The header, in front of the index block. */
const headerBytes = 72;
const checksumBytes = 4;
/** Signature, version, kind, address of the header. */
const startBytes = 14;
/** The same with the number of the block's first element. */
const blockStartBytes = 18;

/** What the index block holds: the first elements, and where the blocks lie. */
export type IndexBlock = {
  readonly elements: Uint8Array;
  readonly dataBlocks: BigUint64Array;
  readonly superBlocks: BigUint64Array;
};

/** The blocks of one extensible array, as they lie in the file. */
export class ArrayBlocks {
  /** The header's place; the index block follows it. */
  readonly address: number;
  readonly #codec: ElementCodec;

  constructor(codec: ElementCodec, address: number) {
    this.#codec = codec;
    this.address = address;
  }

  emptyIndexBlock(): IndexBlock {
    return {
      elements: this.#codec.empty(elementsInIndexBlock),
      dataBlocks: new BigUint64Array(dataBlocksOfIndexBlock).fill(undefinedAddress),
      superBlocks: new BigUint64Array(superBlocksOfIndexBlock).fill(undefinedAddress),
    };
  }

  /** Header and index block. */
  get rootBytes(): number {
    const addresses = dataBlocksOfIndexBlock + superBlocksOfIndexBlock;
    return (
      headerBytes +
      startBytes +
      elementsInIndexBlock * this.#codec.elementBytes +
      addresses * 8 +
      checksumBytes
    );
  }

  dataBlockBytes(superBlock: number): number {
    const { elements } = superBlockShape(superBlock);
    const pages = elements > pageElements ? elements / pageElements : 0;
    return blockStartBytes + elements * this.#codec.elementBytes + checksumBytes * (1 + pages);
  }

  superBlockBytes(superBlock: number): number {
    const { dataBlocks } = superBlockShape(superBlock);
    return blockStartBytes + pageBitmap(superBlock, []).byteLength + dataBlocks * 8 + checksumBytes;
  }

  /** What every block begins with. */
  #start(signature: string): ByteWriter {
    return new ByteWriter().text(signature).uint8(0).uint8(this.#codec.clientId).uint64(this.address);
  }

  /** `EAHD`: the parameters, six counts, and the address of the index block. */
  encodeHeader(chunks: number): Uint8Array {
    const writer = new ByteWriter()
      .text("EAHD")
      .uint8(0)
      .uint8(this.#codec.clientId)
      .uint8(this.#codec.elementBytes)
      .uint8(parameters.maxIndexBits)
      .uint8(parameters.indexBlockElements)
      .uint8(parameters.minDataBlockElements)
      .uint8(parameters.minDataBlockPointers)
      .uint8(parameters.pageBits);
    for (const count of this.#statistics(chunks)) writer.uint64(count);
    return withChecksum(writer.uint64(this.address + headerBytes).finish());
  }

  /** Super blocks and their bytes, data blocks and theirs, elements set, elements that there is room for. */
  #statistics(chunks: number): number[] {
    let [superBlocks, superBytes, dataBlocks, dataBytes, room] = [0, 0, 0, 0, elementsInIndexBlock];
    for (let index = 0; room < chunks; index++) {
      const shape = superBlockShape(index);
      if (index >= superBlocksWithoutBlock) {
        superBlocks++;
        superBytes += this.superBlockBytes(index);
      }
      const blocks = Math.min(shape.dataBlocks, Math.ceil((chunks - room) / shape.elements));
      dataBlocks += blocks;
      dataBytes += blocks * this.dataBlockBytes(index);
      room += blocks * shape.elements;
    }
    return [superBlocks, superBytes, dataBlocks, dataBytes, chunks, room];
  }

  /** `EAIB`: elements, addresses of data blocks, addresses of super blocks. */
  encodeIndexBlock({ elements, dataBlocks, superBlocks }: IndexBlock): Uint8Array {
    return withChecksum(
      this.#start("EAIB")
        .bytes(elements)
        .bytes(addressBytes(dataBlocks))
        .bytes(addressBytes(superBlocks))
        .finish(),
    );
  }

  /** From header and index block; undefined when they are not those of this array, or damaged. */
  decodeRoot(root: Uint8Array): IndexBlock | undefined {
    const indexBlock = root.subarray(headerBytes);
    const isWhole = hasValidChecksum(root.subarray(0, headerBytes)) && hasValidChecksum(indexBlock);
    if (!isWhole || !startsWith(root, "EAHD") || !startsWith(indexBlock, "EAIB")) return undefined;
    const block = this.emptyIndexBlock();
    const elementsEnd = startBytes + block.elements.byteLength;
    const dataBlocksEnd = elementsEnd + block.dataBlocks.byteLength;
    block.elements.set(indexBlock.subarray(startBytes, elementsEnd));
    block.dataBlocks.set(addressesOf(indexBlock.subarray(elementsEnd, dataBlocksEnd)));
    block.superBlocks.set(addressesOf(indexBlock.subarray(dataBlocksEnd, -checksumBytes)));
    return block;
  }

  /** `EADB`: elements; in pages with a checksum each where there are many. */
  encodeDataBlock(superBlock: number, dataBlock: number, elements: Uint8Array): Uint8Array {
    const shape = superBlockShape(superBlock);
    const start = this.#start("EADB").uint32(shape.firstElement + dataBlock * shape.elements);
    if (shape.elements <= pageElements) return withChecksum(start.bytes(elements).finish());
    const writer = new ByteWriter().bytes(withChecksum(start.finish()));
    for (let at = 0; at < elements.byteLength; at += this.#pageBytes)
      writer.bytes(withChecksum(elements.subarray(at, at + this.#pageBytes)));
    return writer.finish();
  }

  get #pageBytes(): number {
    return pageElements * this.#codec.elementBytes;
  }

  /** The elements; undefined when the block is another one or damaged. */
  decodeDataBlock(superBlock: number, image: Uint8Array): Uint8Array | undefined {
    if (!startsWith(image, "EADB")) return undefined;
    const { elements: count } = superBlockShape(superBlock);
    if (count <= pageElements)
      return hasValidChecksum(image) ? image.slice(blockStartBytes, -checksumBytes) : undefined;
    const elements = new Uint8Array(count * this.#codec.elementBytes);
    const firstPage = blockStartBytes + checksumBytes;
    let isWhole = hasValidChecksum(image.subarray(0, firstPage));
    for (let at = firstPage, to = 0; at < image.byteLength; to += this.#pageBytes) {
      const page = image.subarray(at, at + this.#pageBytes + checksumBytes);
      isWhole &&= hasValidChecksum(page);
      elements.set(page.subarray(0, this.#pageBytes), to);
      at += page.byteLength;
    }
    return isWhole ? elements : undefined;
  }

  /** `EASB`: which pages hold elements, addresses of data blocks. */
  encodeSuperBlock(superBlock: number, addresses: BigUint64Array): Uint8Array {
    return withChecksum(
      this.#start("EASB")
        .uint32(superBlockShape(superBlock).firstElement)
        .bytes(pageBitmap(superBlock, addresses))
        .bytes(addressBytes(addresses))
        .finish(),
    );
  }

  /** The addresses of its data blocks; undefined when the block is another one or damaged. */
  decodeSuperBlock(superBlock: number, image: Uint8Array): BigUint64Array | undefined {
    if (!startsWith(image, "EASB") || !hasValidChecksum(image)) return undefined;
    const bytes = superBlockShape(superBlock).dataBlocks * 8;
    return addressesOf(image.subarray(image.byteLength - checksumBytes - bytes, -checksumBytes));
  }
}

/** Which pages of the data blocks hold elements: all of a block that has an address. Most significant bit first. */
function pageBitmap(superBlock: number, addresses: ArrayLike<bigint>): Uint8Array {
  const { dataBlocks, elements } = superBlockShape(superBlock);
  if (elements <= pageElements) return new Uint8Array(0);
  const pages = elements / pageElements;
  const bitmap = new Uint8Array(dataBlocks * Math.ceil(pages / 8));
  for (let block = 0; block < addresses.length; block++) {
    if (addresses[block] === undefinedAddress) continue;
    for (let bit = block * pages; bit < (block + 1) * pages; bit++) bitmap[bit >> 3]! |= 0x80 >> (bit & 7);
  }
  return bitmap;
}

function addressBytes(addresses: BigUint64Array): Uint8Array {
  return new Uint8Array(addresses.buffer, addresses.byteOffset, addresses.byteLength);
}

function addressesOf(bytes: Uint8Array): BigUint64Array {
  const copy = bytes.slice();
  return new BigUint64Array(copy.buffer, copy.byteOffset, copy.byteLength / 8);
}

function startsWith(bytes: Uint8Array, signature: string): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, 4).toString("latin1") === signature;
}
