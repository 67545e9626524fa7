import { undefinedAddress } from "../byte-writer.ts";
import type { ChunkGrid } from "../chunk-grid.ts";
import { encodeBTreeLayout } from "../data-layout.ts";
import { damaged, type FileContext, type ReadAt } from "../file-context.ts";
import { RetiredPlaces } from "../retired-places.ts";
import { BTreeNode, type NodeShape, nodeEntries, nodeShape } from "./btree-node.ts";
import type { ChunkEntry } from "./contract.ts";

/** A child of a node: another node, or, of a leaf, a chunk. */
type Child = ChunkEntry & {
  /** The first chunk that lies in it. */
  readonly firstChunk: number;
};

type SparseNode = {
  readonly level: number;
  /** Nodes of this level before it, in a tree without gaps. */
  readonly number: number;
  /** By their place in a node without gaps. */
  readonly children: Map<number, Child>;
  address: number | undefined;
  isDirty: boolean;
};

/**
 * A version 1 B-tree for chunks that come in any order. Which node a chunk belongs to is fixed by its number, as in a
 * tree that has all chunks; children that no chunk came for are left out. What changed is written at other places, up
 * to the root, and the dataset's header leads to the new root: a checkpoint writes as many nodes as chunks came, times
 * the levels, at most.
 *
 * Memory: about 100 bytes for each chunk.
 */
export class SparseBTree {
  readonly #context: FileContext;
  readonly #where: string;
  readonly #grid: ChunkGrid;
  readonly #shape: NodeShape;
  readonly #retired: RetiredPlaces;
  /** By number; leaves first, the root alone in the last. */
  readonly #levels: Map<number, SparseNode>[];
  #root: number | undefined;

  constructor(context: FileContext, where: string, grid: ChunkGrid, chunks: number) {
    this.#context = context;
    this.#where = where;
    this.#grid = grid;
    this.#shape = nodeShape(grid);
    this.#retired = new RetiredPlaces(context);
    this.#levels = [new Map()];
    for (let nodes = Math.ceil(chunks / nodeEntries); nodes > 1; nodes = Math.ceil(nodes / nodeEntries))
      this.#levels.push(new Map());
  }

  layoutMessage(): Uint8Array {
    return encodeBTreeLayout(this.#grid, this.#root);
  }

  set(chunk: number, entry: ChunkEntry): void {
    this.#setChild(0, chunk, { ...entry, firstChunk: chunk });
  }

  #setChild(level: number, child: number, value: Child): void {
    const nodes = this.#levels[level]!;
    const number = Math.floor(child / nodeEntries);
    let node = nodes.get(number);
    if (node === undefined) {
      node = { level, number, children: new Map(), address: undefined, isDirty: true };
      nodes.set(number, node);
    }
    node.children.set(child % nodeEntries, value);
    node.isDirty = true;
  }

  async write(): Promise<void> {
    for (const [level, nodes] of this.#levels.entries())
      for (const node of nodes.values()) {
        if (!node.isDirty) continue;
        const { image, first } = this.#encode(node);
        const address = this.#retired.take() ?? this.#context.space.allocate(this.#shape.nodeBytes, 8);
        await this.#context.writeAt(address, [image]);
        if (node.address !== undefined) this.#retired.retire(node.address);
        node.address = address;
        node.isDirty = false;
        if (level + 1 < this.#levels.length) this.#setChild(level + 1, node.number, { ...first, address });
        else this.#root = address;
      }
  }

  #encode({ level, number, children }: SparseNode): { image: Uint8Array; first: Child } {
    const node = BTreeNode.empty(this.#shape, level);
    const sorted = [...children].sort(([a], [b]) => a - b);
    for (const [index, [, child]] of sorted.entries()) {
      node.setChunkKey(index, child.firstChunk, child.bytes, child.filterMask);
      node.setChild(index, child.address);
    }
    const covered = nodeEntries ** level;
    const [lastChild] = sorted.at(-1)!;
    node.setChunkKey(sorted.length, (number * nodeEntries + lastChild + 1) * covered, 0, 0);
    node.entries = sorted.length;
    return { image: node.image, first: sorted[0]![1] };
  }

  /** Lets each node know its neighbours, which readers do not need, but programs that add chunks later. */
  async linkNeighbours(): Promise<void> {
    for (const nodes of this.#levels) {
      const sorted = [...nodes.values()].sort((a, b) => a.number - b.number);
      for (const [index, { address }] of sorted.entries()) {
        const links = new BigUint64Array([sorted[index - 1], sorted[index + 1]].map(addressOf));
        await this.#context.writeAt(address! + 8, [new Uint8Array(links.buffer)]);
      }
    }
  }

  /** Where the root lies; undefined when there are no chunks. */
  get root(): number | undefined {
    return this.#root;
  }

  /** The root that a data layout message in the file leads to. */
  rootOf(layout: Uint8Array): number | undefined {
    const root = new DataView(layout.buffer, layout.byteOffset).getBigUint64(3, true);
    return root === undefinedAddress ? undefined : Number(root);
  }

  /** Reads the whole tree back; no part of it, and no chunk, lies at or behind the number that it returns. */
  async restore(root: number | undefined, read: ReadAt): Promise<number> {
    for (const nodes of this.#levels) nodes.clear();
    this.#root = root;
    if (root === undefined) return 0;
    return this.#restoreNode(this.#levels.length - 1, 0, root, read);
  }

  async #restoreNode(level: number, number: number, address: number, read: ReadAt): Promise<number> {
    const node = new BTreeNode(this.#shape, await read(address, this.#shape.nodeBytes));
    if (!node.isNode(level) || node.entries > nodeEntries)
      throw damaged(
        this.#context,
        `the index of ${this.#where} has no node of level ${level} at byte ${address}`,
      );
    const children = new Map<number, Child>();
    const covered = nodeEntries ** level;
    let endBytes = address + this.#shape.nodeBytes;
    for (let index = 0; index < node.entries; index++) {
      const firstChunk = this.#chunkOf(node.keyOffsets(index));
      const child = Math.floor(firstChunk / covered);
      const entry = node.entry(index);
      if (Math.floor(child / nodeEntries) !== number)
        throw damaged(
          this.#context,
          `the index of ${this.#where} has a chunk at the wrong place, byte ${address}`,
        );
      children.set(child % nodeEntries, { ...entry, firstChunk });
      const end =
        level === 0
          ? entry.address + entry.bytes
          : await this.#restoreNode(level - 1, child, entry.address, read);
      endBytes = Math.max(endBytes, end);
    }
    this.#levels[level]!.set(number, { level, number, children, address, isDirty: false });
    return endBytes;
  }

  #chunkOf(offsets: readonly bigint[]): number {
    const { chunkDims, chunksAcross } = this.#grid;
    return offsets.reduce((chunk, offset, dim) => {
      const across = dim === 0 ? 1 : chunksAcross[dim - 1]!;
      return chunk * across + Number(offset) / chunkDims[dim]!;
    }, 0);
  }
}

function addressOf(node: SparseNode | undefined): bigint {
  return node?.address === undefined ? undefinedAddress : BigInt(node.address);
}
