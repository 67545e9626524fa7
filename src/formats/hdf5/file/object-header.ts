import { DaqError } from "../../../model/errors.ts";
import {
  type Attributes,
  type AttributeValue,
  encodeAttribute,
  maxMessageBytes,
  type TextHeap,
} from "./attribute.ts";
import { ByteWriter, undefinedAddress } from "./byte-writer.ts";
import { damaged, type FileContext, misuse, type ReadAt } from "./file-context.ts";
import {
  continuationMessageBytes,
  decodeHeaderChunk,
  encodeContinuation,
  encodeContinuationChunk,
  encodeHeaderChunk,
  type HeaderMessage,
  messageBytes,
  messageRoom,
  messageTypes,
} from "./header-chunk.ts";
import { encodeReferenceCount } from "./link.ts";

/**
 * A header's slot: one sector of a disk, which is written as a whole, so that its checksum is never that of half a
 * change. Only a dataset with more than 20 dimensions needs more.
 */
const leastSlotBytes = 512;

/** Only shows how large an attribute is; the file's heap is filled when the file is laid out. */
const countingHeap: TextHeap = { add: () => ({ address: 0, index: 0 }) };

/** The message is this object's own. */
const dontShare = 4;

/** Attributes stand in the header itself: there is no heap of them, and no index. */
function encodeAttributeInfo(): Uint8Array {
  return new ByteWriter().uint8(0).uint8(0).uint64(undefinedAddress).uint64(undefinedAddress).finish();
}

type Attribute = {
  /** A function: known only when all headers have their places. */
  readonly value: AttributeValue | (() => AttributeValue);
  message?: Uint8Array;
  /** Set since the file was laid out: it has to be in the state of a checkpoint. */
  readonly isLate: boolean;
};

/** A message, and how much it matters that it stands in the slot: `always` what changes at each checkpoint. */
export type ObjectMessage = HeaderMessage & { readonly inSlot?: "always" | "preferred" };

export type ObjectHeaderOptions = {
  readonly attributes?: Attributes | undefined;
  readonly isScale?: boolean;
  /** A datatype message that the header may come to have. */
  readonly otherDatatype?: Uint8Array;
  /** Length of the messages that have to be in the slot. */
  readonly changingBytes?: number;
};

/**
 * The header of one object: its messages and attributes, in a slot of one sector. What the slot has no room for lies in
 * a continuation block, which is never changed: another one is written, and the slot leads to it.
 */
export class ObjectHeader {
  /** From the root: "/entry/data/power". */
  readonly path: string;
  /** Other headers need this one to be up to date first. */
  readonly isScale: boolean;
  readonly #context: FileContext;
  readonly #messages: () => readonly ObjectMessage[];
  readonly #otherDatatype: Uint8Array | undefined;
  readonly #attributes = new Map<string, Attribute>();
  #address: number | undefined;
  #slotBytes = leastSlotBytes;
  #links = 0;
  #image: Uint8Array | undefined;
  #isWritten = false;
  #isStale = true;
  #continuation: { readonly address: number; readonly image: Uint8Array; isWritten: boolean } | undefined;

