import { undefinedAddress } from "../byte-writer.ts";
import type { ChunkGrid } from "../chunk-grid.ts";
import { chunkOffsets } from "../chunk-grid.ts";
import { encodeBTreeLayout } from "../data-layout.ts";
import { damaged, type FileContext, type ReadAt } from "../file-context.ts";
import { RetiredPlaces } from "../retired-places.ts";
import { BTreeNode, type NodeShape, nodeEntries, nodeShape } from "./btree-node.ts";
import type { ChunkEntry, ChunkIndex, ChunkIndexState, LocatedIndex } from "./contract.ts";

/** A node of the right edge, or one that is full and waits to be written. */
type EdgeNode = {
  readonly node: BTreeNode;
  address: number;
  /** Entries that the file has. */
  writtenEntries: number;
  /** Entries that it counts in the file. */
  countedEntries: number;
  /** The file has nothing of it at its address yet. */
  isFresh: boolean;
  /** Its last entry changes although readers know it: it is to be written as a copy, at another place. */
  mustMove: boolean;
  isRightWritten: boolean;
};

/**
 * A version 1 B-tree that only grows at its right edge; full nodes are never touched again. Nothing in it has a
 * checksum, so the order of the bytes is what keeps it whole:
 *
 * - entries and new nodes are written (and flushed, if a checkpoint has to survive the death of the machine) before the
 *   counts that include them, and the counts before the header that shows the chunks;
 * - an entry that readers know is never changed: the nodes from the leaf to the root are copied to other places, and
 *   the header leads to the copies.
 *
 * Memory: one node a level, and the nodes since the last `write`.
 */
export class BTreeIndex implements ChunkIndex {
  readonly #context: FileContext;
  readonly #where: string;
  readonly #grid: ChunkGrid;
  readonly #shape: NodeShape;
  readonly #retired: RetiredPlaces;
  /** The right edge; leaf first, root last. */
  #edge: EdgeNode[] = [];
  /** Full nodes in the order in which they may be written. */
  #full: EdgeNode[] = [];
  /** Full nodes that are written, but do not count all of their entries yet. */
  #written: EdgeNode[] = [];
  /** Right siblings that took another place: to be written into the nodes on their left. */
  #leftNeighbours: { readonly left: number; readonly right: number }[] = [];
  #chunks = 0;

  constructor(context: FileContext, where: string, grid: ChunkGrid) {
    this.#context = context;
    this.#where = where;
    this.#grid = grid;
    this.#shape = nodeShape(grid);
    this.#retired = new RetiredPlaces(context);
  }

  get chunks(): number {
    return this.#chunks;
  }

  layOut(): void {}

