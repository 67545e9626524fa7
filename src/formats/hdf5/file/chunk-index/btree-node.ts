import { type ChunkGrid, chunkOffsets } from "../chunk-grid.ts";
import type { ChunkEntry } from "./contract.ts";

/** Entries of a node, when the superblock does not say otherwise: twice the rank K = 32. */
export const nodeEntries = 64;

const headerBytes = 24;
const chunkNodeType = 1;

/** Larger than any chunk's offset: where the key behind the last entry of a growing node points. */
const farAway = 2n ** 40n;

export type NodeShape = { readonly grid: ChunkGrid; readonly keyBytes: number; readonly nodeBytes: number };

export function nodeShape(grid: ChunkGrid): NodeShape {
  const keyBytes = 8 + 8 * (grid.chunkDims.length + 1);
  return { grid, keyBytes, nodeBytes: headerBytes + nodeEntries * 8 + (nodeEntries + 1) * keyBytes };
}

/**
 * A node of the version 1 B-tree as it lies in the file:
 * ```
 *  0 "TREE"   4 type 1   5 level   6 entries   8 left sibling   16 right sibling
 * 24 key 0, child 0, key 1, child 1 … key n
 * key: bytes of the chunk u32, filter mask u32, offset of its first element in each dimension u64, 0 u64
 * ```
 * A child lies between its key and the next one.
 */
export class BTreeNode {
  readonly shape: NodeShape;
  readonly image: Uint8Array;
  readonly #view: DataView;

  constructor(shape: NodeShape, image: Uint8Array = new Uint8Array(shape.nodeBytes)) {
    this.shape = shape;
    this.image = image;
    this.#view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  }

  static empty(shape: NodeShape, level: number): BTreeNode {
    const node = new BTreeNode(shape);
    node.image.set(Buffer.from("TREE", "latin1"));
    node.#view.setUint8(4, chunkNodeType);
    node.#view.setUint8(5, level);
    node.left = undefined;
    node.right = undefined;
    return node;
  }

  /** Whether the bytes are a node of that level. */
  isNode(level: number): boolean {
    const text = Buffer.from(this.image.buffer, this.image.byteOffset, 4).toString("latin1");
    return text === "TREE" && this.image[4] === chunkNodeType && this.image[5] === level;
  }

  /** 0: a leaf, whose children are chunks. */
  get level(): number {
    return this.#view.getUint8(5);
  }

  get entries(): number {
    return this.#view.getUint16(6, true);
  }

  set entries(count: number) {
    this.#view.setUint16(6, count, true);
  }

  get left(): number | undefined {
    return this.#address(8);
  }

  set left(address: number | undefined) {
    this.#setAddress(8, address);
  }

  get right(): number | undefined {
    return this.#address(16);
  }

  set right(address: number | undefined) {
    this.#setAddress(16, address);
  }

  /** Where a key begins in the node. */
  keyAt(index: number): number {
    return headerBytes + index * (this.shape.keyBytes + 8);
  }

  child(index: number): number {
    return Number(this.#view.getBigUint64(this.#childAt(index), true));
  }

  setChild(index: number, address: number): void {
    this.#view.setBigUint64(this.#childAt(index), BigInt(address), true);
  }

  entry(index: number): ChunkEntry {
    const at = this.keyAt(index);
    return {
      address: this.child(index),
      bytes: this.#view.getUint32(at, true),
      filterMask: this.#view.getUint32(at + 4, true),
    };
  }

  /** The offsets of a key, without the last one, which is always 0. */
  keyOffsets(index: number): bigint[] {
    const at = this.keyAt(index) + 8;
    return this.shape.grid.chunkDims.map((_, dim) => this.#view.getBigUint64(at + dim * 8, true));
  }

  key(index: number): Uint8Array {
    return this.image.subarray(this.keyAt(index), this.keyAt(index) + this.shape.keyBytes);
  }

  /** The key of a chunk. */
  setChunkKey(index: number, chunk: number, bytes: number, filterMask: number): void {
    const at = this.keyAt(index);
    this.#view.setUint32(at, bytes, true);
    this.#view.setUint32(at + 4, filterMask, true);
    for (const [dim, offset] of chunkOffsets(this.shape.grid, chunk).entries())
      this.#view.setBigUint64(at + 8 + dim * 8, BigInt(offset), true);
    this.#view.setBigUint64(at + this.shape.keyBytes - 8, 0n, true);
  }

  /** A key behind everything that may still come: a parent need not know how far its last child reaches. */
  setEndlessKey(index: number): void {
    const at = this.keyAt(index);
    this.image.fill(0, at, at + this.shape.keyBytes);
    const rows = BigInt(this.shape.grid.chunkDims[0]!);
    const factor = rows < 2n ** 22n ? farAway : 2n ** 62n / rows;
    this.#view.setBigUint64(at + 8, rows * factor, true);
  }

  #childAt(index: number): number {
    return this.keyAt(index) + this.shape.keyBytes;
  }

  #address(at: number): number | undefined {
    const address = this.#view.getBigUint64(at, true);
    return address === 2n ** 64n - 1n ? undefined : Number(address);
  }

  #setAddress(at: number, address: number | undefined): void {
    this.#view.setBigUint64(at, address === undefined ? 2n ** 64n - 1n : BigInt(address), true);
  }
}
