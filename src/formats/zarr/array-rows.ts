import type { WorkerPool } from "../../bytes/pool/worker-pool.ts";
import type { ArrayObjects } from "./array-objects.ts";
import { ChunkObjects } from "./chunk-objects.ts";
import type { DeclaredArray } from "./declare-run.ts";
import { ArrayReader } from "./hierarchy/array-reader.ts";
import { ChunkOutput } from "./hierarchy/chunk-output.ts";
import type { ShardState } from "./hierarchy/shard-writer.ts";
import type { ZarrArray } from "./hierarchy/zarr-array.ts";
import { PlainOutput } from "./plain-output.ts";
import type { RunFolder } from "./run-folder.ts";
import { ShardedObjects } from "./sharded-objects.ts";

/** Chunks of one array that are encoded at a time; the pool's memory bounds those of all arrays. */
const inFlight = 16;

/** Plain chunks of this size and more are worth a second thread that writes. */
const leastAsideBytes = 1 << 20;

function outputFor(array: ZarrArray, pool: WorkerPool | undefined): ChunkOutput | PlainOutput | undefined {
  const { steps, chunkBytes, isSharded } = array;
  if (steps.length > 0) {
    if (pool === undefined) throw new Error("Encoding chunks needs a pool of workers.");
    return new ChunkOutput(pool, steps, { inFlight });
  }
  return isSharded || chunkBytes < leastAsideBytes ? undefined : new PlainOutput(chunkBytes);
}

/**
 * The rows of one array on their way into chunks. Whole chunks go from the caller's memory to their objects; rows that are
 * no whole chunk yet wait in a buffer of a chunk's size.
 */
export class ArrayRows {
  readonly declared: DeclaredArray;
  readonly #folder: RunFolder;
  readonly #objects: ArrayObjects;
  readonly #output: ChunkOutput | PlainOutput | undefined;
  readonly #blockBytes: number;
  readonly #tiles: number;
  #rows = 0;
  #buffer: Uint8Array | undefined;
  #padded: Uint8Array | undefined;

  /** `pool`: absent where chunks are stored as they are. */
  constructor(declared: DeclaredArray, folder: RunFolder, pool: WorkerPool | undefined) {
    const { array, plan, itemBytes } = declared;
    this.declared = declared;
    this.#folder = folder;
    this.#objects = array.isSharded ? new ShardedObjects(folder, array) : new ChunkObjects(folder, array);
    this.#output = outputFor(array, pool);
    this.#blockBytes = plan.rowsPerChunk * itemBytes;
    const [, height] = array.spec.shape;
    this.#tiles = height === undefined ? 1 : Math.ceil(height / array.spec.chunkShape[1]!);
  }

  get rows(): number {
    return this.#rows;
  }