  layoutMessage(): Uint8Array {
    return encodeBTreeLayout(this.#grid, this.#edge.at(-1)?.address);
  }

  append(entry: ChunkEntry): void {
    const leaf = this.#edge[0];
    if (leaf === undefined) this.#edge.push(this.#newNode(0, undefined));
    else if (leaf.node.entries === nodeEntries) this.#startNode(0, entry);
    this.#put(this.#edge[0]!, entry.address, entry);
    this.#chunks++;
  }

  replaceLast(entry: ChunkEntry): void {
    const { node } = this.#edge[0]!;
    const last = node.entries - 1;
    node.setChunkKey(last, this.#chunks - 1, entry.bytes, entry.filterMask);
    node.setChild(last, entry.address);
    for (const edge of this.#edge) edge.mustMove ||= !edge.isFresh;
  }

  #newNode(level: number, left: number | undefined): EdgeNode {
    const node = BTreeNode.empty(this.#shape, level);
    node.left = left;
    const address = this.#context.space.allocate(this.#shape.nodeBytes, 8);
    return {
      node,
      address,
      writtenEntries: 0,
      countedEntries: 0,
      isFresh: true,
      mustMove: false,
      isRightWritten: true,
    };
  }

  /** The node at the edge is full: another one takes its place there, and becomes a child of the next level. */
  #startNode(level: number, first: ChunkEntry): void {
    const old = this.#edge[level]!;
    const fresh = this.#newNode(level, old.address);
    old.node.right = fresh.address;
    old.isRightWritten = false;
    this.#full.push(old);
    this.#edge[level] = fresh;
    const parent = this.#edge[level + 1];
    if (parent === undefined) {
      const root = this.#newNode(level + 1, undefined);
      root.node.image.set(old.node.key(0), root.node.keyAt(0));
      root.node.setChild(0, old.address);
      root.node.entries = 1;
      this.#edge.push(root);
    } else if (parent.node.entries === nodeEntries) this.#startNode(level + 1, first);
    this.#put(this.#edge[level + 1]!, fresh.address, first);
  }

  /** Adds a child whose first chunk is the next one. */
  #put({ node }: EdgeNode, child: number, { bytes, filterMask }: ChunkEntry): void {
    const index = node.entries;
    node.setChunkKey(index, this.#chunks, bytes, filterMask);
    node.setChild(index, child);
    // A full leaf ends where the next chunk begins; everything else is open to the right.
    if (index + 1 === nodeEntries && node.level === 0) node.setChunkKey(index + 1, this.#chunks + 1, 0, 0);
    else node.setEndlessKey(index + 1);
    node.entries = index + 1;
  }

  async write(): Promise<void> {
    this.#move();
    for (let first = this.#full[0]; first !== undefined; first = this.#full[0]) {
      await this.#writeNode(first);
      this.#written.push(first);
      this.#full.shift();
    }
    for (const edge of this.#edge) await this.#writeNode(edge);
    for (let first = this.#leftNeighbours[0]; first !== undefined; first = this.#leftNeighbours[0]) {
      await this.#context.writeAt(first.left + 16, [encodeAddress(first.right)]);
      this.#leftNeighbours.shift();
    }
  }

  async connect(): Promise<void> {
    for (const edge of [...this.#written, ...this.#edge]) {
      const { node, address, countedEntries } = edge;
      if (node.entries === countedEntries) continue;
      await this.#context.writeAt(address + 6, [node.image.subarray(6, 8)]);
      edge.countedEntries = node.entries;
    }
    this.#written = [];
  }

  /** Gives the nodes that must not change where they are another place, from the leaf to the root. */
  #move(): void {
    // Full nodes come before the edge, children before parents.
    const nodes = [...this.#full, ...this.#edge];
    for (const moved of nodes) {
      if (!moved.mustMove) continue;
      const from = moved.address;
      moved.address = this.#retired.take() ?? this.#context.space.allocate(this.#shape.nodeBytes, 8);
      moved.mustMove = false;
      moved.isFresh = true;
      this.#retired.retire(from);
      const { left } = moved.node;
      if (left !== undefined) this.#leftNeighbours.push({ left, right: moved.address });
      for (const { node } of nodes) {
        if (node.left === from) node.left = moved.address;
        if (node.right === from) node.right = moved.address;
        if (node.level === moved.node.level + 1) replaceChild(node, from, moved.address);
      }
    }
  }

  async #writeNode(edge: EdgeNode): Promise<void> {
    const { node, address } = edge;
    const { writeAt } = this.#context;
    const { entries } = node;
    if (edge.isFresh) {
      await writeAt(address, [node.image]);
      edge.isFresh = false;
      edge.isRightWritten = true;
      edge.countedEntries = entries;
    } else if (entries > edge.writtenEntries) {
      const start = node.keyAt(edge.writtenEntries);
      const end = node.keyAt(entries) + this.#shape.keyBytes;
      await writeAt(address + start, [node.image.subarray(start, end)]);
    }
    edge.writtenEntries = entries;
    if (!edge.isRightWritten) {
      await writeAt(address + 16, [node.image.subarray(16, 24)]);
      edge.isRightWritten = true;
    }
  }

  /** `places`: address and entries of the nodes of the right edge, leaf first. */
  state(): ChunkIndexState {
    return {
      chunks: this.#chunks,
      places: this.#edge.flatMap(({ address, node }) => [address, node.entries]),
    };
  }

  async locate(layout: Uint8Array, chunks: number, read: ReadAt): Promise<LocatedIndex> {
    const root = new DataView(layout.buffer, layout.byteOffset).getBigUint64(3, true);
    if (chunks === 0 || root === undefinedAddress) return { places: [], endBytes: 0 };
    const places: number[] = [];
    let address = Number(root);
    let endBytes = 0;
    let last: ChunkEntry | undefined;
    for (let level = Number.POSITIVE_INFINITY, left = chunks; level > 0; ) {
      const node = new BTreeNode(this.#shape, await read(address, this.#shape.nodeBytes));
      const next = node.level;
      const covered = nodeEntries ** next;
      const entries = Math.ceil(left / covered);
      if (next >= level || !node.isNode(next) || entries > node.entries)
        throw damaged(
          this.#context,
          `the index of ${this.#where} has no node for ${chunks} chunks at byte ${address}`,
        );
      places.unshift(address, entries);
      endBytes = Math.max(
        endBytes,
        address + this.#shape.nodeBytes,
        (node.left ?? 0) + this.#shape.nodeBytes,
      );
      left -= (entries - 1) * covered;
      level = next;
      address = node.child(entries - 1);
      if (level > 0) continue;
      last = node.entry(entries - 1);
      // An open chunk may lie at a place that was used before: the one before it was written where the file ended.
      for (const entry of [last, await this.#entryBefore(node, entries - 1, read)])
        if (entry !== undefined) endBytes = Math.max(endBytes, entry.address + entry.bytes);
    }
    return { places, endBytes, ...(last === undefined ? {} : { last }) };
  }

  async #entryBefore(node: BTreeNode, index: number, read: ReadAt): Promise<ChunkEntry | undefined> {
    if (index > 0) return node.entry(index - 1);
    if (node.left === undefined) return undefined;
    return new BTreeNode(this.#shape, await read(node.left, this.#shape.nodeBytes)).entry(nodeEntries - 1);
  }

  async restore(state: ChunkIndexState, read: ReadAt): Promise<void> {
    this.#chunks = state.chunks;
    this.#edge = [];
    this.#full = [];
    let firstChunk = state.chunks;
    let covered = 1;
    for (let level = 0; level * 2 < state.places.length; level++) {
      const address = state.places[level * 2]!;
      const entries = state.places[level * 2 + 1]!;
      const node = new BTreeNode(this.#shape, await read(address, this.#shape.nodeBytes));
      firstChunk = (Math.ceil(state.chunks / (covered * nodeEntries)) - 1) * covered * nodeEntries;
      const isWhole = node.isNode(level) && node.entries >= entries && this.#startsAt(node, firstChunk);
      const childIsRight = level === 0 || node.child(entries - 1) === state.places[level * 2 - 2];
      if (!isWhole || !childIsRight || entries !== Math.ceil((state.chunks - firstChunk) / covered))
        throw damaged(
          this.#context,
          `the index of ${this.#where} has no node of level ${level} with ${entries} entries at byte ${address}`,
        );
      covered *= nodeEntries;
      node.entries = entries;
      if (entries < nodeEntries || level > 0) node.setEndlessKey(entries);
      node.right = undefined;
      this.#edge.push({
        node,
        address,
        writtenEntries: entries,
        countedEntries: entries,
        isFresh: false,
        mustMove: false,
        isRightWritten: true,
      });
    }
    if (covered < state.chunks || (state.chunks > 0 && this.#edge.length === 0))
      throw damaged(this.#context, `the index of ${this.#where} is too small for ${state.chunks} chunks`);
  }

  #startsAt(node: BTreeNode, chunk: number): boolean {
    const offsets = chunkOffsets(this.#grid, chunk);
    return node.keyOffsets(0).every((offset, dim) => offset === BigInt(offsets[dim]!));
  }

  /** First the count, which makes entries behind it meaningless; then what is found through it. */
  async rewind(): Promise<void> {
    const { writeAt } = this.#context;
    for (const { node, address } of this.#edge) {
      await writeAt(address + 6, [node.image.subarray(6, 8)]);
      await writeAt(address + node.keyAt(node.entries), [node.key(node.entries)]);
      await writeAt(address + 16, [node.image.subarray(16, 24)]);
      if (node.left !== undefined) await writeAt(node.left + 16, [encodeAddress(address)]);
    }
  }
}

function encodeAddress(address: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(address), true);
  return bytes;
}

function replaceChild(node: BTreeNode, from: number, to: number): void {
  for (let index = node.entries - 1; index >= 0; index--)
    if (node.child(index) === from) {
      node.setChild(index, to);
      return;
    }
}
