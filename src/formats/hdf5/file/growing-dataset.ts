import type { Attributes, AttributeValue } from "./attribute.ts";
import { checkChunks } from "./check-chunks.ts";
import { type ChunkGrid, chunkBytes, chunkGrid } from "./chunk-grid.ts";
import { BTreeIndex } from "./chunk-index/btree.ts";
import type { ChunkEntry, ChunkIndex, ChunkIndexState } from "./chunk-index/contract.ts";
import { ExtensibleArrayIndex } from "./chunk-index/extensible-array.ts";
import { encodeDataspace, firstExtent } from "./dataspace.ts";
import type { Datatype } from "./datatype.ts";
import { attachScales, declareScale, listScaleUses, type ScaleUse } from "./dimension-scale.ts";
import { damaged, type FileContext, misuse, mustBeOpen, type ReadAt } from "./file-context.ts";
import type { FileObject, LocatedState, ObjectState } from "./file-object.ts";
import { encodeFillValue } from "./fill-value.ts";
import { encodeFilterPipeline, type Filter } from "./filter-pipeline.ts";
import type { FixedDataset } from "./fixed-dataset.ts";
import { type HeaderMessage, messageBytes, messageTypes } from "./header-chunk.ts";
import { ObjectHeader, type ObjectMessage } from "./object-header.ts";
import { RetiredPlaces } from "./retired-places.ts";

export type DatasetSpec = {
  readonly datatype: Datatype;
  /** What `datatype` becomes with `widenDatatype`: another one for the same bytes. */
  readonly widerDatatype?: Datatype;
  /** Extents after the first dimension, which grows. */
  readonly itemShape: readonly number[];
  readonly rowsPerChunk: number;
  /** Extents of a chunk after the first dimension; absent: all of the item. */
  readonly chunkItemShape?: readonly number[];
  /** In the order in which they are applied when writing. */
  readonly filters: readonly Filter[];
  /** One element; absent: 0. */
  readonly fillValue?: Uint8Array;
  readonly attributes?: Attributes;
  /** The scale of each dimension, where it has one. */
  readonly dimensionScales?: readonly (GrowingDataset | FixedDataset | undefined)[];
  /** It is the scale of a dimension with this name. */
  readonly isScale?: string;
};

/** The chunk at the end, while it is not full. */
type OpenChunk = { readonly address: number; isWritten: boolean };

/**
 * A dataset whose first dimension grows. Chunks are written where the file ends as they come, in row-major order; a
 * checkpoint lets readers see them. Calls on one dataset do not overlap.
 *
 * Memory: what the index keeps, and 3 numbers for each chunk since the last checkpoint.
 */
export class GrowingDataset implements FileObject {
  readonly header: ObjectHeader;
  /** Chunks that share the same rows: 1, or the tiles of a large item. */
  readonly chunksPerRowBlock: number;
  readonly #context: FileContext;
  readonly #spec: DatasetSpec;
  readonly #grid: ChunkGrid;
  readonly #index: ChunkIndex;
  readonly #uses: ScaleUse[] = [];
  /** Places of open chunks that were written anew, with filters, elsewhere. */
  readonly #retired: RetiredPlaces;
  /** Whole chunks that the index does not have yet. */
  #pending: ChunkEntry[] = [];
  #open: OpenChunk | undefined;
  /** The index's last entry is a chunk that was open at the last checkpoint. */
  #indexedOpen: number | undefined;
  #rows = 0;
  #isWidened = false;
  #read: ReadAt | undefined;

