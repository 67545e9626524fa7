import type { ByteSink } from "../../../bytes/byte-sink.ts";
import { DaqError } from "../../../model/errors.ts";
import type { Attributes } from "./attribute.ts";
import { damaged, type FileContext, misuse, type ReadAt } from "./file-context.ts";
import { FileExtent } from "./file-extent.ts";
import type { FileObject, ObjectState } from "./file-object.ts";
import { FileSpace } from "./file-space.ts";
import type { FixedDataset, FixedDatasetSpec } from "./fixed-dataset.ts";
import { GlobalHeap } from "./global-heap.ts";
import { Group } from "./group.ts";
import { type Hdf5State, parseHdf5State } from "./hdf5-state.ts";
import { lookup3 } from "./lookup3.ts";
import { PayloadWrites } from "./payload-writes.ts";
import { decodeSuperblock, type Superblock, superblockBytes } from "./superblock.ts";
import type { VirtualDataset, VirtualDatasetSpec } from "./virtual-dataset.ts";

export type { ReadAt } from "./file-context.ts";
export type { Hdf5State } from "./hdf5-state.ts";

export type Hdf5FileOptions = {
  /**
   * `btree` (default): opens in HDF5 1.8 and everything since. `extensible-array`: HDF5 1.10 and since; every part of
   * the index has a checksum, and it takes a third of the space.
   */
  readonly chunkIndex?: "btree" | "extensible-array";
  /** `power`: a checkpoint also survives the death of the machine. */
  readonly durability: "process" | "power";
  /** How far ahead of its data the file is grown, sparsely. Default 64 MiB. */
  readonly headroomBytes?: number;
  /**
   * How long a place that is not used any more rests before other bytes go there. A reader that keeps a dataset open
   * for longer, and neither refreshes nor reopens it, may see rows of a later chunk. Default 600 s.
   */
  readonly placeRestSeconds?: number;
  /** Milliseconds; for tests. */
  readonly now?: () => number;
};

const defaultHeadroomBytes = 64 * 2 ** 20;
const defaultPlaceRestSeconds = 600;

/**
 * An HDF5 file that grows for hours and is readable at any time: by readers that open it while it is written, and after
 * the program was killed at any point.
 *
 * ```
 * superblock │ a sector for each header │ what headers have no room for, texts, fixed data │ chunks, index nodes …
 * ```
 * The tree is declared first; `begin` (or `resume`) lays it out; then data is written, and each `checkpoint` lets
 * readers see it: payload and index first, then, in the one sector of each header, rows and index root together.
 * Calls are not concurrent, except that calls on different datasets may overlap.
 *
 * A reader that opens the file in the instant in which a header is written may find its checksum wrong: readers in SWMR
 * mode read it again by themselves, for others it is an error, never a wrong value, and opening it again helps
 * (measured with five headers rewritten 80 times a second on a busy machine: once in 2,600 times).
 */
export class Hdf5File {
  readonly root: Group;
  readonly #sink: ByteSink;
  readonly #options: Hdf5FileOptions;
  readonly #context: FileContext;
  readonly #extent: FileExtent;
  readonly #objects: FileObject[] = [];
  readonly #late: FileObject[] = [];
  #layout = 0;

