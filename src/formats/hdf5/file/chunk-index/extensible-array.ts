import { DaqError } from "../../../../model/errors.ts";
import { undefinedAddress } from "../byte-writer.ts";
import type { ChunkGrid } from "../chunk-grid.ts";
import { encodeExtensibleArrayLayout } from "../data-layout.ts";
import { damaged, type FileContext, type ReadAt } from "../file-context.ts";
import { AlternatingPlace } from "./alternating-place.ts";
import type { ChunkEntry, ChunkIndex, ChunkIndexState, LocatedIndex } from "./contract.ts";
import { ArrayBlocks, type IndexBlock } from "./extensible-array-blocks.ts";
import { ElementCodec } from "./extensible-array-element.ts";
import {
  elementPlace,
  elementsInIndexBlock,
  indexBlockSlot,
  maxElements,
  parameters,
  superBlockShape,
  superBlocksWithoutBlock,
} from "./extensible-array-shape.ts";

type DataBlock = {
  readonly superBlock: number;
  readonly dataBlock: number;
  readonly place: AlternatingPlace;
  readonly elements: Uint8Array;
  isDirty: boolean;
};

type SuperBlock = {
  readonly superBlock: number;
  readonly place: AlternatingPlace;
  /** Addresses of its data blocks. */
  readonly addresses: BigUint64Array;
  isDirty: boolean;
};

/** An element, and the blocks that lead to it; 0: none. */
type FoundElement = {
  readonly entry: ChunkEntry;
  readonly dataBlock: number;
  readonly superBlock: number;
  readonly endBytes: number;
};

/** The header and the index block are written as one; a disk writes a sector of this size as a whole. */
const rootSlotBytes = 512;

/**
 * The extensible array of HDF5 1.10: header → index block → (super block →) data block → element. Every structure has
 * a checksum, so one that was torn could not be read at all: data blocks and super blocks change places at each write,
 * and the header and the index block, which stay, lie in one sector.
 *
 * Memory: the data block and the super block at the end, and those since the last `write`.
 */
export class ExtensibleArrayIndex implements ChunkIndex {
  readonly #context: FileContext;
  readonly #where: string;
  readonly #grid: ChunkGrid;
  readonly #codec: ElementCodec;
  #blocks: ArrayBlocks;
  #root: IndexBlock;
  #chunks = 0;
  #last: ChunkEntry | undefined;
  /** In order; the last of each is the one that grows. */
  #dataBlocks: DataBlock[] = [];
  #superBlocks: SuperBlock[] = [];
  #isDirty = true;

  constructor(context: FileContext, where: string, grid: ChunkGrid, isFiltered: boolean) {
    this.#context = context;
    this.#where = where;
    this.#grid = grid;
    this.#codec = new ElementCodec(grid, isFiltered);
    this.#blocks = new ArrayBlocks(this.#codec, 0);
    this.#root = this.#blocks.emptyIndexBlock();
  }

  get chunks(): number {
    return this.#chunks;
  }

  layOut(): void {
    this.#blocks = new ArrayBlocks(this.#codec, this.#context.space.allocate(rootSlotBytes, rootSlotBytes));
  }

