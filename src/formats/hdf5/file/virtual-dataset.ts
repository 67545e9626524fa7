import type { Attributes } from "./attribute.ts";
import { ByteWriter } from "./byte-writer.ts";
import { encodeVirtualLayout } from "./data-layout.ts";
import { encodeDataspace } from "./dataspace.ts";
import type { Datatype } from "./datatype.ts";
import { attachScales, type Scale } from "./dimension-scale.ts";
import type { FileContext } from "./file-context.ts";
import type { FileObject } from "./file-object.ts";
import { encodeFillValue } from "./fill-value.ts";
import type { HeapReference } from "./global-heap.ts";
import { messageTypes } from "./header-chunk.ts";
import { lookup3 } from "./lookup3.ts";
import { ObjectHeader, type ObjectMessage } from "./object-header.ts";

/** A box of elements. */
export type Box = { readonly start: readonly number[]; readonly count: readonly number[] };

/** A box of this dataset that is a box of another one in the same file, with as many elements, in the same order. */
export type VirtualSource = { readonly dataset: string; readonly from: Box; readonly to: Box };

export type VirtualDatasetSpec = {
  readonly datatype: Datatype;
  readonly dims: readonly number[];
  readonly sources: readonly VirtualSource[];
  /** One element: what no source has. */
  readonly fillValue?: Uint8Array;
  readonly attributes?: Attributes;
  /** The scale of each dimension, where it has one. */
  readonly dimensionScales?: readonly (Scale | undefined)[];
};

/** A dataset whose elements are those of others: another view of the same bytes. For HDF5 1.10 and since. */
export class VirtualDataset implements FileObject {
  readonly header: ObjectHeader;
  readonly #context: FileContext;
  readonly #spec: VirtualDatasetSpec;
  #place: HeapReference = { address: 0, index: 0 };

  constructor(context: FileContext, path: string, spec: VirtualDatasetSpec) {
    this.#context = context;
    this.#spec = spec;
    this.header = new ObjectHeader(context, path, () => this.#messages(), { attributes: spec.attributes });
    const scales = spec.dimensionScales;
    if (scales === undefined) return;
    attachScales(
      context,
      this.header,
      scales.map((scale) => scale?.header),
    );
    for (const [dimension, scale] of scales.entries()) scale?.addUse({ dataset: this.header, dimension });
  }

  layOut(): void {
    this.#place = this.#context.heap.add(encodeSources(this.#spec.sources));
  }

  #messages(): ObjectMessage[] {
    const { datatype, dims, fillValue } = this.#spec;
    return [
      { type: messageTypes.dataspace, body: encodeDataspace(dims) },
      { type: messageTypes.datatype, flags: 1, body: datatype.message },
      { type: messageTypes.fillValue, flags: 1, body: encodeFillValue("chunked", fillValue) },
      { type: messageTypes.dataLayout, body: encodeVirtualLayout(this.#place) },
    ];
  }
}

/** The block in the heap: version 0, then file ("." is this one), dataset, and both selections of each source; a checksum. */
function encodeSources(sources: readonly VirtualSource[]): Uint8Array {
  const writer = new ByteWriter().uint8(0).uint64(sources.length);
  for (const { dataset, from, to } of sources) {
    writer.text(".").uint8(0).bytes(new TextEncoder().encode(dataset)).uint8(0);
    encodeSelection(writer, from);
    encodeSelection(writer, to);
  }
  const block = writer.finish();
  return new ByteWriter().bytes(block).uint32(lookup3(block)).finish();
}

/** A hyperslab selection of version 1: one block, by its first and its last element. */
function encodeSelection(writer: ByteWriter, { start, count }: Box): void {
  const rank = start.length;
  writer
    .uint32(2)
    .uint32(1)
    .uint32(0)
    .uint32(8 + 8 * rank)
    .uint32(rank)
    .uint32(1);
  for (const first of start) writer.uint32(first);
  for (const [dimension, first] of start.entries()) writer.uint32(first + count[dimension]! - 1);
}