  private constructor(sink: ByteSink, options: Hdf5FileOptions) {
    const space = new FileSpace(superblockBytes);
    this.#sink = sink;
    this.#options = options;
    this.#context = {
      path: sink.path,
      space,
      heap: new GlobalHeap(space),
      chunkIndex: options.chunkIndex ?? "btree",
      placeRestMs: (options.placeRestSeconds ?? defaultPlaceRestSeconds) * 1000,
      now: options.now ?? (() => performance.now()),
      writeAt: (address, pieces) => sink.writeAt!(address, pieces),
      payload: new PayloadWrites(sink),
      phase: "declaring",
      generation: 0,
    };
    this.root = new Group(this.#context, this.#objects, "/");
    this.#extent = new FileExtent(sink, {
      version: this.#context.chunkIndex === "btree" ? 2 : 3,
      headroomBytes: options.headroomBytes ?? defaultHeadroomBytes,
      rootAddress: () => this.root.header.address,
    });
  }

  /** Writes nothing. The sink is closed by `close` or `release`. */
  static async create(sink: ByteSink, options: Hdf5FileOptions): Promise<Hdf5File> {
    if (sink.writeAt === undefined)
      throw new DaqError(
        "format",
        `${sink.path} can only be appended to, and HDF5 files are written at many places.`,
        {
          hint: "Write to a local file, or choose the format zarr.",
        },
      );
    return new Hdf5File(sink, options);
  }

  /** Writes the first file that can be opened, on an empty sink. No object is declared afterwards. */
  async begin(): Promise<void> {
    this.#layOut();
    // A file whose first bytes were not written is not written to any more.
    this.#context.phase = "failed";
    await this.#publish({ rewinding: false });
    this.#context.phase = "open";
  }

  /**
   * Goes on, with the same declarations, in a file that was left at a checkpoint or any time after it; the sink may
   * have cut it, but not below `state.endBytes`. What came after the checkpoint is cut off. Throws
   * `DaqError("format")`, before anything is written, when the file is not the one that the state describes.
   */
  async resume(given: Hdf5State, read: ReadAt): Promise<void> {
    const state = parseHdf5State(this.#context.path, given);
    this.#layOut();
    if (state.layout !== this.#layout)
      throw damaged(this.#context, "the objects declared now are not those that the file was begun with");
    await this.#goOn(state, this.#wholeReads(read));
  }

  /**
   * Takes over a file without a state, only to be closed: with the rows that its headers tell, or fewer. Attributes that
   * were set after `begin` are not known any more. Throws as `resume`.
   */
  async adopt(read: ReadAt): Promise<void> {
    this.#layOut();
    const checked = this.#wholeReads(read);
    await this.#checkRoot(checked);
    const objects: Record<string, ObjectState> = {};
    let { endBytes } = this.#context.space;
    for (const object of this.#objects) {
      if (object.locate === undefined) continue;
      const located = await object.locate(await object.header.find(checked), checked);
      objects[object.header.path] = located.state;
      endBytes = Math.max(endBytes, located.endBytes);
    }
    await this.#goOn({ version: 1, layout: this.#layout, endBytes, objects, attributes: {} }, checked);
    // Of a chunk that was not full, the file may have more, and filtered, than its rows tell.
    this.#context.phase = "adopted";
  }

  async #goOn(state: Hdf5State, read: ReadAt): Promise<void> {
    // Nothing is written before everything was found.
    this.#context.phase = "failed";
    const superblock = await this.#checkRoot(read);
    for (const object of this.#objects) {
      const { path } = object.header;
      await object.header.restore(state.attributes[path], read);
      await object.restore?.(state.objects[path] ?? {}, read);
    }
    const { heap, space } = this.#context;
    heap.forget();
    space.continueAt(state.endBytes);
    this.#extent.restore(superblock.endOfFileBytes, this.#sink.positionBytes);
    await this.#publish({ rewinding: true });
    for (const object of this.#objects) await object.rewind?.();
    await this.#flushForPower();
    await this.#extent.end(space.endBytes, () => this.#flushForPower());
    await this.#extent.reserve(space.endBytes);
    await this.#flushForPower();
    await this.#extent.cover();
    await this.#flushForPower();
    this.#context.phase = "open";
  }

  #wholeReads(read: ReadAt): ReadAt {
    return async (offsetBytes, length) => {
      const bytes = await read(offsetBytes, length);
      if (bytes.byteLength === length) return bytes;
      throw damaged(this.#context, `it ends before byte ${offsetBytes + length}`);
    };
  }

  async #checkRoot(read: ReadAt): Promise<Superblock> {
    const superblock = decodeSuperblock(this.#context.path, await read(0, superblockBytes));
    if (superblock.rootAddress !== this.root.header.address)
      throw damaged(this.#context, `its root group is at byte ${superblock.rootAddress}`);
    return superblock;
  }

  /** Everything appended survives a `kill -9` (with `power`: the machine's death), and readers see it. */
  async checkpoint(): Promise<Hdf5State> {
    this.#mustBeUsable("a checkpoint is asked for");
    await this.#publish({ rewinding: false });
    const objects: Record<string, ObjectState> = {};
    const attributes: Record<string, { readonly [name: string]: string }> = {};
    for (const { header, state } of this.#objects.map((object) => ({
      header: object.header,
      state: object.state?.(),
    }))) {
      if (state !== undefined) objects[header.path] = state;
      const late = header.state();
      if (late !== undefined) attributes[header.path] = late;
    }
    return {
      version: 1,
      layout: this.#layout,
      endBytes: this.#context.space.endBytes,
      objects,
      attributes,
    };
  }

  /** A dataset that is added to a group when the file is closed. */
  addAtClose(group: Group, name: string, spec: FixedDatasetSpec): FixedDataset {
    this.#mustBeUsable(`${name} is added`);
    return this.#addLate(group.addLate(name, spec));
  }

  groupAtClose(group: Group, name: string, attributes?: Attributes): Group {
    this.#mustBeUsable(`${name} is added`);
    return this.#addLate(group.addLateGroup(name, attributes));
  }

  addVirtualAtClose(group: Group, name: string, spec: VirtualDatasetSpec): VirtualDataset {
    this.#mustBeUsable(`${name} is added`);
    return this.#addLate(group.addLateVirtual(name, spec));
  }

  #addLate<Late extends FileObject>(object: Late): Late {
    this.#late.push(object);
    return object;
  }

  /** Finishes the file: complete, or rejects, and may be tried again. Idempotent. Closes the sink. */
  async close(): Promise<void> {
    if (this.#context.phase === "closed") return;
    this.#mustBeUsable("it is closed");
    for (const object of this.#late) {
      if (this.#objects.includes(object)) continue;
      object.header.takePlace();
      object.layOut?.();
      this.#objects.push(object);
    }
    await this.#publish({ rewinding: false });
    for (const object of this.#objects) await object.finish?.();
    await this.#extent.end(this.#context.space.endBytes, () => this.#sink.flush());
    this.#context.phase = "closed";
    await this.#sink.close();
  }

  /** Lets go of the file as it is, as after a crash. */
  async release(): Promise<void> {
    if (this.#context.phase !== "closed") this.#context.phase = "released";
    await this.#context.payload.settled().catch(() => undefined);
    await this.#sink.close();
  }

  #mustBeUsable(action: string): void {
    const { phase } = this.#context;
    if (phase !== "open" && phase !== "adopted")
      throw misuse(this.#context, `${action}, but the file is ${phase}`);
  }

  #layOut(): void {
    const { space } = this.#context;
    if (this.#context.phase !== "declaring") throw misuse(this.#context, "it is begun twice");
    for (const { header } of this.#objects) header.takePlace();
    for (const object of this.#objects) object.layOut?.();
    for (const { header } of this.#objects) header.prepare();
    const images = this.#objects.map(({ header }) => header.image);
    this.#layout = lookup3(Buffer.concat([...images, Buffer.from(String(space.endBytes))]));
  }

  /** What is pointed at before what points at it; scales before the data that they belong to. */
  async #publish({ rewinding }: { rewinding: boolean }): Promise<void> {
    const context = this.#context;
    await context.payload.settled();
    for (const object of this.#objects) object.prepare?.();
    if (!rewinding) for (const object of this.#objects) await object.write?.();
    for (const object of this.#objects) object.header.prepare();
    await context.heap.write(context.writeAt);
    for (const { header } of this.#objects) await header.writeContinuation();
    await this.#extent.reserve(context.space.endBytes);
    await this.#flushForPower();
    // Without a superblock, what has begun is no HDF5 file yet.
    const isFirst = context.generation === 0 && !rewinding;
    // What is connected may lie behind the end that the superblock told so far.
    if (!isFirst && (await this.#extent.cover())) await this.#flushForPower();
    if (!rewinding) for (const object of this.#objects) await object.connect?.();
    await this.#flushForPower();
    const headers = this.#objects.map(({ header }) => header);
    const [first, second] = rewinding ? [false, true] : [true, false];
    for (const header of headers) if (header.isScale === first) await header.writeSlot();
    for (const header of headers) if (header.isScale === second) await header.writeSlot();
    if (isFirst) {
      await this.#flushForPower();
      await this.#extent.cover();
    }
    await this.#flushForPower();
    context.generation++;
  }

  async #flushForPower(): Promise<void> {
    if (this.#options.durability === "power") await this.#sink.flush();
  }
}