  constructor(context: FileContext, path: string, spec: DatasetSpec) {
    const { itemShape, rowsPerChunk, chunkItemShape = itemShape, datatype, filters, fillValue } = spec;
    const { widerDatatype } = spec;
    const chunkDims = [rowsPerChunk, ...chunkItemShape];
    checkChunks(path, { datatype, dims: ["growing", ...itemShape], chunkDims, filters, fillValue });
    this.#context = context;
    this.#spec = spec;
    this.#grid = chunkGrid(chunkDims, itemShape, datatype.elementBytes);
    this.chunksPerRowBlock = this.#grid.chunksPerRowBlock;
    this.#index =
      context.chunkIndex === "btree"
        ? new BTreeIndex(context, path, this.#grid)
        : new ExtensibleArrayIndex(context, path, this.#grid, filters.length > 0);
    this.#retired = new RetiredPlaces(context);
    this.header = new ObjectHeader(context, path, () => this.#messages(), {
      attributes: spec.attributes,
      isScale: spec.isScale !== undefined,
      ...(widerDatatype === undefined ? {} : { otherDatatype: widerDatatype.message }),
      changingBytes: messageBytes(this.#messages().filter(({ inSlot }) => inSlot === "always")),
    });
    if (spec.isScale !== undefined) declareScale(this.header, spec.isScale);
    const scales = spec.dimensionScales;
    if (scales === undefined) return;
    attachScales(
      context,
      this.header,
      scales.map((scale) => scale?.header),
    );
    for (const [dimension, scale] of scales.entries()) scale?.addUse({ dataset: this.header, dimension });
  }

  /** Rows of the next checkpoint. */
  get rows(): number {
    return this.#rows;
  }

  /** Bytes of a chunk before any filter. */
  get chunkBytes(): number {
    return chunkBytes(this.#grid);
  }

  /** Of a chunk that went through no filter. */
  get #rawMask(): number {
    return 2 ** this.#spec.filters.length - 1;
  }

  /** A dimension of a dataset refers to this scale. */
  addUse(use: ScaleUse): void {
    this.#uses.push(use);
    listScaleUses(this.header, this.#uses);
  }

  /**
   * The next whole chunk, after its filters; `filterMask` has bit i set where it did not go through filter i. The pieces
   * are written one behind the other, and borrowed until the promise settles. When it rejects, the chunk counts as not
   * appended. A chunk that was open before is taken to be this one, and its place is given up.
   */
  async appendChunk(payload: readonly Uint8Array[], filterMask = 0): Promise<void> {
    const { header, chunkBytes: whole } = this;
    mustBeOpen(this.#context, header.path);
    const bytes = payload.reduce((sum, piece) => sum + piece.byteLength, 0);
    const isFiltered = this.#spec.filters.length > 0;
    if (isFiltered ? bytes >= 2 ** 32 : bytes !== whole)
      throw misuse(this.#context, `a chunk of ${header.path} has ${bytes} bytes instead of ${whole}`);
    if (!isFiltered && this.#open !== undefined)
      throw misuse(this.#context, `${header.path}: the open chunk has a place, and is to be completed there`);
    const { space } = this.#context;
    const { payload: writes } = this.#context;
    const address = space.allocate(bytes, writes.alignmentOf(bytes));
    try {
      await writes.write(address, payload);
    } catch (error) {
      space.takeBack(address, bytes);
      throw error;
    }
    this.#pending.push({ address, bytes, filterMask });
    this.#leaveOpenChunk();
  }

  #leaveOpenChunk(): void {
    if (this.#open !== undefined) this.#retired.retire(this.#open.address);
    this.#open = undefined;
  }

  /** Takes back the last `count` chunks; they came after the last checkpoint. */
  async retractChunks(count: number): Promise<void> {
    // Nothing else may be written to a place that is still being written to.
    await this.#context.payload.settled();
    const needed = this.#indexedOpen !== undefined && this.#open === undefined ? 1 : 0;
    if (count > this.#pending.length - needed)
      throw misuse(
        this.#context,
        `${count} chunks of ${this.header.path} are taken back, ${this.#pending.length} came since the checkpoint`,
      );
    for (let left = count; left > 0; left--) {
      const { address, bytes } = this.#pending.pop()!;
      this.#context.space.takeBack(address, bytes);
    }
  }

  /**
   * The chunk at the end, without filters and in full length, of which only the first rows count; what is behind them is
   * the fill value. Of a chunk that was given before only the bytes from `changedFromByte` to `changedToByte` are
   * written. `raw` is borrowed until the promise settles.
   */
  async setOpenChunk(
    raw: Uint8Array,
    changedFromByte: number,
    changedToByte: number = raw.byteLength,
  ): Promise<void> {
    const { header, chunkBytes: whole } = this;
    mustBeOpen(this.#context, header.path);
    if (this.chunksPerRowBlock > 1)
      throw misuse(
        this.#context,
        `${header.path} is divided into tiles, which have to be written as a whole`,
      );
    if (raw.byteLength !== whole)
      throw misuse(
        this.#context,
        `a chunk of ${header.path} has ${raw.byteLength} bytes instead of ${whole}`,
      );
    this.#open ??= { address: this.#placeOfOpenChunk(), isWritten: false };
    const { address, isWritten } = this.#open;
    const [from, to] = isWritten ? [changedFromByte, changedToByte] : [0, whole];
    if (from < to) await this.#context.writeAt(address + from, [raw.subarray(from, to)]);
    this.#open.isWritten = true;
  }

  #placeOfOpenChunk(): number {
    const isFiltered = this.#spec.filters.length > 0;
    const rested = isFiltered ? this.#retired.take() : undefined;
    return rested ?? this.#context.space.allocate(this.chunkBytes);
  }

  /** The open chunk of a dataset without filters is full, and stays where it is. */
  completeOpenChunk(): void {
    const open = this.#open;
    if (open === undefined || this.#spec.filters.length > 0)
      throw misuse(this.#context, `${this.header.path} has no open chunk that could stay where it is`);
    this.#pending.push({ address: open.address, bytes: this.chunkBytes, filterMask: 0 });
    this.#open = undefined;
  }

  /** After `resume`: the chunk that was open at that checkpoint, in full length; undefined when there was none. */
  async openChunk(): Promise<Uint8Array | undefined> {
    if (this.#open === undefined || this.#read === undefined) return undefined;
    return this.#read(this.#open.address, this.chunkBytes);
  }

  /** The first dimension as of the next checkpoint. */
  setRows(rows: number): void {
    if (rows !== this.#rows) this.header.changed();
    this.#rows = rows;
  }

  /** There is a `widerDatatype`, and the values are not of it yet. */
  get canWiden(): boolean {
    return !this.#isWidened && this.#spec.widerDatatype !== undefined;
  }

  /** From the next checkpoint on the values are of the spec's `widerDatatype`. */
  widenDatatype(): void {
    if (!this.canWiden) return;
    this.#isWidened = true;
    this.header.changed();
  }

  /** Rewritten with the header at the next checkpoint. */
  setAttribute(name: string, value: AttributeValue): void {
    this.header.setAttribute(name, value);
  }

  layOut(): void {
    this.#index.layOut();
  }

  /** Brings the index up to the chunks that came. */
  prepare(): void {
    const isOpenIndexed = this.#indexedOpen !== undefined;
    const chunks = this.#index.chunks - (isOpenIndexed ? 1 : 0) + this.#pending.length;
    const blocks = Math.ceil(this.#rows / this.#grid.chunkDims[0]!);
    if (blocks * this.chunksPerRowBlock > chunks + (this.#open === undefined ? 0 : 1))
      throw misuse(
        this.#context,
        `${this.header.path} shall have ${this.#rows} rows, but only ${chunks} chunks`,
      );
    if (this.#pending.length === 0 && this.#open?.address === this.#indexedOpen) return;
    const open = this.#open;
    const entries = [...this.#pending];
    if (open !== undefined)
      entries.push({
        address: open.address,
        bytes: this.chunkBytes,
        filterMask: this.#rawMask,
      });
    const [first, ...rest] = entries;
    if (!isOpenIndexed) this.#index.append(first!);
    else if (first!.address !== this.#indexedOpen) this.#index.replaceLast(first!);
    for (const entry of rest) this.#index.append(entry);
    this.#pending = [];
    this.#indexedOpen = open?.address;
    this.header.changed();
  }

  async write(): Promise<void> {
    await this.#index.write();
  }

  async connect(): Promise<void> {
    await this.#index.connect();
  }

  state(): ObjectState {
    const { chunks, places } = this.#index.state();
    return {
      rows: this.#rows,
      chunks,
      places,
      ...(this.#open === undefined ? {} : { open: this.#open.address }),
      ...(this.#isWidened ? { isWidened: true } : {}),
    };
  }

  async restore(state: ObjectState, read: ReadAt): Promise<void> {
    const { rows, open, chunks, places } = state as ObjectState & ChunkIndexState & { open?: number };
    if (typeof rows !== "number" || typeof chunks !== "number" || !Array.isArray(places))
      throw damaged(this.#context, `its checkpoint says nothing about ${this.header.path}`);
    await this.#index.restore({ chunks, places }, read);
    this.#rows = rows;
    this.#isWidened = state.isWidened === true;
    this.#read = read;
    // What was written behind the rows of the state is not known: all of the chunk is written again.
    this.#open = open === undefined ? undefined : { address: open, isWritten: false };
    this.#indexedOpen = open;
  }

  async locate(found: readonly HeaderMessage[], read: ReadAt): Promise<LocatedState> {
    const bodyOf = (type: number) => found.find((message) => message.type === type)?.body;
    const layout = bodyOf(messageTypes.dataLayout);
    const rows = firstExtent(bodyOf(messageTypes.dataspace));
    if (layout === undefined || rows === undefined)
      throw damaged(this.#context, `the header of ${this.header.path} does not say how many rows there are`);
    const rowsPerChunk = this.#grid.chunkDims[0]!;
    const chunks = Math.ceil(rows / rowsPerChunk) * this.chunksPerRowBlock;
    const { places, endBytes, last } = await this.#index.locate(layout, chunks, read);
    // Without tiles, the last chunk is not full, and lies in its place as it is.
    const isOpen =
      rows % rowsPerChunk !== 0 &&
      this.chunksPerRowBlock === 1 &&
      last?.bytes === this.chunkBytes &&
      last.filterMask === this.#rawMask;
    const wider = this.#spec.widerDatatype?.message;
    const isWidened =
      wider !== undefined && Buffer.compare(bodyOf(messageTypes.datatype) ?? wider, wider) === 0;
    const state = {
      rows,
      chunks,
      places,
      ...(isOpen ? { open: last.address } : {}),
      ...(isWidened ? { isWidened } : {}),
    };
    return { state, endBytes };
  }

  async rewind(): Promise<void> {
    await this.#index.rewind();
  }

  #messages(): ObjectMessage[] {
    const { widerDatatype, filters, fillValue, itemShape } = this.#spec;
    const datatype = (this.#isWidened ? widerDatatype : undefined) ?? this.#spec.datatype;
    const messages: ObjectMessage[] = [
      {
        type: messageTypes.dataspace,
        body: encodeDataspace([this.#rows, ...itemShape], true),
        inSlot: "always",
      },
      { type: messageTypes.datatype, flags: 1, body: datatype.message },
      { type: messageTypes.fillValue, flags: 1, body: encodeFillValue("chunked", fillValue) },
    ];
    if (filters.length > 0)
      messages.push({ type: messageTypes.filterPipeline, flags: 1, body: encodeFilterPipeline(filters) });
    messages.push({
      type: messageTypes.dataLayout,
      body: this.#index.layoutMessage(),
      inSlot: "always",
    });
    return messages;
  }
}
