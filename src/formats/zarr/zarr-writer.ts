import { sharedPool } from "../../bytes/pool/worker-pool.ts";
import type { TypedArray } from "../../model/dtype.ts";
import { DaqError } from "../../model/errors.ts";
import type { Store } from "../../stores/contract.ts";
import { openStore } from "../../stores/open-store.ts";
import { ArrayFilling } from "./array-filling.ts";
import { type ArrayOptions, arraySpecOf, type CoordinateOptions } from "./array-options.ts";
import { checkAttributes } from "./check-attributes.ts";
import { checkOption, checkOptions } from "./check-options.ts";
import type { ZarrFormat } from "./hierarchy/array-spec.ts";
import type { Attributes } from "./hierarchy/attributes.ts";
import { isFloat } from "./hierarchy/data-type.ts";
import { Hierarchy } from "./hierarchy/hierarchy.ts";
import { arraysWithAttribute } from "./hierarchy/list-documents.ts";
import {
  type ChunkLedger,
  findMissingChunks,
  isFillValueOpen,
  ledgerAttribute,
  ledgerKey,
  openLedger,
} from "./hierarchy/missing-chunks.ts";
import { checkNodePath } from "./hierarchy/node-path.ts";
import { shownValue } from "./hierarchy/shown-value.ts";
import { ZarrArray } from "./hierarchy/zarr-array.ts";
import { KnownDocuments } from "./known-documents.ts";
import { dtypeOf } from "./typed-bytes.ts";

export type ZarrOpenOptions = {
  /** "power": what `flush` says is stored survives the death of the machine, in a folder too (fsync). Default "process". */
  readonly durability?: "process" | "power";
};

export type ZarrWriterOptions = ZarrOpenOptions & {
  /** Default 3. */
  readonly zarrFormat?: ZarrFormat;
  /** Of the root. */
  readonly attributes?: Attributes;
};

export type CloseOptions = {
  /**
   * Writes the ledgers of what is missing and the consolidated metadata, for which all keys of the store are listed. Of
   * several processes one does it, as the last. Default: true for the one that created the store, else false.
   */
  readonly finish?: boolean;
};

/**
 * Writes N-dimensional arrays in chunks, in any order, into a folder or a bucket. Values are borrowed until the promise
 * of a call settles; they are then copied, and are in the store after `flush` or `close`. A failure to store something
 * rejects the next calls for the array, and `flush` and `close`. Calls may overlap.
 */
export class ZarrWriter {
  readonly zarrFormat: ZarrFormat;
  readonly url: string;
  readonly #store: Store;
  readonly #ownsStore: boolean;
  readonly #finishes: boolean;
  readonly #hierarchy: Hierarchy;
  readonly #known = new KnownDocuments();
  readonly #arrays = new Map<string, Promise<ArrayFilling>>();
  #closed: Promise<void> | undefined;

  private constructor(opened: OpenedStore, hierarchy: Hierarchy, finishes: boolean) {
    this.zarrFormat = hierarchy.format;
    this.url = opened.store.url;
    this.#store = opened.store;
    this.#ownsStore = opened.isOwn;
    this.#finishes = finishes;
    this.#hierarchy = hierarchy;
    this.#known.know(hierarchy.root);
  }

  /**
   * `place` is a folder, a URL (`s3://bucket/prefix`, `az://`, `gs://`), or a store, which stays the caller's to close.
   * Throws `DaqError("path")` where something is already.
   */
  static async create(place: string | Store, options: ZarrWriterOptions = {}): Promise<ZarrWriter> {
    checkOptions("ZarrWriter.create", options, ["zarrFormat", "attributes", "durability"]);
    const { zarrFormat = 3, attributes = {} } = options;
    if (zarrFormat !== 2 && zarrFormat !== 3)
      throw new DaqError("format", `Zarr has no version ${shownValue(zarrFormat)} here.`, {
        hint: "Choose 3 or 2, a number.",
      });
    checkAttributes("", attributes);
    return withStore(place, options, async (opened) => {
      const hierarchy = await Hierarchy.create(opened.store, zarrFormat, attributes);
      return new ZarrWriter(opened, hierarchy, true);
    });
  }

