import { DaqError } from "../../../model/errors.ts";
import type { Attributes, AttributeValue } from "./attribute.ts";
import { ChunkedArray, type ChunkedArraySpec } from "./chunked-array.ts";
import { type FileContext, mustBeDeclaring } from "./file-context.ts";
import type { FileObject } from "./file-object.ts";
import { FixedDataset, type FixedDatasetSpec } from "./fixed-dataset.ts";
import { type DatasetSpec, GrowingDataset } from "./growing-dataset.ts";
import { type HeaderMessage, messageTypes } from "./header-chunk.ts";
import { checkLinkName, encodeGroupInfo, encodeLink, encodeLinkInfo } from "./link.ts";
import { ObjectHeader } from "./object-header.ts";
import { VirtualDataset, type VirtualDatasetSpec } from "./virtual-dataset.ts";

/** A group and its links. Objects are declared before the file begins, in an order that decides where they lie. */
export class Group implements FileObject {
  readonly header: ObjectHeader;
  readonly #context: FileContext;
  /** All objects of the file, in the order of their declaration. */
  readonly #objects: FileObject[];
  readonly #links = new Map<string, FileObject>();

  constructor(context: FileContext, objects: FileObject[], path: string, attributes?: Attributes) {
    this.#context = context;
    this.#objects = objects;
    this.header = new ObjectHeader(context, path, () => this.#messages(), { attributes });
    objects.push(this);
  }

  group(name: string, attributes?: Attributes): Group {
    const path = this.#newPath(name);
    return this.#keep(name, new Group(this.#context, this.#objects, path, attributes));
  }

  /** A dataset whose first dimension grows. */
  dataset(name: string, spec: DatasetSpec): GrowingDataset {
    return this.#declare(name, new GrowingDataset(this.#context, this.#newPath(name), spec));
  }

  /** A dataset whose values are all known. */
  fixedDataset(name: string, spec: FixedDatasetSpec): FixedDataset {
    return this.#declare(name, new FixedDataset(this.#context, this.#newPath(name), spec));
  }

  /** A dataset of known extents whose chunks come in any order. */
  chunkedArray(name: string, spec: ChunkedArraySpec): ChunkedArray {
    return this.#declare(name, new ChunkedArray(this.#context, this.#newPath(name), spec));
  }

  /** Another hard link to an object of this file. */
  link(name: string, object: FileObject): void {
    this.#newPath(name);
    this.#keep(name, object);
  }

  /** After the file has begun: rewritten with the header at the next checkpoint. */
  setAttribute(name: string, value: AttributeValue): void {
    this.header.setAttribute(name, value);
  }

  /** Links a dataset that is written when the file is closed. */
  addLate(name: string, spec: FixedDatasetSpec): FixedDataset {
    const dataset = new FixedDataset(this.#context, this.#checkedPath(name), spec);
    this.header.changed();
    return this.#keep(name, dataset);
  }

  /** Links a group that is written when the file is closed. */
  addLateGroup(name: string, attributes?: Attributes): Group {
    const group = new Group(this.#context, [], this.#checkedPath(name), attributes);
    this.header.changed();
    return this.#keep(name, group);
  }

  /** Links a view of other datasets that is written when the file is closed. */
  addLateVirtual(name: string, spec: VirtualDatasetSpec): VirtualDataset {
    const dataset = new VirtualDataset(this.#context, this.#checkedPath(name), spec);
    this.header.changed();
    return this.#keep(name, dataset);
  }

  #newPath(name: string): string {
    const path = this.#checkedPath(name);
    mustBeDeclaring(this.#context, path);
    return path;
  }

  #checkedPath(name: string): string {
    const { path } = this.header;
    checkLinkName(`the group ${path}`, name);
    if (this.#links.has(name))
      throw new DaqError(
        "format",
        `The HDF5 group ${path} has something named ${JSON.stringify(name)} already.`,
        {
          hint: "Rename the stream, column or metadata key.",
        },
      );
    return `${path === "/" ? "" : path}/${name}`;
  }

  #declare<T extends FileObject>(name: string, object: T): T {
    this.#objects.push(object);
    return this.#keep(name, object);
  }

  #keep<T extends FileObject>(name: string, object: T): T {
    object.header.countLink();
    this.#links.set(name, object);
    return object;
  }

  #messages(): HeaderMessage[] {
    return [
      { type: messageTypes.linkInfo, body: encodeLinkInfo() },
      { type: messageTypes.groupInfo, flags: 1, body: encodeGroupInfo() },
      ...[...this.#links].map(([name, { header }]) => ({
        type: messageTypes.link,
        body: encodeLink(name, header.address),
      })),
    ];
  }
}
