import { DaqError } from "../../../model/errors.ts";
import { type Attributes, type AttributeValue, encodeTexts } from "./attribute.ts";
import { encodeCompactLayout, encodeContiguousLayout } from "./data-layout.ts";
import { elementCount, encodeDataspace } from "./dataspace.ts";
import type { Datatype } from "./datatype.ts";
import { attachScales, declareScale, listScaleUses, type Scale, type ScaleUse } from "./dimension-scale.ts";
import type { FileContext } from "./file-context.ts";
import type { FileObject } from "./file-object.ts";
import { encodeFillValue } from "./fill-value.ts";
import { messageTypes } from "./header-chunk.ts";
import { ObjectHeader, type ObjectMessage } from "./object-header.ts";

export type FixedDatasetSpec = {
  readonly datatype: Datatype;
  /** None: a scalar. */
  readonly dims: readonly number[];
  /** All elements in row-major order, little-endian; texts for `vlenStringType`. Borrowed until the file is laid out. */
  readonly data: Uint8Array | string | readonly string[];
  readonly attributes?: Attributes;
  /** It is the scale of a dimension with this name. */
  readonly isScale?: string;
  /** The scale of each dimension, where it has one. */
  readonly dimensionScales?: readonly (Scale | undefined)[];
};

/** Values of up to this length lie in the header itself. */
const maxCompactBytes = 512;

/** A dataset whose values are all known. */
export class FixedDataset implements FileObject {
  readonly header: ObjectHeader;
  readonly #context: FileContext;
  readonly #spec: Omit<FixedDatasetSpec, "data">;
  readonly #bytes: number;
  readonly #uses: ScaleUse[] = [];
  #given: FixedDatasetSpec["data"] | undefined;
  #data: Uint8Array = new Uint8Array(0);
  #address: number | undefined;

  constructor(context: FileContext, path: string, spec: FixedDatasetSpec) {
    const { data, ...rest } = spec;
    this.#context = context;
    this.#spec = rest;
    this.#given = data;
    this.#bytes = elementCount(spec.dims) * spec.datatype.elementBytes;
    checkData(path, spec, this.#bytes);
    this.header = new ObjectHeader(context, path, () => this.#messages(), {
      attributes: spec.attributes,
      isScale: spec.isScale !== undefined,
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

  /** Rewritten with the header at the next checkpoint. */
  setAttribute(name: string, value: AttributeValue): void {
    this.header.setAttribute(name, value);
  }

  /** A dimension of a dataset refers to this scale. */
  addUse(use: ScaleUse): void {
    this.#uses.push(use);
    listScaleUses(this.header, this.#uses);
  }

  get #isCompact(): boolean {
    return this.#bytes > 0 && this.#bytes <= maxCompactBytes;
  }

  layOut(): void {
    const given = this.#given!;
    this.#given = undefined;
    this.#data = given instanceof Uint8Array ? given : encodeTexts(texts(given), this.#context.heap);
    if (this.#bytes > maxCompactBytes) this.#address = this.#context.space.allocate(this.#bytes, 8);
  }

  async write(): Promise<void> {
    if (this.#address !== undefined && this.#data.byteLength > 0)
      await this.#context.writeAt(this.#address, [this.#data]);
    // Small ones stay, as a part of the header.
    if (!this.#isCompact) this.#data = new Uint8Array(0);
  }

  async restore(): Promise<void> {
    if (!this.#isCompact) this.#data = new Uint8Array(0);
  }

  #messages(): ObjectMessage[] {
    const { datatype, dims } = this.#spec;
    const isCompact = this.#isCompact;
    return [
      { type: messageTypes.dataspace, body: encodeDataspace(dims) },
      { type: messageTypes.datatype, flags: 1, body: datatype.message },
      { type: messageTypes.fillValue, flags: 1, body: encodeFillValue(isCompact ? "compact" : "contiguous") },
      {
        type: messageTypes.dataLayout,
        body: isCompact
          ? encodeCompactLayout(this.#data)
          : encodeContiguousLayout(this.#address, this.#bytes),
      },
    ];
  }
}

function texts(data: string | readonly string[]): readonly string[] {
  return typeof data === "string" ? [data] : data;
}

function checkData(path: string, { datatype, dims, data }: FixedDatasetSpec, bytes: number): void {
  const given = data instanceof Uint8Array ? data.byteLength : texts(data).length * datatype.elementBytes;
  const isText = !(data instanceof Uint8Array);
  if (dims.length <= 32 && given === bytes && isText === (datatype.isVlenString === true)) return;
  throw new DaqError(
    "format",
    `${path}: ${dims.length === 0 ? "a scalar" : `a dataset of ${dims.join(" × ")} elements`} takes ${bytes} bytes, ${
      isText ? `${texts(data).length} texts` : `${given} bytes`
    } are given.`,
    { hint: "The program that writes has to be corrected." },
  );
}