  layoutMessage(): Uint8Array {
    return encodeExtensibleArrayLayout(this.#grid, parameters, this.#blocks.address);
  }

  append(entry: ChunkEntry): void {
    if (this.#chunks >= maxElements)
      throw new DaqError(
        "format",
        `${this.#context.path}: ${this.#where} has ${maxElements} chunks, and cannot hold more.`,
        { hint: "Choose a larger chunk_size." },
      );
    this.#chunks++;
    this.#setLast(entry);
  }

  replaceLast(entry: ChunkEntry): void {
    this.#setLast(entry);
  }

  #setLast(entry: ChunkEntry): void {
    const index = this.#chunks - 1;
    this.#last = entry;
    this.#isDirty = true;
    if (index < elementsInIndexBlock) {
      this.#codec.put(this.#root.elements, index * this.#codec.elementBytes, entry);
      return;
    }
    const { superBlock, dataBlock, element } = elementPlace(index);
    let block = this.#dataBlocks.at(-1);
    if (block?.superBlock !== superBlock || block.dataBlock !== dataBlock) {
      const { elements } = superBlockShape(superBlock);
      block = this.#newDataBlock(superBlock, dataBlock, this.#codec.empty(elements));
      this.#dataBlocks.push(block);
      if (superBlock >= superBlocksWithoutBlock && this.#superBlocks.at(-1)?.superBlock !== superBlock)
        this.#superBlocks.push(this.#newSuperBlock(superBlock));
    }
    this.#codec.put(block.elements, element * this.#codec.elementBytes, entry);
    block.isDirty = true;
  }

  #newDataBlock(
    superBlock: number,
    dataBlock: number,
    elements: Uint8Array,
    known?: readonly number[],
  ): DataBlock {
    const place = new AlternatingPlace(this.#context.space, this.#blocks.dataBlockBytes(superBlock), known);
    return { superBlock, dataBlock, place, elements, isDirty: known === undefined };
  }

  #newSuperBlock(superBlock: number, addresses?: BigUint64Array, known?: readonly number[]): SuperBlock {
    const { dataBlocks } = superBlockShape(superBlock);
    return {
      superBlock,
      place: new AlternatingPlace(this.#context.space, this.#blocks.superBlockBytes(superBlock), known),
      addresses: addresses ?? new BigUint64Array(dataBlocks).fill(undefinedAddress),
      isDirty: known === undefined,
    };
  }

  async write(): Promise<void> {
    if (!this.#isDirty) return;
    const { writeAt } = this.#context;
    for (const { superBlock, dataBlock, place, elements, isDirty } of this.#dataBlocks) {
      if (!isDirty) continue;
      const address = place.next();
      await writeAt(address, [this.#blocks.encodeDataBlock(superBlock, dataBlock, elements)]);
      this.#pointAt(superBlock, dataBlock, address);
    }
    for (const { superBlock, place, addresses, isDirty } of this.#superBlocks) {
      if (!isDirty) continue;
      const address = place.next();
      await writeAt(address, [this.#blocks.encodeSuperBlock(superBlock, addresses)]);
      this.#root.superBlocks[superBlock - superBlocksWithoutBlock] = BigInt(address);
    }
  }

  #pointAt(superBlock: number, dataBlock: number, address: number): void {
    if (superBlock < superBlocksWithoutBlock) {
      this.#root.dataBlocks[indexBlockSlot(superBlock, dataBlock)] = BigInt(address);
      return;
    }
    const owner = this.#superBlocks.find((block) => block.superBlock === superBlock)!;
    if (owner.addresses[dataBlock] === BigInt(address)) return;
    owner.addresses[dataBlock] = BigInt(address);
    owner.isDirty = true;
  }

  async connect(): Promise<void> {
    if (!this.#isDirty) return;
    const root = [this.#blocks.encodeHeader(this.#chunks), this.#blocks.encodeIndexBlock(this.#root)];
    await this.#context.writeAt(this.#blocks.address, [Buffer.concat(root)]);
    for (const block of [...this.#dataBlocks, ...this.#superBlocks]) {
      if (block.isDirty) block.place.flip();
      block.isDirty = false;
    }
    this.#dataBlocks.splice(0, this.#dataBlocks.length - 1);
    this.#superBlocks.splice(0, this.#superBlocks.length - 1);
    this.#isDirty = false;
  }

  /** `places`: the last chunk (address, bytes, mask), then this and the other place of its data block and super block. */
  state(): ChunkIndexState {
    const { address, bytes, filterMask } = this.#last ?? { address: 0, bytes: 0, filterMask: 0 };
    const blocks = [this.#dataBlocks.at(-1), this.#superBlocks.at(-1)];
    const places = blocks.flatMap((block) => {
      const [known = 0, other = 0] = block?.place.places ?? [];
      return [known, other];
    });
    return { chunks: this.#chunks, places: [address, bytes, filterMask, ...places] };
  }

  async locate(_layout: Uint8Array, chunks: number, read: ReadAt): Promise<LocatedIndex> {
    if (chunks === 0) return { places: [], endBytes: 0 };
    this.#root = await this.#readRoot(read);
    const last = await this.#find(chunks - 1, read);
    // An open chunk may lie at a place that was used before: the one before it was written where the file ended.
    const before = chunks > 1 ? await this.#find(chunks - 2, read) : last;
    const { address, bytes, filterMask } = last.entry;
    return {
      places: [address, bytes, filterMask, last.dataBlock, 0, last.superBlock, 0],
      endBytes: Math.max(last.endBytes, before.endBytes),
      last: last.entry,
    };
  }

  async #find(index: number, read: ReadAt): Promise<FoundElement> {
    const { elementBytes } = this.#codec;
    if (index < elementsInIndexBlock) {
      const entry = this.#codec.get(this.#root.elements, index * elementBytes);
      return { entry, dataBlock: 0, superBlock: 0, endBytes: entry.address + entry.bytes };
    }
    const { superBlock, dataBlock, element } = elementPlace(index);
    const isInRoot = superBlock < superBlocksWithoutBlock;
    const superPlace = isInRoot ? 0 : Number(this.#root.superBlocks[superBlock - superBlocksWithoutBlock]);
    const dataPlace = Number(
      isInRoot
        ? this.#root.dataBlocks[indexBlockSlot(superBlock, dataBlock)]
        : (await this.#readSuperBlock(superBlock, superPlace, read))[dataBlock],
    );
    const elements = await this.#readDataBlock(superBlock, dataPlace, read);
    const entry = this.#codec.get(elements, element * elementBytes);
    const ends = [
      entry.address + entry.bytes,
      dataPlace + this.#blocks.dataBlockBytes(superBlock),
      isInRoot ? 0 : superPlace + this.#blocks.superBlockBytes(superBlock),
    ];
    return { entry, dataBlock: dataPlace, superBlock: superPlace, endBytes: Math.max(...ends) };
  }

  async restore(state: ChunkIndexState, read: ReadAt): Promise<void> {
    const [address = 0, bytes = 0, filterMask = 0, ...places] = state.places;
    this.#chunks = state.chunks;
    this.#root = await this.#readRoot(read);
    this.#dataBlocks = [];
    this.#superBlocks = [];
    // The index block may show chunks that came after this state.
    const elementsEnd = Math.min(state.chunks, elementsInIndexBlock) * this.#codec.elementBytes;
    this.#root.elements.set(this.#codec.empty(elementsInIndexBlock).subarray(elementsEnd), elementsEnd);
    if (state.chunks > elementsInIndexBlock) await this.#restoreBlocks(state.chunks - 1, places, read);
    else {
      this.#root.dataBlocks.fill(undefinedAddress);
      this.#root.superBlocks.fill(undefinedAddress);
    }
    if (state.chunks > 0) this.#restoreLast({ address, bytes, filterMask });
    this.#isDirty = true;
  }

  /** The place that the state names stays the known one, unless its last chunk was replaced there after all. */
  #restoreLast(entry: ChunkEntry): void {
    const block = this.#dataBlocks.at(-1);
    const before = block?.elements.slice();
    this.#setLast(entry);
    if (block !== undefined) block.isDirty = Buffer.compare(before!, block.elements) !== 0;
  }

  async #restoreBlocks(last: number, places: readonly number[], read: ReadAt): Promise<void> {
    const [dataPlace = 0, otherData = 0, superPlace = 0, otherSuper = 0] = places;
    const { superBlock, dataBlock, element } = elementPlace(last);
    const known = (first: number, second: number) => (second === 0 ? [first] : [first, second]);
    const isInRoot = superBlock < superBlocksWithoutBlock;
    const superSlot = superBlock - superBlocksWithoutBlock;
    if (isInRoot) this.#root.dataBlocks.fill(undefinedAddress, indexBlockSlot(superBlock, dataBlock) + 1);
    else {
      const addresses = await this.#readSuperBlock(superBlock, superPlace, read);
      addresses.fill(undefinedAddress, dataBlock + 1);
      this.#superBlocks.push(this.#newSuperBlock(superBlock, addresses, known(superPlace, otherSuper)));
      this.#root.superBlocks[superSlot] = BigInt(superPlace);
    }
    this.#root.superBlocks.fill(undefinedAddress, Math.max(0, superSlot + 1));
    const elements = await this.#readDataBlock(superBlock, dataPlace, read);
    const end = (element + 1) * this.#codec.elementBytes;
    const { elements: count } = superBlockShape(superBlock);
    elements.set(this.#codec.empty(count).subarray(end), end);
    this.#dataBlocks.push(this.#newDataBlock(superBlock, dataBlock, elements, known(dataPlace, otherData)));
    this.#pointAt(superBlock, dataBlock, dataPlace);
  }

  async #readRoot(read: ReadAt): Promise<IndexBlock> {
    const { address, rootBytes } = this.#blocks;
    return this.#found("index block", address, this.#blocks.decodeRoot(await read(address, rootBytes)));
  }

  async #readDataBlock(superBlock: number, address: number, read: ReadAt): Promise<Uint8Array> {
    const image = await read(address, this.#blocks.dataBlockBytes(superBlock));
    return this.#found("data block", address, this.#blocks.decodeDataBlock(superBlock, image));
  }

  async #readSuperBlock(superBlock: number, address: number, read: ReadAt): Promise<BigUint64Array> {
    const image = await read(address, this.#blocks.superBlockBytes(superBlock));
    return this.#found("super block", address, this.#blocks.decodeSuperBlock(superBlock, image));
  }

  #found<T>(what: string, address: number, block: T | undefined): T {
    if (block !== undefined) return block;
    throw damaged(this.#context, `the index of ${this.#where} has no whole ${what} at byte ${address}`);
  }

  /** Lets the index block lead to the places of the state. */
  async rewind(): Promise<void> {
    await this.write();
    await this.connect();
  }
}