  constructor(
    context: FileContext,
    path: string,
    messages: () => readonly ObjectMessage[],
    options: ObjectHeaderOptions = {},
  ) {
    this.path = path;
    this.isScale = options.isScale ?? false;
    this.#context = context;
    this.#messages = messages;
    this.#otherDatatype = options.otherDatatype;
    const needed = continuationMessageBytes + (options.changingBytes ?? 0);
    while (needed > messageRoom(this.#slotBytes)) this.#slotBytes *= 2;
    for (const [name, value] of Object.entries(options.attributes ?? {})) this.setAttribute(name, value);
  }

  /** Where the header lies, once the file is laid out. */
  get address(): number {
    if (this.#address !== undefined) return this.#address;
    throw misuse(this.#context, `${this.path} is referred to before the file is laid out`);
  }

  /** One more hard link leads here. */
  countLink(): void {
    this.#links++;
  }

  /** Throws `DaqError("format")` for what no attribute can hold. */
  setAttribute(name: string, value: AttributeValue): void {
    encodeAttribute(this.path, name, value, countingHeap);
    const isLate = this.#address !== undefined;
    this.#attributes.set(name, { value, isLate });
    this.changed();
  }

  deleteAttribute(name: string): void {
    this.#attributes.delete(name);
  }

  /** An attribute with addresses in it, which are known when the file is laid out. */
  setAttributeLater(name: string, value: () => AttributeValue): void {
    this.#attributes.set(name, { value, isLate: false });
  }

  /** Its messages are not those in the file any more. */
  changed(): void {
    this.#isStale = true;
  }

  takePlace(): void {
    this.#address = this.#context.space.allocate(this.#slotBytes, this.#slotBytes);
  }

  /** Encodes what changed. Places that it needs are taken now. */
  prepare(): void {
    if (!this.#isStale) return;
    const own: ObjectMessage[] = [...this.#messages()];
    // Without it the library counts no attributes, and tools that copy a file leave them out.
    own.push({ type: messageTypes.attributeInfo, flags: dontShare, body: encodeAttributeInfo() });
    if (this.#links > 1)
      own.push({ type: messageTypes.referenceCount, body: encodeReferenceCount(this.#links) });
    const { inSlot, behind } = this.#place(own);
    if (behind.length > 0) {
      const image = encodeContinuationChunk(behind);
      if (this.#continuation === undefined || Buffer.compare(this.#continuation.image, image) !== 0) {
        const address = this.#context.space.allocate(image.byteLength, 8);
        this.#continuation = { address, image, isWritten: false };
      }
      const body = encodeContinuation(this.#continuation.address, image.byteLength);
      inSlot.push({ type: messageTypes.continuation, body });
    }
    const image = encodeHeaderChunk(inSlot, this.#slotBytes);
    if (this.#image === undefined || Buffer.compare(image, this.#image) !== 0) this.#isWritten = false;
    this.#image = image;
    this.#isStale = false;
  }

  /** Divides the messages: those that change stay in the slot, and of the others as many as there is room for. */
  #place(own: readonly ObjectMessage[]): { inSlot: ObjectMessage[]; behind: ObjectMessage[] } {
    const all = [...own, ...this.#attributeMessages()];
    for (const { body } of all)
      if (body.byteLength > maxMessageBytes)
        throw new DaqError(
          "format",
          `HDF5 cannot hold the header of ${this.path}: a part of it has ${body.byteLength} bytes.`,
          {
            hint: `At most ${maxMessageBytes} are possible: shorten the names of its members.`,
          },
        );
    const room = messageRoom(this.#slotBytes);
    if (messageBytes(all) <= room) return { inSlot: all, behind: [] };
    const chosen = new Set<ObjectMessage>();
    let free = room - continuationMessageBytes;
    for (const wanted of ["always", "preferred", undefined])
      for (const message of all) {
        if (message.inSlot !== wanted || (wanted !== "always" && messageBytes([message]) > free)) continue;
        chosen.add(message);
        free -= messageBytes([message]);
      }
    return {
      inSlot: all.filter((message) => chosen.has(message)),
      behind: all.filter((message) => !chosen.has(message)),
    };
  }

  #attributeMessages(): ObjectMessage[] {
    return [...this.#attributes].map(([name, attribute]) => {
      const { value, isLate } = attribute;
      attribute.message ??= encodeAttribute(
        this.path,
        name,
        typeof value === "function" ? value() : value,
        this.#context.heap,
      );
      const message = { type: messageTypes.attribute, body: attribute.message };
      // What was set once since the file was laid out may change again.
      return isLate ? { ...message, inSlot: "preferred" } : message;
    });
  }

  /** The slot's bytes, for a fingerprint of the layout. */
  get image(): Uint8Array {
    return this.#image!;
  }

  /** Everything but the slot, which leads to it. */
  async writeContinuation(): Promise<void> {
    const continuation = this.#continuation;
    if (continuation === undefined || continuation.isWritten) return;
    await this.#context.writeAt(continuation.address, [continuation.image]);
    continuation.isWritten = true;
  }

  async writeSlot(): Promise<void> {
    if (this.#isWritten) return;
    await this.#context.writeAt(this.address, [this.#image!]);
    this.#isWritten = true;
  }

  /** Attributes set since the file was laid out, as their messages in base64. */
  state(): { readonly [name: string]: string } | undefined {
    const late = [...this.#attributes].filter(([, { isLate }]) => isLate);
    if (late.length === 0) return undefined;
    return Object.fromEntries(
      late.map(([name, { message }]) => [name, Buffer.from(message!).toString("base64")]),
    );
  }

  /**
   * Compares the header in the file with the declarations, and takes over the attributes of the state. Throws as `find`.
   */
  async restore(state: { readonly [name: string]: string } | undefined, read: ReadAt): Promise<void> {
    await this.find(read);
    for (const [name, message] of Object.entries(state ?? {}))
      this.#attributes.set(name, {
        value: new Uint8Array(0),
        message: new Uint8Array(Buffer.from(message, "base64")),
        isLate: true,
      });
    if (this.#continuation !== undefined) this.#continuation.isWritten = true;
    this.#isWritten = false;
    this.changed();
  }

  /**
   * The messages in the slot in the file. Throws `DaqError("format")` when the header is another object's or damaged.
   */
  async find(read: ReadAt): Promise<readonly HeaderMessage[]> {
    const found = decodeHeaderChunk(await read(this.address, this.#slotBytes));
    const what = found === undefined ? "no whole header" : this.#difference(found);
    if (found === undefined || what !== undefined)
      throw damaged(
        this.#context,
        `at byte ${this.address}, where ${this.path} should begin, there is ${what}`,
      );
    return found;
  }

  #difference(found: readonly HeaderMessage[]): string | undefined {
    const fixed: readonly number[] = [
      messageTypes.datatype,
      messageTypes.fillValue,
      messageTypes.filterPipeline,
      messageTypes.linkInfo,
    ];
    for (const { type, body } of decodeHeaderChunk(this.#image!)!) {
      if (!fixed.includes(type)) continue;
      const others = type === messageTypes.datatype && this.#otherDatatype ? [this.#otherDatatype] : [];
      const same = found.some(
        (message) =>
          message.type === type && [body, ...others].some((each) => Buffer.compare(message.body, each) === 0),
      );
      if (!same) return `a header of another kind (message ${type} differs)`;
    }
    return undefined;
  }
}