  /** Opens what `create` made, here or in another process, to write into its arrays or add others. */
  static async open(place: string | Store, options: ZarrOpenOptions = {}): Promise<ZarrWriter> {
    checkOptions("ZarrWriter.open", options, ["durability"]);
    return withStore(
      place,
      options,
      async (opened) => new ZarrWriter(opened, await Hierarchy.open(opened.store), false),
    );
  }

  async createGroup(name: string, attributes: Attributes = {}): Promise<void> {
    this.#checkOpen();
    checkNodePath(name);
    checkAttributes(name, attributes);
    this.#known.know(await this.#hierarchy.addGroup(name, attributes));
  }

  /** Throws `DaqError` for what cannot be, and where the name is taken. */
  async createArray(options: ArrayOptions): Promise<void> {
    this.#checkOpen();
    const spec = arraySpecOf(options);
    // What reads null in version 2 is whatever the reader's memory holds: until all is there it is a value.
    const isOpen = this.zarrFormat === 2 && spec.fillValue === undefined;
    const array = new ZarrArray(this.zarrFormat, {
      ...spec,
      ...(isOpen ? { fillValue: isFloat(spec.dtype) ? Number.NaN : 0 } : {}),
      attributes: { ...spec.attributes, [ledgerKey]: openLedger(isOpen && !isFloat(spec.dtype)) },
    });
    this.#known.know(await this.#hierarchy.addArray(array));
  }

  /** A 1-D array with its values; the array that has its name as a dimension is then shown with them. */
  async createCoordinate(options: CoordinateOptions): Promise<void> {
    checkOptions("createCoordinate", options, ["name", "values", "dimension", "unit", "attributes"]);
    checkNodePath(options.name);
    const { name, values, dimension = name.slice(name.lastIndexOf("/") + 1), unit, attributes } = options;
    const dtype = dtypeOf(values);
    if (dtype === undefined || values.length === 0)
      throw new DaqError("format", `The coordinate "${name}" was given no values of a dtype.`, {
        hint: "Give a typed array with a value for each place, such as a Float64Array.",
      });
    await this.createArray({
      name,
      shape: [values.length],
      chunks: [values.length],
      dimensions: [dimension],
      dtype,
      ...(unit === undefined ? {} : { unit }),
      ...(attributes === undefined ? {} : { attributes }),
    });
    await this.writeChunk(name, [0], values);
  }

