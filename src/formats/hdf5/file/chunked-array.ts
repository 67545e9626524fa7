import { DaqError } from "../../../model/errors.ts";
import type { Attributes, AttributeValue } from "./attribute.ts";
import { checkChunks } from "./check-chunks.ts";
import { type ChunkGrid, chunkBytes, chunkGrid } from "./chunk-grid.ts";
import { SparseBTree } from "./chunk-index/sparse-btree.ts";
import { encodeDataspace } from "./dataspace.ts";
import type { Datatype } from "./datatype.ts";
import { attachScales, type Scale } from "./dimension-scale.ts";
import { damaged, type FileContext, misuse, mustBeOpen, type ReadAt } from "./file-context.ts";
import type { FileObject, LocatedState, ObjectState } from "./file-object.ts";
import { encodeFillValue } from "./fill-value.ts";
import { encodeFilterPipeline, type Filter } from "./filter-pipeline.ts";
import { type HeaderMessage, messageBytes, messageTypes } from "./header-chunk.ts";
import { ObjectHeader, type ObjectMessage } from "./object-header.ts";

export type ChunkedArraySpec = {
  readonly datatype: Datatype;
  readonly dims: readonly number[];
  /** Extents of a chunk; those at the edges are stored in full. */
  readonly chunkDims: readonly number[];
  /** In the order in which they are applied when writing. */
  readonly filters: readonly Filter[];
  /** One element: what chunks that never came read as; absent: 0. */
  readonly fillValue?: Uint8Array;
  readonly attributes?: Attributes;
  /** The scale of each dimension, where it has one. */
  readonly dimensionScales?: readonly (Scale | undefined)[];
};

/** A dataset of known extents whose chunks come in any order, as in a scan. */
export class ChunkedArray implements FileObject {
  readonly header: ObjectHeader;
  readonly #context: FileContext;
  readonly #spec: ChunkedArraySpec;
  readonly #grid: ChunkGrid;
  /** Chunks in each dimension. */
  readonly #extents: readonly number[];
  readonly #index: SparseBTree;

  constructor(context: FileContext, path: string, spec: ChunkedArraySpec) {
    const { dims, chunkDims, datatype, filters, fillValue, dimensionScales } = spec;
    checkChunks(path, { datatype, dims, chunkDims, filters, fillValue });
    this.#context = context;
    this.#spec = spec;
    this.#grid = chunkGrid(chunkDims, dims.slice(1), datatype.elementBytes);
    this.#extents = dims.map((extent, dim) => Math.ceil(extent / chunkDims[dim]!));
    const chunks = this.#extents.reduce((product, extent) => product * extent, 1);
    this.#index = new SparseBTree(context, path, this.#grid, chunks);
    this.header = new ObjectHeader(context, path, () => this.#messages(), {
      attributes: spec.attributes,
      changingBytes: messageBytes(this.#messages().filter(({ inSlot }) => inSlot === "always")),
    });
    if (dimensionScales === undefined) return;
    attachScales(
      context,
      this.header,
      dimensionScales.map((scale) => scale?.header),
    );
    for (const [dimension, scale] of dimensionScales.entries())
      scale?.addUse({ dataset: this.header, dimension });
  }

  /** Bytes of a chunk before any filter. */
  get chunkBytes(): number {
    return chunkBytes(this.#grid);
  }

  /**
   * A whole chunk, after its filters; readers see it at the next checkpoint. `chunkIndices` count chunks, not elements.
   * The pieces are written one behind the other, and borrowed until the promise settles. A chunk may be written again;
   * its former place stays unused.
   */
  async writeChunk(
    chunkIndices: readonly number[],
    payload: readonly Uint8Array[],
    filterMask = 0,
  ): Promise<void> {
    const { header, chunkBytes: whole } = this;
    mustBeOpen(this.#context, header.path);
    const chunk = this.#numberOf(chunkIndices);
    const bytes = payload.reduce((sum, piece) => sum + piece.byteLength, 0);
    if (this.#spec.filters.length > 0 ? bytes >= 2 ** 32 : bytes !== whole)
      throw misuse(this.#context, `a chunk of ${header.path} has ${bytes} bytes instead of ${whole}`);
    const { space } = this.#context;
    const address = space.allocate(bytes);
    try {
      await this.#context.writeAt(address, payload);
    } catch (error) {
      space.takeBack(address, bytes);
      throw error;
    }
    this.#index.set(chunk, { address, bytes, filterMask });
    header.changed();
  }

  #numberOf(chunkIndices: readonly number[]): number {
    const isInside =
      chunkIndices.length === this.#extents.length &&
      chunkIndices.every(
        (index, dim) => Number.isInteger(index) && index >= 0 && index < this.#extents[dim]!,
      );
    if (!isInside)
      throw new DaqError(
        "format",
        `${this.header.path} has ${this.#extents.join(" × ")} chunks; there is none at [${chunkIndices.join(", ")}].`,
        { hint: "Indices count chunks, not elements, and begin at 0." },
      );
    return chunkIndices.reduce((chunk, index, dim) => chunk * this.#extents[dim]! + index, 0);
  }

  /** Rewritten with the header at the next checkpoint. */
  setAttribute(name: string, value: AttributeValue): void {
    this.header.setAttribute(name, value);
  }

  async write(): Promise<void> {
    await this.#index.write();
  }

  async finish(): Promise<void> {
    await this.#index.linkNeighbours();
  }

  state(): ObjectState {
    return this.#index.root === undefined ? {} : { root: this.#index.root };
  }

  async restore({ root }: ObjectState, read: ReadAt): Promise<void> {
    await this.#index.restore(typeof root === "number" ? root : undefined, read);
  }

  async locate(found: readonly HeaderMessage[], read: ReadAt): Promise<LocatedState> {
    const layout = found.find(({ type }) => type === messageTypes.dataLayout)?.body;
    if (layout === undefined)
      throw damaged(this.#context, `the header of ${this.header.path} does not lead to its chunks`);
    const root = this.#index.rootOf(layout);
    const endBytes = await this.#index.restore(root, read);
    return { state: root === undefined ? {} : { root }, endBytes };
  }

  #messages(): ObjectMessage[] {
    const { datatype, dims, filters, fillValue } = this.#spec;
    const messages: ObjectMessage[] = [
      { type: messageTypes.dataspace, body: encodeDataspace(dims), inSlot: "always" },
      { type: messageTypes.datatype, flags: 1, body: datatype.message },
      { type: messageTypes.fillValue, flags: 1, body: encodeFillValue("chunked", fillValue) },
    ];
    if (filters.length > 0)
      messages.push({ type: messageTypes.filterPipeline, flags: 1, body: encodeFilterPipeline(filters) });
    messages.push({ type: messageTypes.dataLayout, body: this.#index.layoutMessage(), inSlot: "always" });
    return messages;
  }
}