  get #rowsPerChunk(): number {
    return this.declared.plan.rowsPerChunk;
  }

  get #openRows(): number {
    return this.#rows % this.#rowsPerChunk;
  }

  /** Rows that are whole chunks and shards, once everything is settled. */
  get wholeRows(): number {
    const { rowsPerChunk, blocksPerShard } = this.declared.plan;
    const rows = rowsPerChunk * blocksPerShard;
    return Math.floor(this.#rows / rows) * rows;
  }

  /** `bytes` are `count` rows; borrowed until the promise settles. */
  async append(bytes: Uint8Array, count: number): Promise<void> {
    const { itemBytes } = this.declared;
    for (let row = 0; row < count; ) {
      const from = row * itemBytes;
      const openRows = this.#openRows;
      const taken = Math.min(this.#rowsPerChunk - openRows, count - row);
      const piece = bytes.subarray(from, from + taken * itemBytes);
      if (taken === this.#rowsPerChunk) await this.#write(piece);
      else {
        this.#buffered().set(piece, openRows * itemBytes);
        if (openRows + taken === this.#rowsPerChunk) await this.#write(this.#buffered());
      }
      this.#rows += taken;
      row += taken;
    }
  }

  /** Writes the block that the rows have come to. */
  async #write(bytes: Uint8Array): Promise<void> {
    const block = Math.floor(this.#rows / this.#rowsPerChunk);
    if (this.#tiles === 1) return this.#writeChunk(block, 0, bytes);
    const { chunkBytes } = this.declared.array;
    for (let tile = 0; tile < this.#tiles; tile++)
      await this.#writeChunk(
        block,
        tile,
        this.#whole(bytes.subarray(tile * chunkBytes, (tile + 1) * chunkBytes)),
      );
  }

  /** The last tile of a frame may be filled up. */
  #whole(tile: Uint8Array): Uint8Array {
    const { chunkBytes } = this.declared.array;
    if (tile.byteLength === chunkBytes) return tile;
    this.#padded ??= new Uint8Array(chunkBytes);
    this.#padded.set(tile);
    return this.#padded;
  }

  async #writeChunk(block: number, tile: number, chunk: Uint8Array): Promise<void> {
    if (this.#output === undefined) await this.#objects.put(block, tile, chunk);
    else await this.#output.write(chunk, (encoded, aside) => this.#objects.put(block, tile, encoded, aside));
  }

  /** True where each row is one chunk, of which a copy is made before it is put. */
  get takesCopies(): boolean {
    return this.#output !== undefined && this.#rowsPerChunk === 1 && this.#tiles === 1;
  }

  /** A row from memory that may be overwritten meanwhile; false, and nothing is kept, when it was. Where it `takesCopies`. */
  async appendShared(row: Uint8Array, isIntact: () => boolean): Promise<boolean> {
    const block = this.#rows;
    const held = await this.#output!.hold(row);
    if (!isIntact()) {
      held.drop();
      return false;
    }
    await held.send((encoded, aside) => this.#objects.put(block, 0, encoded, aside));
    this.#rows++;
    return true;
  }

  /** True where rows are in their shard when `append` resolves, and can be taken back from there. */
  get canTakeBack(): boolean {
    return this.#output === undefined && this.#rowsPerChunk === 1 && this.#objects.takeBack !== undefined;
  }

  /** True where so many further rows leave the shard under way unfinished. */
  staysOpen(count: number): boolean {
    const { blocksPerShard } = this.declared.plan;
    return (this.#rows % blocksPerShard) + count < blocksPerShard;
  }

  /** Where `takeBack` goes back to. Only of what `canTakeBack`, and while the shard `staysOpen`. */
  mark(): Promise<ShardState | undefined> {
    return this.#objects.state();
  }

  async takeBack(mark: ShardState | undefined, count: number): Promise<void> {
    await this.#objects.takeBack!(mark);
    this.#rows -= count;
  }

  /** Resolves when every whole chunk is in its object. Rejects when one could not be put. */
  async settled(): Promise<void> {
    await this.#output?.settled();
  }

  async flush(): Promise<void> {
    await this.#objects.flush();
  }

  state(): Promise<ShardState | undefined> {
    return this.#objects.state();
  }

  /** The open rows from number `from` on. */
  openBytes(from: number): Uint8Array {
    const { itemBytes } = this.declared;
    return this.#buffered().subarray(from * itemBytes, this.#openRows * itemBytes);
  }

  /** Puts the chunk that is not full in its place as it is, filled up; it goes on filling. */
  async putOpenChunk(): Promise<void> {
    const openRows = this.#openRows;
    if (openRows === 0) return;
    // What an earlier chunk left behind the rows of this one is no data of it.
    this.#buffered().fill(0, openRows * this.declared.itemBytes);
    await this.#write(this.#buffered());
    await this.settled();
  }

  /** As the last thing: everything appended is in objects. */
  async finish(): Promise<void> {
    await this.settled();
    await this.putOpenChunk();
    await this.#objects.finish();
  }

  /** Goes on behind `rows` rows; `open`: the rows that are no whole chunk. */
  async restore(rows: number, open: Uint8Array, state: ShardState | undefined): Promise<void> {
    await this.#objects.restore(Math.floor(rows / this.#rowsPerChunk), open.byteLength > 0, state);
    this.#rows = rows;
    if (open.byteLength > 0) this.#buffered().set(open);
  }

  /** The open rows of `rows` rows as the objects have them, where the array has so many. */
  async readOpenRows(rows: number, array: ZarrArray): Promise<Uint8Array> {
    const block = Math.floor(rows / this.#rowsPerChunk);
    const openRows = rows % this.#rowsPerChunk;
    const reader = new ArrayReader(this.#folder.store, array);
    const first = [block * this.#rowsPerChunk, ...array.spec.shape.slice(1).map(() => 0)];
    const values = await reader.readRegion(first, [openRows, ...array.spec.shape.slice(1)]);
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  }

  /** Waits for what is under way, and lets go of files as they are. */
  async release(): Promise<void> {
    await this.#output?.settled().catch(() => undefined); // Who wrote it has heard of it.
    await this.#objects.release();
  }

  #buffered(): Uint8Array {
    this.#buffer ??= new Uint8Array(this.#blockBytes);
    return this.#buffer;
  }
}