  /**
   * One chunk at its place in the grid of chunks. At an edge `data` has the whole chunk or only what is within the array.
   */
  async writeChunk(name: string, chunkIndices: readonly number[], data: TypedArray): Promise<void> {
    await (await this.#filling(name)).writeChunk(chunkIndices, data);
  }

  /**
   * A box of elements from `offsets` on. Chunks that it covers are written at once; others are read, changed and written,
   * one box at a time for each chunk in this process.
   */
  async writeRegion(
    name: string,
    offsets: readonly number[],
    shape: readonly number[],
    data: TypedArray,
  ): Promise<void> {
    await (await this.#filling(name)).writeRegion(offsets, shape, data);
  }

  /** Adds attributes to those of an array or a group ("" is the root), in place of those with the same names. */
  async setAttributes(name: string, attributes: Attributes): Promise<void> {
    this.#checkOpen();
    if (name !== "") checkNodePath(name);
    checkAttributes(name, attributes);
    this.#known.know(await this.#hierarchy.setAttributes(name, attributes));
  }

  /** Resolves when everything so far is in the store. Shards that are not full are written as they are, and later again. */
  async flush(): Promise<void> {
    const fillings = await Promise.all(this.#arrays.values());
    const outcomes = await Promise.allSettled(fillings.map((filling) => filling.flush()));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  /**
   * Rejects when something was not stored; the ledgers are then not written. Rejects, too, when somebody deleted metadata
   * meanwhile: it is then put again, everything else is done, and the ledgers say what is left of the chunks. Idempotent.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    checkOptions("close", options, ["finish"]);
    const { finish = this.#finishes } = options;
    checkOption("close", "finish", finish, typeof finish === "boolean", "true or false");
    this.#closed ??= this.#close(finish);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(finish: boolean): Promise<void> {
    try {
      await this.flush();
      const restored = await this.#known.restore(this.#store);
      const ledgers = finish ? await this.#finish() : new Map<string, ChunkLedger>();
      if (restored.length > 0) throw deletedMeanwhile(this.url, restored, ledgers);
    } finally {
      if (this.#ownsStore) await this.#store.close();
    }
  }

  /** Resolves with the ledgers of the arrays that have one. */
  async #finish(): Promise<ReadonlyMap<string, ChunkLedger>> {
    const ledgers = new Map<string, ChunkLedger>();
    // Arrays of other programs have no ledger, and get none.
    for (const path of arraysWithAttribute(await this.#hierarchy.documents(), ledgerKey))
      ledgers.set(path, await this.#settleAccount(path));
    await this.#hierarchy.consolidate();
    return ledgers;
  }

  async #settleAccount(path: string): Promise<ChunkLedger> {
    const array = await this.#hierarchy.readArray(path);
    const attributes = array.spec.attributes ?? {};
    const ledger = await findMissingChunks(this.#store, array);
    const isFillOpen = isFillValueOpen(attributes[ledgerKey]);
    const settled = array.withAttributes({ ...attributes, [ledgerKey]: ledgerAttribute(ledger, isFillOpen) });
    // xarray takes a fill value of version 2 for a missing one: where nothing is missing there must be none.
    const isComplete = ledger.missing === 0;
    await this.#hierarchy.replaceArray(isFillOpen ? settled.withFillValue(isComplete ? null : 0) : settled);
    return ledger;
  }

  #checkOpen(): void {
    if (this.#closed === undefined) return;
    throw new DaqError("format", `The writer of ${this.url} is closed.`, {
      hint: "Open it again with ZarrWriter.open.",
    });
  }

  async #filling(name: string): Promise<ArrayFilling> {
    this.#checkOpen();
    const known = this.#arrays.get(name);
    if (known !== undefined) return known;
    const opening = (async () => {
      const [pool, array] = await Promise.all([sharedPool(), this.#hierarchy.readArray(name)]);
      this.#known.know(array.documents());
      return new ArrayFilling(this.#store, pool, array);
    })();
    this.#arrays.set(name, opening);
    opening.catch(() => this.#arrays.delete(name));
    return opening;
  }
}

type OpenedStore = { readonly store: Store; readonly isOwn: boolean };

/** Nodes whose names a message has. */
const mostNamed = 5;

function deletedMeanwhile(
  url: string,
  nodes: readonly string[],
  ledgers: ReadonlyMap<string, ChunkLedger>,
): DaqError {
  const named = nodes.slice(0, mostNamed).map((path) => {
    const ledger = ledgers.get(path);
    const left = ledger === undefined ? "" : ` (${ledger.stored} of its ${ledger.chunks} chunks are there)`;
    return `${path === "" ? "the root" : `"${path}"`}${left}`;
  });
  const more = nodes.length > named.length ? `, and ${nodes.length - named.length} more` : "";
  return new DaqError(
    "path",
    `${url}: somebody deleted the metadata of ${named.join(", ")}${more} while it was written. It was put again as this process knows it.`,
    {
      hint: "Attributes that others set there have to be set again, and chunks that went with it written again: the attribute daq_ledger tells which are missing.",
    },
  );
}

function isStore(place: unknown): place is Store {
  return typeof place === "object" && place !== null && "list" in place && "put" in place;
}

/** A store that was opened here is closed again when the rest fails. */
async function withStore<Result>(
  place: string | Store,
  { durability = "process" }: ZarrOpenOptions,
  work: (opened: OpenedStore) => Promise<Result>,
): Promise<Result> {
  if (durability !== "process" && durability !== "power")
    throw new DaqError("format", `There is no durability ${shownValue(durability)}.`, {
      hint: 'Choose "process" or "power".',
    });
  if (typeof place !== "string") {
    if (isStore(place)) return work({ store: place, isOwn: false });
    throw new DaqError("path", `ZarrWriter was given ${shownValue(place)} as its place.`, {
      hint: "Give the path of a folder or an address (s3://bucket/prefix, az://, gs://) as text, or a store of openStore.",
    });
  }
  const store = await openStore(place, { durability });
  try {
    return await work({ store, isOwn: true });
  } catch (error) {
    await store.close();
    throw error;
  }
}
